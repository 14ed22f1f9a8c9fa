"""A classifier's model card: one page of Markdown, every number from a run or a sweep."""

from __future__ import annotations

import math
import os
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined, Template

from cxr_gui.core.base import units
from cxr_gui.core.base.errors import ArgumentError
from cxr_gui.core.base.fields import describe_fields
from cxr_gui.core.base.files import atomic_open
from cxr_gui.core.base.wording import NONE, percent
from cxr_gui.core.models import load, population_of, population_sentence
from cxr_gui.core.report import proven
from cxr_gui.core.report.results import attack_words, constant_row
from cxr_gui.core.report.terms import INTERVALS
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

EARLY = (
    "Each image was attacked until its first wrong decision, so shares are exact and AUROC is an upper bound."
)
"""Of attacks with `early_stop`."""


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
    seeds = {run.config.seed: sweeps, **others} if others else {}
    every = [sweep for done in seeds.values() for sweep in done]
    shared = [e for e in _epsilons(sweeps[:1]) if all(_at(sweep, e) for sweep in every)]
    page = _template("card.md.jinja").render(
        population=population_sentence(run.classifier.card.data),
        title=title,
        notice=NOTICE,
        notes=notes,
        intervals=INTERVALS,
        facts=list(_facts(run, path.stem)),
        recipe=list(_recipe(run.config.recipe)),
        command=_command(run),
        glance=_glance(sweeps) if len(sweeps) > 1 else None,
        tests=[_test(sweep, sweeps[:number]) for number, sweep in enumerate(sweeps)],
        seeds=[
            row
            for seed, done in sorted(seeds.items())
            for sweep in done
            for row in _seed(seed, sweep, shared)
        ],
        certified=any(sweep.vacuous is False for sweep in sweeps),
        epsilons=list(map(model_units, shared)),
    )
    _write(path, page)


def extend_card(path: str | os.PathLike[str], sweeps: Sequence[SweepResult]) -> None:
    """Add the sections of further sweeps to the card at `path`, after those that it has. One under the same
    title is replaced; all else stays as it is.

    Raises ArgumentError when a sweep is not of the checkpoint beside the card, or when the card compares its
    sweeps at a glance, which takes all of them; CheckpointError and OutputError.
    """
    path = Path(path)
    classifier = load(path.with_suffix(".safetensors"))
    head, *sections = re.split(r"(?m)^(?=## )", path.read_text(encoding="utf-8"))
    if any(section.startswith("## At a glance\n") for section in sections):
        hint = "Write it anew from its run, with all its sweeps."
        raise ArgumentError("compares its sweeps at a glance.", where=path, hint=hint)
    for sweep in sweeps:
        if not sweep.is_of(classifier):
            raise ArgumentError(f"is no sweep of {path.stem}.", where=sweep.title)
        added = _template("card_section.md.jinja").render(test=_test(sweep, [])).rstrip("\n") + "\n\n"
        title = added.partition("\n")[0]
        titles = [section.partition("\n")[0] for section in sections]
        known = [place for place, each in enumerate(titles) if each.startswith("## Under ")]
        if not known:
            raise ArgumentError("has no section of a sweep, so it is no card of a classifier.", where=path)
        if title in titles:
            sections[titles.index(title)] = added
        else:
            sections.insert(known[-1] + 1, added)
    _write(path, head + "".join(sections))


def _template(name: str) -> Template:
    return Environment(
        loader=FileSystemLoader(Path(__file__).parent),
        autoescape=False,  # noqa: S701  Markdown, not HTML
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    ).get_template(name)


def _write(path: Path, page: str) -> None:
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
        "half": "which was not tuned",
        "validation": "chosen for the best balanced accuracy on validation",
        "sensitivity": f"the highest with {recipe.sensitivity:.0%} sensitivity on validation".replace(
            "%", " %"
        ),
        "robust": "chosen for the best balanced accuracy on validation, clean and attacked",
        "certified": "chosen for the best balanced accuracy on validation, clean and certified",
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


def _epsilons(sweeps: Sequence[SweepResult]) -> list[float]:
    """Every epsilon of the sweeps once, ascending; to what two units may differ by."""
    return sorted({round(float(epsilon), 9) for sweep in sweeps for epsilon in sweep.epsilons})


def _at(sweep: SweepResult, epsilon: float) -> Point | None:
    return next((point for point in sweep.points if round(point.epsilon, 9) == epsilon), None)


def _glance(sweeps: Sequence[SweepResult]) -> list[list[str]]:
    """Headings and rows: what each attack leaves at each epsilon, and what none can take."""
    titles = [sweep.attack_title for sweep in sweeps]
    if len(set(titles)) < len(titles):
        titles = [f"{sweep.attack_title}, {sweep.threat_title}" for sweep in sweeps]
    proofs = [sweep for sweep in sweeps if sweep.vacuous is False]
    rows = [["epsilon", "n/255", *titles, *(["certified"] if proofs else [])]]
    for epsilon in _epsilons(sweeps):
        row = [model_units(epsilon), grey_levels(epsilon)]
        row += [_both(_at(sweep, epsilon), ROW) for sweep in sweeps]
        if proofs:
            row.append(_both(next(filter(None, (_at(sweep, epsilon) for sweep in proofs)), None), PROVEN))
        rows.append(row)
    return rows


def _both(point: Point | None, quantities: Iterable[str]) -> str:
    """A share of all images and the one balanced over the classes: the first two of the quantities."""
    values = [QUANTITIES[name].value for name in islice(quantities, 2)]
    return NONE if point is None else " / ".join(percent(value(point)) for value in values)


def _typed(epsilons: Iterable[float]) -> str:
    """Options that give exactly these epsilons: in model units, or as n/255 where one of them is such."""
    levels = {epsilon: units.from_pixel(epsilon, "255") for epsilon in map(float, epsilons)}
    whole = {epsilon: round(level) for epsilon, level in levels.items() if abs(level - round(level)) < 1e-9}
    if not any(whole.values()):
        return "--eps " + ",".join(f"{units.from_pixel(epsilon, 'model'):.12g}" for epsilon in levels)
    words = (f"{whole[e]}/255" if whole.get(e) else f"{e:.12g}" for e in levels)
    return "--eps-unit pixel --eps " + ",".join(words)


def _test(sweep: SweepResult, before: Sequence[SweepResult]) -> dict[str, object]:
    """The section of a sweep; what was said in one `before` is not said again."""
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
        median = sweep.median_critical
        found = model_units(median) if math.isfinite(median) else "beyond the largest"
        remarks += f" Median critical epsilon {found}{epsilon_range(sweep.median_critical_ci)}."
    if sweep.certified is not None:
        remarks += " " + proven.proof_summary(sweep)
    if sweep.attack.early_stop:
        remarks += " " + EARLY
    headings, rows = card_table(sweep)
    call = f"--attack {sweep.attack.name}{parameters} --threat {sweep.threat} {_typed(sweep.epsilons)}"
    seed = sweep.about.get("seed", 0)
    call += "" if sweep.critical is not None else " --no-critical"
    call += "" if sweep.certified is None else " --certify"
    call += " --descending" if sweep.descending else ""
    threat = sweep.threat_words
    return {
        "title": f"Under {sweep.attack_title}, threat model {sweep.threat_title}",
        "attack": attack_words(sweep),
        "threat": "" if any(other.threat_words == threat for other in before) else threat,
        "command": f"python main.py sweep DATA --model RUN/best.safetensors {call} --seed {seed} --out SWEEP",
        "images": f"{counted(len(sweep.labels), 'image')}, {listed(counts)}",
        "headings": headings,
        "rows": rows,
        "remarks": remarks,
    }


def card_table(sweep: SweepResult) -> tuple[list[str], list[tuple[str, ...]]]:
    """The headings and rows of a sweep's table: a row an epsilon, and that of the constant answer."""
    headings = ["epsilon", "n/255", *_columns(sweep).values()]
    return headings, [*(_row(sweep, point) for point in sweep.points), _constant(sweep)]


def _columns(sweep: SweepResult) -> dict[str, str]:
    """The quantities of its table with their headings: of those that were looked for."""
    row = {
        name: heading for name, heading in ROW.items() if name != "noise" or sweep.noise_logits is not None
    }
    return row | PROVEN if sweep.vacuous is False else row


def _row(sweep: SweepResult, point: Point) -> tuple[str, ...]:
    return (
        model_units(point.epsilon),
        grey_levels(point.epsilon),
        *(quantity_words(QUANTITIES[name], point) for name in _columns(sweep)),
    )


def _constant(sweep: SweepResult) -> tuple[str, ...]:
    """The row of the constant answer, which is not broken by anything."""
    cells = constant_row(sweep)
    said = dict.fromkeys(("accuracy", "unbroken", "noise", "certified"), cells["Accuracy"])
    said |= dict.fromkeys(("balanced", "certified_balanced"), cells["Balanced"])
    said |= {side: cells[side.capitalize()] for side in ("sensitivity", "specificity")}
    return (f"constant {sweep.constant[0]}", NONE, *(said.get(name, NONE) for name in _columns(sweep)))


def _seed(seed: int, sweep: SweepResult, epsilons: Sequence[float]) -> Iterator[tuple[str, ...]]:
    """The row of an attack, and one of what is certified, at some of its epsilons."""
    first, points = sweep.points[0], [_at(sweep, epsilon) for epsilon in epsilons]
    sides = percent(first.sensitivity), percent(first.specificity)
    yield str(seed), sweep.attack_title, *(_both(point, ROW) for point in points), *sides
    if sweep.vacuous is False:
        yield str(seed), "certified", *(_both(point, PROVEN) for point in points), *sides
