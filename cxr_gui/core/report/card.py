"""A classifier's model card: one page of Markdown, every number from a run or a sweep."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from cxr_gui.core.base.errors import ArgumentError
from cxr_gui.core.base.fields import describe_fields
from cxr_gui.core.base.files import atomic_open
from cxr_gui.core.base.wording import NONE, percent
from cxr_gui.core.models import population_of, population_sentence
from cxr_gui.core.report import proven
from cxr_gui.core.report.results import INTERVALS, constant_row
from cxr_gui.core.report.wording import (
    NOTICE,
    counted,
    epsilon_range,
    grey_levels,
    listed,
    model_units,
    quantity_words,
)
from cxr_gui.core.sweep import QUANTITIES, Point, SweepResult
from cxr_gui.core.training import Recipe, Run

SHARES = (
    "validation_auroc",
    "validation_balanced_accuracy",
    "robust_accuracy",
    "robust_balanced_accuracy",
    "certified_accuracy",
    "certified_balanced_accuracy",
)
ROW = {
    "accuracy": "accuracy",
    "balanced": "balanced accuracy",
    "unbroken": "not broken up to here",
    "sensitivity": "sensitivity",
    "specificity": "specificity",
    "auroc": "AUROC",
    "noise": "accuracy under random noise",
}
PROVEN = {"certified": "certified", "certified_balanced": "certified, balanced"}
"""The quantities of a card's table with their headings; the latter where something was proven."""

EARLY = "Each image was attacked until its first wrong decision: shares are exact, AUROC is an upper bound."
"""Of attacks with `early_stop`: how far beyond the threshold they could have gone is not known."""


def write_card(
    run: Run,
    sweeps: Sequence[SweepResult],
    path: str | os.PathLike[str],
    *,
    title: str,
    others: Mapping[int, Sequence[SweepResult]] | None = None,
    notes: Sequence[str] = (),
) -> None:
    """Write the card of the classifier that `run` kept to `path`, a .md file named as its checkpoint will be.

    sweeps  of that classifier, each a section          others  of the same recipe with other seeds, by seed
    notes   sentences for the top: what it is for, whose data it was trained on
    Raises ArgumentError when there is no sweep, OutputError when the file cannot be written.
    """
    path = Path(path)
    if not sweeps:
        raise ArgumentError("are missing.", where="sweeps", hint="A card says how the classifier does.")
    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent),
        autoescape=False,  # noqa: S701  Markdown, not HTML
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    seeds = {run.config.seed: sweeps, **others} if others else {}
    page = environment.get_template("card.md.jinja").render(
        population=population_sentence(run.classifier.card.data),
        title=title,
        notice=NOTICE,
        notes=notes,
        intervals=INTERVALS,
        facts=list(_facts(run, path.stem)),
        recipe=list(_recipe(run.config.recipe)),
        command=_command(run),
        tests=[_test(sweep) for sweep in sweeps],
        seeds=[row for seed, done in sorted(seeds.items()) for sweep in done for row in _seed(seed, sweep)],
        certified=any(sweep.vacuous is False for sweep in sweeps),
        epsilons=[model_units(point.epsilon) for point in sweeps[0].points],
    )
    with atomic_open(path, "w", encoding="utf-8") as file:
        file.write(page.rstrip("\n") + "\n")


def _facts(run: Run, name: str) -> Iterator[tuple[str, str]]:
    classifier, recipe = run.classifier, run.config.recipe
    height, width = classifier.input_size
    channels = "grey" if classifier.normalisation.channels == 1 else "RGB"
    negative, positive = classifier.classes
    yield (
        "File",
        f"`{name}.safetensors`, {run.best_path.stat().st_size / 1e6:.1f} MB, `{classifier.architecture}`, "
        + counted(classifier.parameter_count(), "parameter"),
    )
    yield "Input", f"{height} x {width} {channels} pixels in 0..1, normalised inside"
    sides = f"p = sigmoid(logit) of {positive}, else {negative}; positive from p >= {run.threshold:.4g}"
    yield "Output", f"one logit; {sides}, {_threshold(recipe)}"
    data: Any = classifier.card.data
    parts = [f"{count:,} {label}" for label, count in data["train"].items()]
    yield (
        "Data",
        f"{data['name']}: {listed(parts)} in training; SHA-256 of its index {data['fingerprint'][:16]}",
    )
    if (whose := population_of(data)) is not None:
        yield "Learned from", f"films of {whose}"
    kept = (
        f"epoch {run.best_epoch} of {len(run.history)} kept"
        if run.best_epoch
        else "stopped in its first epoch"
    )
    yield "Training", f"seed {run.config.seed}, {run.outcome}, {kept}"
    metrics = classifier.card.metrics
    said = [
        f"{key.removeprefix('validation_').replace('_', ' ')} {_share(metrics[key])}"
        for key in SHARES
        if key in metrics
    ]
    yield "Validation", ", ".join(said) or NONE


def _share(value: object) -> str:
    return f"{value:.3f}" if isinstance(value, float) else NONE


def _threshold(recipe: Recipe) -> str:
    return {
        "half": "not chosen",
        "validation": "the best balanced accuracy on validation",
        "sensitivity": f"the highest that finds {recipe.sensitivity:.0%} on validation".replace("%", " %"),
        "robust": "the best balanced accuracy on validation, clean and attacked images alike",
        "certified": "the best balanced accuracy on validation, of clean images and of what is certified",
    }[recipe.threshold]


def _recipe(recipe: Recipe) -> Iterator[str]:
    """The fields that are not as a recipe has them by itself, as lines of TOML."""
    plain = Recipe()
    for entry in describe_fields(Recipe):
        value = getattr(recipe, entry.name)
        if value != getattr(plain, entry.name):
            yield entry.assignment(value)


def _command(run: Run) -> str:
    config = run.config
    return (
        f"python main.py train DATA --model {config.architecture} --recipe recipe.toml --seed {config.seed} "
        f"--device {config.device} --out RUN"
    )


def _test(sweep: SweepResult) -> dict[str, object]:
    epsilons = ",".join(model_units(epsilon) for epsilon in sweep.epsilons)
    plain = type(sweep.attack)().parameters()
    parameters = "".join(
        f" --param {name}={value}"
        for name, value in sweep.attack.parameters().items()
        if value != plain[name]
    )
    counts = [f"{int((sweep.labels == label).sum()):,} {sweep.classes[label]}" for label in (0, 1)]
    passed = sum(check.passed for check in sweep.checks)
    failed = [check.name for check in sweep.checks if not check.passed]
    remarks = f"{passed} of {len(sweep.checks)} trust checks passed"
    remarks += f"; not: {listed(failed)}." if failed else "."
    if sweep.critical is not None:
        median = model_units(sweep.median_critical) + epsilon_range(sweep.median_critical_ci)
        remarks += f" Median critical epsilon {median}."
    if sweep.certified is not None:
        remarks += " " + proven.proof_summary(sweep)
    if getattr(sweep.attack, "early_stop", False):
        remarks += " " + EARLY
    call = f"--attack {sweep.attack.name}{parameters} --threat {sweep.threat} --eps {epsilons}"
    seed = sweep.about.get("seed", 0)
    call += "" if sweep.certified is None else " --certify"
    return {
        "title": f"Under {sweep.attack_title}, threat model {sweep.threat_title}",
        "threat": sweep.threat_words,
        "command": f"python main.py sweep DATA --model RUN/best.safetensors {call} --seed {seed} --out SWEEP",
        "images": f"{counted(len(sweep.labels), 'image')}, {listed(counts)}",
        "headings": ["epsilon", "n/255", *_columns(sweep).values()],
        "rows": [*(_row(sweep, point) for point in sweep.points), _constant(sweep)],
        "remarks": remarks,
    }


def _columns(sweep: SweepResult) -> dict[str, str]:
    return ROW | PROVEN if sweep.vacuous is False else ROW


def _row(sweep: SweepResult, point: Point) -> tuple[str, ...]:
    return (
        model_units(point.epsilon),
        grey_levels(point.epsilon),
        *(quantity_words(QUANTITIES[name], point) for name in _columns(sweep)),
    )


def _constant(sweep: SweepResult) -> tuple[str, ...]:
    """The row of the constant answer, which is not broken by anything."""
    cells = constant_row(sweep)
    shares = (cells[name] for name in ("Accuracy", "Balanced", "Accuracy", "Sensitivity", "Specificity"))
    row = (f"constant {sweep.constant[0]}", NONE, *shares, NONE, cells["Accuracy"])
    return (*row, cells["Accuracy"], cells["Balanced"]) if sweep.vacuous is False else row


def _seed(seed: int, sweep: SweepResult) -> Iterator[tuple[str, ...]]:
    """The row of an attack, and one of what is certified."""
    first, points = sweep.points[0], sweep.points
    sides = percent(first.sensitivity), percent(first.specificity)
    shares = (f"{percent(point.accuracy)} / {percent(point.balanced_accuracy)}" for point in points)
    yield str(seed), sweep.attack_title, *shares, *sides
    if sweep.vacuous is False:
        shares = (f"{percent(p.certified_accuracy)} / {percent(p.certified_balanced)}" for p in points)
        yield str(seed), "certified", *shares, *sides
