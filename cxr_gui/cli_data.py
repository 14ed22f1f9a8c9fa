"""The command that fetches the real data, when somebody asks for it."""

from __future__ import annotations

from pathlib import Path

import click

from cxr_gui.cli_options import EXISTING
from cxr_gui.terminal import show


@click.command()
@click.argument("folder", metavar="DIR", type=EXISTING)
def download(folder: Path) -> None:
    """Download the Kermany chest X-rays (1.24 GB, CC BY 4.0) into DIR.

    Stopped or broken off, it goes on from there when called again.
    """
    from cxr_gui.core.data import download

    click.echo(download.KERMANY.to_text(), err=True)
    click.echo(show(download.download(download.KERMANY, folder)))
