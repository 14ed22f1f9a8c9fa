"""The command that takes nobody's word for a number: verify."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from cxr_gui.cli.attacks import sweep
from cxr_gui.cli.data import reading_options
from cxr_gui.cli.options import (
    CHECKPOINT_HELP,
    FAILED,
    PATH,
    chosen_attacks,
    device_option,
    json_option,
    or_shipped,
    print_json,
    seed_option,
)
from cxr_gui.cli.terminal import show
from cxr_gui.core.base.errors import SettingsError
from cxr_gui.core.data import AS_RECOGNISED, Reading, check_there

if TYPE_CHECKING:
    from cxr_gui.core.study import CardCall, Verification

CARD = ".md"


def card_or_path(_context: click.Context, _argument: click.Parameter, path: Path) -> Path:
    """The path given; what is none may be the name of a classifier that comes with the program: its card."""
    from cxr_gui.core.models import find_shipped

    known = None if path.exists() else find_shipped(str(path))
    return path if known is None else known.card


@click.command()
@click.argument("claim", metavar="STUDY_OR_CARD", type=PATH, callback=card_or_path)
@click.option("--data", required=True, type=PATH, help="The dataset that it is about.")
@click.option(
    "--model",
    "checkpoint",
    type=PATH,
    callback=lambda context, option, path: None if path is None else or_shipped(context, option, path),
    metavar="CKPT",
    help=f"The classifier, where it does not lie beside the claim. {CHECKPOINT_HELP}",
)
@click.option(
    "--sample", type=click.IntRange(min=1), metavar="N", help="Look at N images, drawn with --seed [all]."
)
@reading_options
@seed_option
@device_option
@json_option
def verify(
    claim: Path,
    data: Path,
    checkpoint: Path | None,
    sample: int | None,
    reading: Reading,
    seed: int,
    device: str,
    as_json: bool,
) -> None:
    """Work out anew what a study, a sweep or a model card claims, from its classifier and DATA.

    Says of each number whether it agrees; exits with 1 when one does not.
    """
    check_there(data)

    from cxr_gui.core.base.files import sha256
    from cxr_gui.core.data import scan
    from cxr_gui.core.models import load
    from cxr_gui.core.report import read_card
    from cxr_gui.core.study import verify_card, verify_sweep

    how: Any = {"sample": sample, "seed": seed, "device": device}
    if claim.suffix == CARD:
        claims = [(each, _call(each.words)) for each in read_card(claim)]
        checkpoint = _found(checkpoint or claim.with_suffix(".safetensors"), claim)
        dataset = show(scan(data, **vars(reading)))
        _tell([show(verify_card(claims, load(checkpoint), dataset, **how))], [claim], as_json=as_json)
        return
    folders, beside, own = _sweeps(claim)
    checkpoint = _found(checkpoint or beside, claim)
    dataset = show(scan(data, **vars(own if reading == AS_RECOGNISED else reading)))
    whole = {"classifier_sha256": sha256(checkpoint), **how}
    found = [show(verify_sweep(folder, load(checkpoint), dataset, **whole)) for folder in folders]
    _tell(found, folders, as_json=as_json)


def _found(checkpoint: Path | None, claim: Path) -> Path:
    if checkpoint is None or not checkpoint.is_file():
        raise SettingsError(
            "does not have its classifier beside it.", where=claim, hint="Name it: --model CKPT"
        )
    return checkpoint


def _sweeps(claim: Path) -> tuple[list[Path], Path | None, Reading]:
    """The folders of the sweeps, their classifier where it is known, and how the data was read."""
    from cxr_gui.core.models import find_shipped
    from cxr_gui.core.report import read_source
    from cxr_gui.core.study import kind_of
    from cxr_gui.core.sweep import SweepFolder, read_sweep

    kind = kind_of(claim)
    if kind == "study":
        source = read_source(claim)
        reading = source.run_config.reading if source.run_config is not None else AS_RECOGNISED
        return [source.sweep_folder], source.classifier_file, reading
    folders = [SweepFolder(claim).path] if kind == "sweep" else SweepFolder.below(claim)
    if not folders:
        raise SettingsError("is no study, no sweep and no card.", where=claim)
    known = find_shipped(str(read_sweep(folders[0]).about.get("classifier", "")))
    return folders, None if known is None else known.path, AS_RECOGNISED


def _call(words: tuple[str, ...]) -> CardCall:
    """What a card's command asks for: `sweep` itself understands it."""
    from cxr_gui.core.base.units import parse_epsilons
    from cxr_gui.core.study import CardCall

    with sweep.make_context("sweep", [*words]) as context:
        said = context.params
    named = ("split", "batch_size", "limit", "critical", "certify", "bound", "descending", "seed")
    return CardCall(
        chosen_attacks(said["attacks"][:1], said["parameters"])[0],
        said["threats"][0],
        parse_epsilons(said["eps"], said["eps_unit"]),
        {name: said[name] for name in named},
    )


def _tell(found: list[Verification], claims: list[Path], *, as_json: bool) -> None:
    """Print it, and exit with 1 when a number disagrees."""
    if as_json:
        print_json(
            [
                {"claim": str(claim), "agrees": each.agrees, **asdict(each)}
                for claim, each in zip(claims, found, strict=True)
            ]
        )
    for claim, each in zip(claims, found, strict=True):
        if as_json:
            break
        for number in each.numbers:
            verdict = "agrees   " if number.agrees else "DISAGREES"
            click.echo(f"{verdict}  {number.name}: claimed {number.claimed}, found {number.found}")
        wrong = sum(not number.agrees for number in each.numbers)
        total = len(each.numbers)
        click.echo(
            f"{claim}: "
            + (f"{wrong} of {total} numbers disagree." if wrong else f"all {total} numbers agree.")
        )
        click.echo("\n".join(each.notes), nl=bool(each.notes))
    if not all(each.agrees for each in found):
        raise SystemExit(FAILED)
