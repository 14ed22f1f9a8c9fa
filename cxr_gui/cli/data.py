"""Commands about data, and what a person can say about a folder where its names do not say it."""

from __future__ import annotations

import functools
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from cxr_gui.cli.options import PATH
from cxr_gui.cli.terminal import show
from cxr_gui.core.data import Reading

OPTIONS = (
    click.option("--classes", metavar="NEG,POS", help="Use these two classes and leave out others."),
    click.option("--positive", metavar="NAME", help="The positive class or finding [recognised]."),
    click.option(
        "--patient-pattern",
        metavar="REGEX",
        help="What names the patient in an image's path below DATA, or its group in brackets [recognised].",
    ),
    click.option(
        "--patient-column", metavar="NAME", help="The column of the label table that names the patient."
    ),
)


def reading_options(command: Callable[..., None]) -> Callable[..., None]:
    """Options that say how DATA is to be read; the command gets them as `reading`, for `scan`."""

    @functools.wraps(command)
    def with_reading(
        *arguments: Any,
        classes: str | None,
        positive: str | None,
        patient_pattern: str | None,
        patient_column: str | None,
        **options: Any,
    ) -> None:
        both = None if classes is None else _two(classes)
        reading = Reading(both, positive, patient_pattern, patient_column)
        command(*arguments, reading=reading, **options)

    for option in reversed(OPTIONS):
        option(with_reading)
    return with_reading


def _two(words: str) -> tuple[str, str]:
    names = tuple(name.strip() for name in words.split(","))
    if len(names) != 2 or not all(names):
        raise click.UsageError(f"--classes takes NEG,POS, got '{words}'.")
    return names


@click.command()
@click.argument("folder", metavar="DIR", type=PATH)
def download(folder: Path) -> None:
    """Download the Kermany chest X-rays (1.24 GB, CC BY 4.0) into DIR.

    If it is interrupted, it continues from there when called again.
    """
    from cxr_gui.core.data import KERMANY
    from cxr_gui.core.data import download as fetch

    click.echo(KERMANY.to_text(), err=True)
    click.echo(show(fetch(KERMANY, folder)))
