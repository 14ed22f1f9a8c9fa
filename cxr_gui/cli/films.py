"""The commands about single films: predict, attack, plausible."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from cxr_gui.cli.options import (
    FAILED,
    PATH,
    THREAT,
    THREAT_HELP,
    chosen_attacks,
    class_index,
    frame_option,
    json_option,
    model_file,
    named_values,
    out_option,
    parameter_option,
    print_json,
    seed_option,
    unit_option,
)
from cxr_gui.cli.terminal import show
from cxr_gui.core.base.fields import describe_fields
from cxr_gui.core.base.registry import refuse_unknown
from cxr_gui.core.inspect import METHODS, SAVED_KINDS
from cxr_gui.core.shifts import Ward

if TYPE_CHECKING:
    from cxr_gui.core.inspect import Explanation, Inspection
    from cxr_gui.core.models import Classifier

FURTHER_KINDS = {name: kind.title for name, kind in SAVED_KINDS.items() if name != "png8"}
"""Kinds of saved image that are written when asked for -> their titles."""


@click.command()
@click.argument("files", nargs=-1, required=True, type=PATH)
@model_file
@frame_option
@json_option
def predict(files: tuple[Path, ...], checkpoint: Path, frame: int | None, as_json: bool) -> None:
    """Classify files: one line each, with class and probability, and the frame where a file has several."""
    from cxr_gui.core.inspect import predict
    from cxr_gui.core.models import load, population_of, population_sentence

    classifier = load(checkpoint)
    predictions = show(predict(files, classifier, frame))
    learned_from = population_of(classifier.card.data)
    if as_json:
        print_json(
            [
                {
                    "file": str(found.path),
                    "class": found.label,
                    "probability": found.probability,
                    "logit": found.logit,
                    "warnings": list(found.warnings),
                    "learned_from": learned_from,
                    "error": None if found.error is None else str(found.error),
                    **({} if found.source is None else found.source.to_json()),
                }
                for found in predictions
            ]
        )
    elif learned_from:
        click.echo(f"{classifier.name}: {population_sentence(classifier.card.data)}", err=True)
    for found in predictions:
        if found.error is not None:
            click.echo(f"Error: {found.error}", err=True)
        elif not as_json:
            which = f"\t{found.source.which}" if found.source is not None and found.source.which else ""
            click.echo(f"{found.path}\t{found.label}\t{found.probability:.4f}{which}")
        for warning in () if as_json else found.warnings:
            click.echo(f"{found.path}: {warning}", err=True)
    if any(found.error for found in predictions):
        raise SystemExit(FAILED)


@click.command()
@click.argument("file", type=PATH)
@model_file
@frame_option
@click.option("--attack", default="fgsm", show_default=True, help="The attack's name (see `attacks`).")
@parameter_option
@click.option("--threat", default="rgb", show_default=True, type=THREAT, help=THREAT_HELP)
@click.option("--eps", default="0.03", show_default=True, metavar="NUMBER", help="Epsilon.")
@unit_option
@click.option("--label", help="The true class; without it the classifier's own decision is attacked.")
@click.option(
    "--format",
    "formats",
    multiple=True,
    type=click.Choice([*FURTHER_KINDS, "svg"]),
    help=f"One more file: the perturbed image as {' or '.join(FURTHER_KINDS.values())}, the panel as SVG; "
    "repeatable.",
)
@click.option(
    "--dpi",
    default=150,
    show_default=True,
    type=click.IntRange(50, 1200),
    help="Dots per inch of panel.png; 300 for print.",
)
@click.option(
    "--explain",
    "methods",
    multiple=True,
    type=click.Choice([name.replace("_", "-") for name in METHODS]),
    help="Images of where the classifier looks, clean and perturbed: an explanation of the model, not of "
    "the disease; repeatable.",
)
@json_option
@out_option
def attack(
    file: Path,
    checkpoint: Path,
    frame: int | None,
    attack: str,
    parameters: tuple[str, ...],
    threat: str,
    eps: str,
    eps_unit: str,
    label: str | None,
    formats: tuple[str, ...],
    dpi: int,
    methods: tuple[str, ...],
    as_json: bool,
    out: Path,
) -> None:
    """Attack one image: clean, perturbed and difference images, a panel and the result.

    An attack takes its whole budget; `--param early_stop=true` lets it stop at the first wrong decision.
    Each file of the perturbed image is read back and classified, to tell whether it still fools.
    """
    from cxr_gui.core.base import units
    from cxr_gui.core.images import read, remarks, to_input
    from cxr_gui.core.inspect import Inspector
    from cxr_gui.core.models import load
    from cxr_gui.core.report import write_attack

    classifier = load(checkpoint)
    [chosen] = chosen_attacks((attack,), parameters)
    truth = None if label is None else class_index(classifier, label)
    epsilon = units.parse_epsilon(eps, eps_unit)
    radiograph = read(file, frame)
    for warning in remarks(radiograph):
        click.echo(f"{file}: {warning}", err=True)
    pixels = to_input(radiograph.pixels, classifier.input_size)
    asked = any(pair.startswith("early_stop=") for pair in parameters)
    inspector = Inspector(classifier, pixels, chosen, threat, truth, radiograph.source, early_stop=asked)
    inspection = inspector.at(epsilon)
    kinds = [name for name in formats if name != "svg"]
    panels = ("png", "svg") if "svg" in formats else ("png",)
    explained = [_explained(classifier, inspection, method) for method in dict.fromkeys(methods)]
    write_attack(inspection, classifier, out, dpi=dpi, kinds=kinds, panels=panels, explanations=explained)
    result = (out / "result.json").read_text(encoding="utf-8")
    if as_json:
        click.echo(result)
        return
    click.echo(inspection.sentence())
    for written in json.loads(result)["files"]:
        click.echo(_file_in_words(written))


def _explained(
    classifier: Classifier, inspection: Inspection, method: str
) -> tuple[Explanation, Explanation]:
    """Where the classifier looks in the clean image and in the perturbed one."""
    from cxr_gui.core.inspect import explain

    clean, perturbed = (
        show(explain(classifier, image, method.replace("-", "_")))
        for image in (inspection.clean, inspection.perturbed)
    )
    return clean, perturbed


def _file_in_words(written: dict[str, Any]) -> str:
    """What a file of the perturbed image does, in a line."""
    from cxr_gui.core.base.units import from_pixel

    def said(verdict: dict[str, Any]) -> str:
        return f"{verdict['decision']}, {'fools' if verdict['still_fools'] else 'does not fool'}"

    return (
        f"{written['file']}: {said(written)}, L-infinity {from_pixel(written['linf'], '255'):.4g}/255; "
        f"after re-opening as 8-bit grey: {said(written['reopened'])}"
    )


@click.command()
@click.argument("file", type=PATH)
@model_file
@frame_option
@click.option("--label", help="The true class; without it the classifier's own decision is to be flipped.")
@click.option(
    "--ward",
    "ranges",
    multiple=True,
    metavar="NAME=VALUE",
    help="What passes on your ward, where it is not the usual: "
    + "; ".join(f"{entry.name} {entry.default:g}: {entry.meaning}" for entry in describe_fields(Ward))
    + ". Repeatable.",
)
@seed_option
@json_option
def plausible(
    file: Path,
    checkpoint: Path,
    frame: int | None,
    label: str | None,
    ranges: tuple[str, ...],
    seed: int,
    as_json: bool,
) -> None:
    """Look for the mildest exposure, gamma, rotation, place and size at which FILE is decided otherwise."""
    from cxr_gui.core.images import read, remarks, to_input
    from cxr_gui.core.inspect import worst_plausible
    from cxr_gui.core.models import load

    ward = _ward(ranges)
    classifier = load(checkpoint)
    truth = None if label is None else class_index(classifier, label)
    radiograph = read(file, frame)
    for warning in remarks(radiograph):
        click.echo(f"{file}: {warning}", err=True)
    pixels = to_input(radiograph.pixels, classifier.input_size)
    found = show(worst_plausible(classifier, pixels, ward, label=truth, seed=seed))
    if as_json:
        print_json({**asdict(found), "words": found.handling.words, "ward": asdict(ward)})
    else:
        click.echo(found.sentence)


def _ward(pairs: Sequence[str]) -> Ward:
    fields = {entry.name: entry for entry in describe_fields(Ward)}
    given = dict(named_values("--ward", pairs))
    refuse_unknown(given, fields, "A ward has no")
    return Ward(**{name: fields[name].parse(value) for name, value in given.items()})
