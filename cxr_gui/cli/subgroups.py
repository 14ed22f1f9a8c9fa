"""The command that asks for whom a sweep's result holds: subgroups."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from cxr_gui.cli.data import reading_options
from cxr_gui.cli.options import PATH, data_argument, json_option, print_json, seed_option
from cxr_gui.cli.terminal import show
from cxr_gui.core.base.errors import SettingsError

if TYPE_CHECKING:
    from cxr_gui.core.data import Reading


@click.command()
@click.argument("sweep", type=PATH)
@data_argument
@click.option(
    "--by", "names", multiple=True, metavar="NAME", help="An attribute; repeatable [all that are known]."
)
@reading_options
@seed_option
@json_option
@click.option("--out", type=PATH, help="Write every number into this CSV file.")
def subgroups(
    sweep: Path,
    data: Path,
    reading: Reading,
    names: tuple[str, ...],
    seed: int,
    as_json: bool,
    out: Path | None,
) -> None:
    """Say for whom the result of SWEEP, one of DATA, holds: by sex, age, view, device, by whatever is known.

    Attributes are the columns of CSV files beside the images, what DICOM files say, and how films look. Each
    subgroup is compared with the others, corrected for as many comparisons as are made.
    """
    from cxr_gui.core.data import scan
    from cxr_gui.core.report import subgroup_document, subgroup_text, write_subgroups
    from cxr_gui.core.sweep import attributes_of_images, read_sweep
    from cxr_gui.core.sweep import subgroups as found_in

    result = read_sweep(sweep)
    dataset = show(scan(data, **vars(reading)))
    known = show(attributes_of_images(result, dataset))
    if unknown := [name for name in names if name not in known]:
        hint = (
            f"Choose from {', '.join(known)}." if known else "Put a CSV file with columns beside the images."
        )
        raise SettingsError("is nothing that parts the films of this sweep.", where=unknown[0], hint=hint)
    found = show(found_in(result, {name: known[name] for name in names or known}, seed=seed))
    if out is not None:
        write_subgroups(found, out)
    if as_json:
        print_json(subgroup_document(found))
        return
    click.echo(subgroup_text(found))
    if out is not None:
        click.echo(out)
