"""The command that puts the window among the desktop's applications."""

from __future__ import annotations

import click


@click.command()
def launcher() -> None:
    """Add the window to the applications of a Linux desktop, and to those that open X-rays and folders."""
    from cxr_gui.core import launcher

    click.echo(launcher.add())
