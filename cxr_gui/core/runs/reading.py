"""A run, a sweep or a study read for the index: its small files, and no weights."""

from __future__ import annotations

import hashlib
import re
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Annotated, Any

from msgspec import Meta

from cxr_gui.core.base.errors import WorkbenchError
from cxr_gui.core.base.files import json_text, parse_json, read_json, sha256
from cxr_gui.core.base.wording import counted
from cxr_gui.core.report import StudyFolder
from cxr_gui.core.runs.entry import METRICS, AtEpsilon, Entry
from cxr_gui.core.runs.looking import Candidate
from cxr_gui.core.sweep import SHIFTS_FILE, SweepFolder
from cxr_gui.core.training import RunFolder, read_outcome, read_run_config

LONGEST = 200
"""Characters of a text that a table has room for."""

EPOCH = re.compile(r", epoch \d+ of \d+$")
"""What a sweep says of the epoch of its classifier, after the recipe's name."""

Count = Annotated[int, Meta(ge=0)]


@dataclass(frozen=True)
class _Point:
    epsilon_pixel: float
    tp: Count
    fp: Count
    tn: Count
    fn: Count


@dataclass(frozen=True)
class _Data:
    name: str = ""
    fingerprint: str | None = None


@dataclass(frozen=True)
class _About:
    architecture: str = ""
    recipe: str = ""
    classifier_sha256: str = ""
    split: str | None = None
    limit: int | None = None
    data: _Data = field(default_factory=_Data)
    certificate: dict[str, Any] | None = None


@dataclass(frozen=True)
class _Attack:
    name: str
    parameters: dict[str, Any]


@dataclass(frozen=True)
class _Sweep:
    format: str
    complete: bool
    attack: _Attack
    threat: str
    points: tuple[_Point, ...]
    classes: tuple[str, str]
    about: _About


@dataclass(frozen=True)
class _Severity:
    amount: float


@dataclass(frozen=True)
class _Shift:
    shift: str
    severities: tuple[_Severity, ...]


@dataclass(frozen=True)
class _Clean:
    n: Count
    accuracy: float | None
    balanced_accuracy: float | None


@dataclass(frozen=True)
class _Shifted:
    classifier: str
    complete: bool
    clean: _Clean
    shifts: tuple[_Shift, ...]
    about: _About


@dataclass(frozen=True)
class _Shifts:
    format: str
    classifiers: Annotated[tuple[_Shifted, ...], Meta(min_length=1)]


def read_entry(place: Candidate) -> Entry:
    """The entry of what lies there; of what cannot be read, one with a `problem`."""
    try:
        found = READERS[place.kind](place.folder)
    except WorkbenchError as error:
        return Entry(place.kind, problem=_clean(str(error)))
    except (OSError, OverflowError, ValueError) as error:
        return Entry(place.kind, problem=_clean(f"{place.folder.name} cannot be read ({error})."))
    texts = {name: _clean(value) for name, value in vars(found).items() if isinstance(value, str)}
    return Entry(**{**vars(found), **texts})


def _run(folder: Path) -> Entry:
    files, saved = RunFolder(folder), read_run_config(folder)
    config, recipe = saved.config, saved.config.recipe
    outcome = read_outcome(folder)
    kept = _kept_epoch(files.best)
    rows = files.read_metrics()
    row = next((row for row in rows if row.epoch == kept), rows[-1] if rows else None)
    values = {} if row is None else asdict(row)
    chosen = asdict(config) | {"recipe": recipe.to_dict(), "seed": None, "device": None}
    return Entry(
        "run",
        recipe=recipe.name,
        architecture=config.architecture,
        data=saved.data.name,
        seed=config.seed,
        begun=files.config.stat().st_mtime,
        ended=files.metrics.stat().st_mtime,
        complete=outcome is not None,
        metrics={name: values[name] for name in METRICS if values.get(name) is not None},
        classifier=sha256(files.best) if files.best.is_file() else "",
        settings=_digest([chosen, saved.fingerprint, asdict(saved.reading)]),
    )


def _kept_epoch(best: Path) -> int | None:
    """The epoch that a run's classifier comes from, by the header of its file; None where it does not say."""
    from safetensors import SafetensorError, safe_open

    from cxr_gui.core.models import check_header

    if not best.is_file():
        return None
    check_header(best, "Train it again, or copy the run again.")
    try:
        with safe_open(best, framework="numpy") as file:
            card = parse_json((file.metadata() or {}).get("card", "{}"), dict[str, Any], finite=False)
    except SafetensorError as error:
        raise ValueError(f"{best.name}: {error}") from error
    metrics = card.get("metrics")
    epoch = metrics.get("epoch") if isinstance(metrics, dict) else None
    return epoch if type(epoch) is int else None


def _sweep(folder: Path) -> Entry:
    numbers = SweepFolder(folder).numbers
    said = read_json(numbers, _Sweep)
    points = sorted(map(_at_epsilon, said.points), key=lambda point: point.epsilon)
    parameters = {name: value for name, value in said.attack.parameters.items() if name != "seed"}
    return _swept(
        "sweep",
        said.about,
        [said.attack.name, parameters, said.threat, [f"{point.epsilon:.6g}" for point in points]],
        numbers,
        complete=said.complete,
        points=tuple(points),
        attack=f"{said.attack.name}, {said.threat}",
    )


def _shifts(folder: Path) -> Entry:
    numbers = folder / SHIFTS_FILE
    said = read_json(numbers, _Shifts)
    first = said.classifiers[0]
    points: tuple[AtEpsilon, ...] = ()
    if first.clean.accuracy is not None:
        points = (AtEpsilon(0.0, first.clean.n, first.clean.accuracy, first.clean.balanced_accuracy),)
    several = len(said.classifiers) > 1  # of which no one's numbers are the sweep's
    shifts = [(shift.shift, [each.amount for each in shift.severities]) for shift in first.shifts]
    return _swept(
        "shifts",
        _About(data=first.about.data) if several else first.about,
        [shifts, [each.about.classifier_sha256 for each in said.classifiers] if several else None],
        numbers,
        complete=all(each.complete for each in said.classifiers),
        points=() if several else points,
        attack=counted(len(first.shifts), "shift")
        + (f", {len(said.classifiers)} classifiers" if several else ""),
    )


def _swept(kind: str, about: _About, settings: list[object], numbers: Path, **facts: Any) -> Entry:
    """What sweeps of both kinds say in the same way. Whose seed it is only the run knows."""
    others = [about.split, about.limit, about.data.fingerprint, about.certificate]
    return Entry(
        kind,
        recipe=EPOCH.sub("", about.recipe),
        architecture=about.architecture,
        data=about.data.name,
        ended=numbers.stat().st_mtime,
        classifier=about.classifier_sha256,
        settings=_digest([settings, others]),
        **facts,
    )


def _study(folder: Path) -> Entry:
    """A study's numbers are those of its parts."""
    files = StudyFolder(folder)
    said = files.read_record()
    parts = (said.run, said.sweep)
    for part in parts:
        files.inside(part)  # or it says what is wrong
    return Entry("study", data=said.data.name, ended=files.record.stat().st_mtime, parts=parts)


READERS = {"run": _run, "sweep": _sweep, "shifts": _shifts, "study": _study}


def _at_epsilon(point: _Point) -> AtEpsilon:
    positives, negatives = point.tp + point.fn, point.tn + point.fp
    if not positives + negatives:
        raise ValueError("it was stopped before its first image")
    both = positives and negatives
    balanced = (point.tp / positives + point.tn / negatives) / 2 if both else None
    n = positives + negatives
    return AtEpsilon(point.epsilon_pixel, n, (point.tp + point.tn) / n, balanced)


def _digest(document: object) -> str:
    return hashlib.sha256(json_text(document).encode()).hexdigest()[:24]


def _clean(words: str) -> str:
    """What UTF-8 can hold, and a table has room for."""
    return words[:LONGEST].encode("utf-8", "replace").decode()
