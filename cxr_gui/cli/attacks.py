"""The commands that ask a classifier, or attack it: sweep, attack, predict."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from click.core import ParameterSource

from cxr_gui.cli.data import reading_options
from cxr_gui.cli.options import (
    CHECKPOINT_HELP,
    EXISTING,
    FAILED,
    THREAT,
    THREAT_HELP,
    batch_option,
    bound_option,
    certify_option,
    class_index,
    command_line,
    data_argument,
    device_option,
    epsilons_option,
    frame_option,
    json_option,
    limit_option,
    model_file,
    named_values,
    or_shipped,
    out_option,
    parameter_option,
    print_json,
    seed_option,
    split_option,
    unit_option,
)
from cxr_gui.cli.shifts import EVERY, chosen_shifts, refuse_attack_options, run_shifts
from cxr_gui.cli.terminal import Interrupted, show
from cxr_gui.core.base import distributed
from cxr_gui.core.base.errors import SettingsError
from cxr_gui.core.base.registry import refuse_unknown
from cxr_gui.core.inspect import METHODS, SAVED_KINDS

if TYPE_CHECKING:
    from cxr_gui.core.attacks import Attack
    from cxr_gui.core.data import Reading
    from cxr_gui.core.inspect import Explanation, Inspection
    from cxr_gui.core.models import Classifier
    from cxr_gui.core.sweep import SweepResult

FURTHER_KINDS = {name: kind.title for name, kind in SAVED_KINDS.items() if name != "png8"}
"""Kinds of saved image that are written when asked for -> their titles."""


@click.command()
@data_argument
@click.option(
    "--model",
    "checkpoints",
    required=True,
    multiple=True,
    type=EXISTING,
    callback=or_shipped,
    metavar="CKPT",
    help=f"{CHECKPOINT_HELP} Repeatable.",
)
@split_option
@click.option(
    "--attack",
    "attacks",
    multiple=True,
    default=("fgsm",),
    show_default=True,
    help="The attack's name; repeatable.",
)
@parameter_option
@click.option(
    "--shift",
    "shifts",
    multiple=True,
    metavar="NAME",
    help="Instead of attacking, change the films as life does, at five severities; repeatable, or "
    f"'{EVERY}' (see `shifts`).",
)
@click.option(
    "--baseline",
    metavar="NAME",
    help="With --shift: the classifier against which errors are measured, as in MedMNIST-C.",
)
@click.option(
    "--threat", "threats", multiple=True, default=("rgb",), show_default=True, type=THREAT, help=THREAT_HELP
)
@epsilons_option
@unit_option
@batch_option
@limit_option
@click.option(
    "--critical/--no-critical", default=True, show_default=True, help="Look for critical epsilons as well."
)
@certify_option
@bound_option
@click.option(
    "--descending",
    is_flag=True,
    help="From the largest epsilon down: what resists there is not attacked at smaller ones.",
)
@reading_options
@seed_option
@device_option
@json_option
@out_option
def sweep(
    data: Path,
    reading: Reading,
    checkpoints: tuple[Path, ...],
    attacks: tuple[str, ...],
    parameters: tuple[str, ...],
    shifts: tuple[str, ...],
    baseline: str | None,
    eps: str,
    eps_unit: str,
    as_json: bool,
    out: Path,
    **options: Any,
) -> None:
    """Attack every image of a split of DATA at several epsilons.

    With several classifiers, attacks or threat models each sweep has its own folder in OUT, and the chart
    shows them together. `torchrun --nproc-per-node N main.py sweep ...` shares the images among N processes.
    """
    from cxr_gui.core.base import units
    from cxr_gui.core.base.files import sha256
    from cxr_gui.core.data import scan
    from cxr_gui.core.study import compare

    asked = click.get_current_context().get_parameter_source("bound") is ParameterSource.COMMANDLINE
    if asked and not options["certify"]:
        raise click.UsageError("--bound says how to prove; nothing is proven without --certify.")
    if shifts:
        refuse_attack_options(click.get_current_context())
    elif baseline is not None:
        raise click.UsageError("--baseline is what shifts are measured against; there is no --shift.")
    epsilons = units.parse_epsilons(eps, eps_unit)
    chosen = _attacks(attacks, parameters)
    changes = chosen_shifts(shifts)
    classifiers = _classifiers(checkpoints)
    call = command_line({data: "DATA", out: "OUT", **{path: path.name for path in checkpoints}})
    files = {each.name: sha256(path) for each, path in zip(classifiers, checkpoints, strict=True)}
    dataset = show(scan(data, **vars(reading)))
    if changes:
        shared = {name: options[name] for name in ("split", "batch_size", "limit", "seed", "device")}
        about = {name: {"classifier_sha256": files[name], "command": call} for name in files}
        run_shifts(
            classifiers, dataset, changes, out, baseline=baseline, as_json=as_json, about=about, **shared
        )
        return
    try:
        sweeps = show(compare(classifiers, dataset, chosen, epsilons, **options))
    except Interrupted as stop:
        from cxr_gui.core.sweep import SweepProgress

        if isinstance(stop.last, SweepProgress) and distributed.first():
            write_sweeps(documented((*stop.last.earlier, stop.last.partial()), call, files), out)
            click.echo(f"Stopped; the images finished so far are in {out}.", err=True)
        raise
    if distributed.first():
        sweeps = documented(sweeps, call, files)
        folders = write_sweeps(sweeps, out)
        _print_sweeps(sweeps, folders, as_json=as_json)


@click.command()
@click.argument("files", nargs=-1, required=True, type=EXISTING)
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
@click.argument("file", type=EXISTING)
@model_file
@frame_option
@click.option("--attack", default="fgsm", show_default=True, help="The attack's name.")
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
    [chosen] = _attacks((attack,), parameters)
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


def _attacks(names: Sequence[str], pairs: Sequence[str]) -> list[Attack]:
    """The attacks, each with those of the NAME=VALUE pairs that are its parameters, in their own types."""
    from cxr_gui.core.attacks import create_attack, describe_parameters

    given = dict(named_values("--param", pairs))
    known = {attack: {field.name: field for field in describe_parameters(attack)} for attack in names}
    quoted = ", ".join(f"'{name}'" for name in names)
    lacking = f"Attack {quoted} has" if len(names) == 1 else f"The attacks {quoted} have"
    refuse_unknown(given, sorted(set().union(*known.values())), f"{lacking} no parameter")
    return [
        create_attack(
            attack,
            **{
                name: known[attack][name].parse(text) for name, text in given.items() if name in known[attack]
            },
        )
        for attack in names
    ]


def _classifiers(checkpoints: Sequence[Path]) -> list[Classifier]:
    """The classifiers, under names that tell them apart."""
    from cxr_gui.core.models import load

    if len({path.resolve() for path in checkpoints}) < len(checkpoints):
        raise SettingsError("--model names the same classifier twice.", hint="Name each one once.")
    found = [load(path) for path in checkpoints]
    if len({classifier.name for classifier in found}) < len(found):
        for classifier, path in zip(found, checkpoints, strict=True):
            classifier.name = str(path)
    return found


def documented(sweeps: Sequence[SweepResult], call: str, files: Mapping[str, str]) -> tuple[SweepResult, ...]:
    """The sweeps with what it takes to make them again: the call, and its classifier's SHA-256."""
    return tuple(
        replace(
            result,
            about={
                **result.about,
                "classifier_sha256": files.get(str(result.about["classifier"]), ""),
                "command": call,
            },
        )
        for result in sweeps
    )


def write_sweeps(sweeps: Sequence[SweepResult], out: Path) -> list[Path]:
    """Write them and their chart; returns the folder of each."""
    from cxr_gui.core.report import sweep_folders, write_chart
    from cxr_gui.core.sweep import SweepFolder, write_sweep

    folders = sweep_folders(sweeps, out)
    for result, folder in zip(sweeps, folders, strict=True):
        write_sweep(result, folder)
    write_chart(sweeps, SweepFolder(out).chart)
    return folders


def _print_sweeps(sweeps: Sequence[SweepResult], folders: Sequence[Path], *, as_json: bool) -> None:
    from cxr_gui.core.report import table_text
    from cxr_gui.core.sweep import SweepFolder

    if as_json:
        documents = [SweepFolder(folder).numbers.read_text(encoding="utf-8") for folder in folders]
        click.echo(documents[0] if len(documents) == 1 else f"[{','.join(documents)}]")
        return
    for result, folder in zip(sweeps, folders, strict=True):
        if len(sweeps) > 1:
            whose = result.about["classifier"]
            click.echo(f"{folder.name}: {whose}, {result.attack_title}, {result.threat_title}")
        click.echo(table_text(result))
