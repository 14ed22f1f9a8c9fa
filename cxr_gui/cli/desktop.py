"""The command that puts the window among the desktop's applications."""

from __future__ import annotations

import click

LIBRARIES = (
    "libegl1 libgl1 libglib2.0-0 libdbus-1-3 libfontconfig1 libxkbcommon-x11-0 libxcb-cursor0 libxcb-icccm4 "
    "libxcb-keysyms1 libxcb-shape0"
)
"""The packages, by their names in Debian and Ubuntu, that bring what Qt and its xcb plug-in load."""


@click.command()
def launcher() -> None:
    """Add the window to the applications of a Linux desktop, and to those that open X-rays and folders."""
    from cxr_gui.cli import launcher

    click.echo(launcher.add())
