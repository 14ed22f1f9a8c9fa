"""The list of the attacks, and the command that attacks every image of a split: attacks, sweep."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from click.core import ParameterSource

from cxr_gui.cli.data import reading_options
from cxr_gui.cli.options import (
    CHECKPOINT_HELP,
    FAILED,
    PATH,
    THREAT,
    THREAT_HELP,
    batch_option,
    bound_option,
    certify_option,
    chosen_attacks,
    command_line,
    data_argument,
    device_option,
    epsilons_option,
    json_option,
    limit_option,
    or_shipped,
    out_option,
    paper_option,
    parameter_option,
    print_json,
    resume_option,
    seed_option,
    split_option,
    unit_option,
)
from cxr_gui.cli.shifts import EVERY, chosen_shifts, refuse_attack_options, run_shifts
from cxr_gui.cli.terminal import Interrupted, show
from cxr_gui.core.base import distributed
from cxr_gui.core.base.errors import SettingsError
from cxr_gui.core.data import check_there

if TYPE_CHECKING:
    from cxr_gui.core.data import Reading
    from cxr_gui.core.models import Classifier
    from cxr_gui.core.sweep import SweepResult


@click.command("attacks")
@json_option
def list_attacks(as_json: bool) -> None:
    """List the attacks: what each does, and its parameters for --param."""
    from cxr_gui.core.attacks import attacks, describe_parameters

    every = {name: (attack, describe_parameters(name)) for name, attack in attacks().items()}
    if as_json:
        print_json(
            [
                {
                    "name": name,
                    "title": attack.title,
                    "summary": attack.summary,
                    "parameters": [{**asdict(one), "kind": one.kind} for one in parameters],
                }
                for name, (attack, parameters) in every.items()
            ]
        )
        return
    for name, (attack, parameters) in every.items():
        click.echo(f"{name:<14} {attack.title}: {attack.summary}")
        for one in parameters:
            click.echo(f"{'':<14} {one.assignment(one.default)}: {one.meaning}")


@click.command()
@data_argument
@click.option(
    "--model",
    "checkpoints",
    required=True,
    multiple=True,
    type=PATH,
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
    help="An attack's name; repeatable (see `attacks`).",
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
@click.option(
    "--require",
    "requirements",
    multiple=True,
    metavar="METRIC@EPS>=NUMBER",
    help="Exit with 1 unless every sweep shows this, such as accuracy@0.03>=0.75 or ece@0<=0.1: a metric "
    "by its name in sweep.json, epsilon in --eps-unit; repeatable.",
)
@reading_options
@seed_option
@device_option
@json_option
@resume_option
@paper_option
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
    requirements: tuple[str, ...],
    as_json: bool,
    resume: bool,
    paper: list[str],
    out: Path,
    **options: Any,
) -> None:
    """Attack every image of a split of DATA at several epsilons.

    With several classifiers, attacks or threat models each sweep has its own folder in OUT, and the chart
    shows them together. `torchrun --nproc-per-node N main.py sweep ...` shares the images among N processes.
    What is finished is kept in OUT as it comes, so that --resume goes on after a crash.
    """
    from cxr_gui.core.base import units
    from cxr_gui.core.base.files import sha256
    from cxr_gui.core.data import scan
    from cxr_gui.core.report import write_paper
    from cxr_gui.core.study import compare, places_of
    from cxr_gui.core.sweep import Requirement

    asked = click.get_current_context().get_parameter_source("bound") is ParameterSource.COMMANDLINE
    if asked and not options["certify"]:
        raise click.UsageError("--bound says how to prove; nothing is proven without --certify.")
    if shifts:
        refuse_attack_options(click.get_current_context())
    elif baseline is not None:
        raise click.UsageError("--baseline is what shifts are measured against; there is no --shift.")
    epsilons = units.parse_epsilons(eps, eps_unit)
    required = [Requirement.parse(text, eps_unit) for text in requirements]
    for each in required:
        each.check_measured(epsilons, certify=options["certify"])
    check_there(data)
    chosen = chosen_attacks(attacks, parameters)
    changes = chosen_shifts(shifts)
    classifiers = _classifiers(checkpoints)
    call = command_line({data: "DATA", out: "OUT", **{path: path.name for path in checkpoints}})
    files = {each.name: sha256(path) for each, path in zip(classifiers, checkpoints, strict=True)}
    dataset = show(scan(data, **vars(reading)))
    if changes:
        shared = {name: options[name] for name in ("split", "batch_size", "limit", "seed", "device")}
        about = {name: {"classifier_sha256": files[name], "command": call} for name in files}
        run_shifts(
            classifiers,
            dataset,
            changes,
            out,
            baseline=baseline,
            as_json=as_json,
            resume=resume,
            paper=paper,
            about=about,
            **shared,
        )
        return
    places = places_of(classifiers, chosen, options["threats"], out)
    try:
        sweeps = show(
            compare(classifiers, dataset, chosen, epsilons, places=places, resume=resume, **options)
        )
    except Interrupted as stop:
        if distributed.first():
            keep_finished(stop, places, out, call, files)
        raise
    if distributed.first():
        sweeps = documented(sweeps, call, files)
        write_sweeps(sweeps, places, out)
        if paper:
            show(write_paper([out], out / "paper", paper))
        _print_sweeps(sweeps, places, as_json=as_json)
        failures = [said for each in required for result in sweeps if (said := each.failure(result))]
        if failures:
            click.echo("\n".join(failures), err=True)
            raise SystemExit(FAILED)


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


def keep_finished(
    stop: Interrupted, places: Sequence[Path], out: Path, call: str, files: Mapping[str, str]
) -> None:
    """Write what sweeps had finished when they were stopped, and say where it is; nothing of no image."""
    from cxr_gui.core.sweep import SweepProgress

    if isinstance(stop.last, SweepProgress):
        begun = (*stop.last.earlier, stop.last.partial())
        if finished := [result for result in begun if len(result.labels)]:
            write_sweeps(documented(finished, call, files), places, out)
            click.echo(f"Stopped; the images finished so far are in {out}; --resume goes on.", err=True)


def write_sweeps(sweeps: Sequence[SweepResult], places: Sequence[Path], out: Path) -> None:
    """Write them, or the first of them, to their places, and their chart; complete ones need no journal."""
    from cxr_gui.core.report import write_chart
    from cxr_gui.core.sweep import SweepFolder, write_sweep

    for result, place in zip(sweeps, places, strict=False):
        write_sweep(result, place)
    write_chart(sweeps, SweepFolder(out).chart)
    if len(sweeps) == len(places) and all(result.complete for result in sweeps):
        for place in places:
            SweepFolder(place).forget_journals()


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
