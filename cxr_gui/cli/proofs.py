"""The command that proves how far no attack can change a decision: certify."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from cxr_gui.cli.attacks import documented, keep_finished, write_sweeps
from cxr_gui.cli.data import reading_options
from cxr_gui.cli.options import (
    PATH,
    batch_option,
    bound_option,
    command_line,
    data_argument,
    device_option,
    epsilons_option,
    json_option,
    limit_option,
    model_file,
    print_json,
    resume_option,
    seed_option,
    split_option,
    unit_option,
)
from cxr_gui.cli.terminal import Interrupted, show
from cxr_gui.core.data import check_there

if TYPE_CHECKING:
    from cxr_gui.core.data import Reading


@click.command()
@data_argument
@model_file
@split_option
@epsilons_option
@unit_option
@bound_option
@click.option(
    "--steps",
    default=0,
    show_default=True,
    type=click.IntRange(0, 1000),
    help="Steps that improve each bound.",
)
@batch_option
@limit_option
@reading_options
@seed_option
@device_option
@json_option
@resume_option
@click.option("--out", type=PATH, help="Folder to write sweep.json, images.csv and the chart into.")
def certify(
    data: Path,
    reading: Reading,
    checkpoint: Path,
    split: str,
    eps: str,
    eps_unit: str,
    bound: str,
    steps: int,
    batch_size: int | None,
    limit: int | None,
    seed: int,
    device: str,
    as_json: bool,
    resume: bool,
    out: Path | None,
) -> None:
    """Prove for every image of a split of DATA how far no attack at all can change its decision.

    Beside it stands FGSM, the cheapest attack: what it breaks is broken, what is proven stays right, and
    what lies between is undecided. `sweep --certify` does the same beside any attack.
    """
    if resume and out is None:
        raise click.UsageError("--resume goes on with what is in --out, which is not given.")
    check_there(data)

    from cxr_gui.core.attacks import create_attack
    from cxr_gui.core.base import units
    from cxr_gui.core.base.files import sha256
    from cxr_gui.core.data import scan
    from cxr_gui.core.models import load
    from cxr_gui.core.report import certificate_text
    from cxr_gui.core.study import compare
    from cxr_gui.core.sweep import sweep_document

    places = [] if out is None else [out]
    epsilons = units.parse_epsilons(eps, eps_unit)
    classifier = load(checkpoint)
    call = command_line({data: "DATA", out: "OUT", checkpoint: checkpoint.name})
    files = {classifier.name: sha256(checkpoint)}
    dataset = show(scan(data, **vars(reading)))
    work = compare(
        [classifier],
        dataset,
        [create_attack("fgsm")],
        epsilons,
        split=split,
        batch_size=batch_size,
        limit=limit,
        seed=seed,
        device=device,
        noise=False,
        critical=False,
        certify=True,
        bound=bound,
        bound_steps=steps,
        checked=0,
        places=places,
        resume=resume,
    )
    try:
        results = documented(show(work), call, files)
    except Interrupted as stop:
        if out is not None:
            keep_finished(stop, places, out, call, files)
        raise
    if out is not None:
        write_sweeps(results, places, out)
    [result] = results
    if as_json:
        print_json(sweep_document(result))
    else:
        click.echo(certificate_text(result))
