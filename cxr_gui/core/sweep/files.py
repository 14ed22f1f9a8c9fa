"""A sweep on disk: sweep.json for its numbers, images.csv for its images."""

from __future__ import annotations

import csv
import io
import math
import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Annotated, Any

import numpy as np
from msgspec import Meta
from numpy.typing import NDArray

from cxr_gui.core.attacks import THREATS, create_attack
from cxr_gui.core.base import spreadsheet
from cxr_gui.core.base.errors import CheckpointError, SettingsError
from cxr_gui.core.base.files import atomic_paths, read_json, to_json
from cxr_gui.core.base.metrics import share
from cxr_gui.core.base.spreadsheet import as_read, as_text
from cxr_gui.core.base.units import from_pixel
from cxr_gui.core.data import Note
from cxr_gui.core.sweep.result import SweepResult
from cxr_gui.core.sweep.sweep_folder import SweepFolder
from cxr_gui.core.sweep.trust.check import Check

FORMAT = "cxr-gui sweep 1"
HINT = "Choose a folder written by this program's sweep."
LARGEST_LOGIT = 1000.0
"""Beyond it no probability has one in float64."""

TEXTS = {"path", "label", "patient"}
"""The columns of images.csv that hold text, which `spreadsheet` guards."""


@dataclass(frozen=True)
class _Attack:
    name: str
    parameters: dict[str, Any]


@dataclass(frozen=True)
class _Point:
    epsilon: float
    epsilon_pixel: float
    tp: int
    tn: int
    noise_scale: int = 1


@dataclass(frozen=True)
class _Check:
    name: str
    passed: bool
    value: float | None
    sentence: str


@dataclass(frozen=True)
class _Document:
    """What is read of a sweep.json; all else in it follows from images.csv."""

    format: str
    complete: bool
    attack: _Attack
    threat: str
    epsilon_unit: str
    points: Annotated[tuple[_Point, ...], Meta(min_length=1)]
    checks: tuple[_Check, ...]
    classes: tuple[str, str]
    threshold_logit: Annotated[float, Meta(ge=-LARGEST_LOGIT, le=LARGEST_LOGIT)]
    seconds: float
    about: dict[str, Any]


def write_sweep(
    result: SweepResult,
    folder: str | os.PathLike[str],
    *,
    unit: str = "model",
    notes: Mapping[str, Note] | None = None,
) -> Path:
    """Write sweep.json and images.csv into `folder`, epsilons in `unit`; returns `folder`.

    sweep.json   `points`, one for each epsilon, with its keys as in Point; what is undefined is null. Beside
                 `epsilon`, which is in `unit`, each has it in pixel units
    images.csv   one row an image: path, label, logit at each epsilon, critical epsilon in `unit` (0 when
                 wrong at once, empty when no epsilon flips it), certified radius in `unit` (0 when wrong at
                 once or nothing is proven), patient, clean logit, logits under noise; flag and note, where
                 `notes` say them of images by their paths.
                 Text that a spreadsheet would run as a formula begins with ', see `spreadsheet`
    Raises OutputError when a file cannot be written.
    """
    files = SweepFolder(folder)
    with atomic_paths(files.images, files.numbers) as (table, numbers):
        table.write_text(_table(result, unit, notes), encoding="utf-8", newline="")
        numbers.write_text(to_json(sweep_document(result, unit)), encoding="utf-8")
    return files.path


def read_sweep(folder: str | os.PathLike[str]) -> SweepResult:
    """Read what `write_sweep` wrote. Raises CheckpointError when it is missing or damaged."""
    files = SweepFolder(folder)
    try:
        return _result(read_json(files.numbers, _Document), spreadsheet.columns(files.images))
    except OSError as error:
        raise CheckpointError(
            f"holds no sweep that can be read ({error}).", where=files.path, hint=HINT
        ) from error
    except (KeyError, OverflowError, ValueError, SettingsError) as error:
        raise CheckpointError(
            f"holds a sweep that cannot be understood ({error}).", where=files.path, hint=HINT
        ) from error


def sweep_document(result: SweepResult, unit: str = "model") -> dict[str, Any]:
    points = [
        {
            **asdict(point),
            "epsilon": _shown(point.epsilon, unit),
            "epsilon_pixel": point.epsilon,
        }
        for point in result.points
    ]
    constant, count = result.constant
    return {
        "format": FORMAT,
        "complete": result.complete,
        "attack": {"name": result.attack.name, "parameters": result.attack.parameters()},
        "threat": result.threat,
        "epsilon_unit": unit,
        "points": points,
        "median_critical_epsilon": from_pixel(result.median_critical, unit),
        "median_critical_epsilon_ci": [from_pixel(end, unit) for end in result.median_critical_ci],
        "median_certified_radius": from_pixel(result.median_certified, unit),
        "median_certified_radius_ci": [from_pixel(end, unit) for end in result.median_certified_ci],
        "vacuous": result.vacuous,
        "constant_answer": {"class": constant, "accuracy": share(count, len(result.labels))},
        "checks": [asdict(check) for check in result.checks],
        "images": len(result.labels),
        "classes": result.classes,
        "threshold_logit": result.threshold_logit,
        "seconds": result.seconds,
        "about": dict(result.about),
    }


def _table(result: SweepResult, unit: str, notes: Mapping[str, Note] | None) -> str:
    names = [f"{_shown(float(epsilon), unit):g}" for epsilon in result.epsilons]
    columns: dict[str, list[Any]] = {
        "path": list(map(as_text, result.paths or [""] * len(result.labels))),
        "label": [as_text(result.classes[label]) for label in result.labels],
    }
    columns.update({f"logit_{name}": _numbers(row) for name, row in zip(names, result.logits, strict=True)})
    if result.critical is not None:
        columns["critical_epsilon"] = _numbers(from_pixel(1.0, unit) * result.critical)
    if result.certified is not None:
        columns["certified_radius"] = _numbers(from_pixel(1.0, unit) * result.certified)
    columns["row"] = result.rows.tolist()
    if result.patients is not None:
        columns["patient"] = [as_text(patient or "") for patient in result.patients]
    columns["logit_clean"] = _numbers(result.clean_logits)
    if result.noise_logits is not None:
        noise = zip(names, result.noise_logits, strict=True)
        columns.update({f"noise_{name}": _numbers(row) for name, row in noise})
    if notes is not None:
        said = [notes.get(path, Note()) for path in result.paths or [""] * len(result.labels)]
        columns["flag"] = [as_text(note.flag) for note in said]
        columns["note"] = [as_text(note.words) for note in said]
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows(zip(*columns.values(), strict=True))
    return buffer.getvalue()


def _result(said: _Document, columns: dict[str, list[str]]) -> SweepResult:
    if said.format != FORMAT:
        raise ValueError(f"its format is {said.format!r:.40}")
    if said.threat not in THREATS:  # it becomes a part of the names of folders
        raise ValueError(f"its threat model is {said.threat!r:.40}")
    names = [f"{point.epsilon:g}" for point in said.points]
    count = len(columns.get("row", ()))
    if not count:
        columns = {}
    for name in TEXTS & columns.keys():
        columns[name] = list(map(as_read, columns[name]))

    def logits(prefix: str) -> np.ndarray:
        return np.array([_logits(columns[f"{prefix}_{name}"]) for name in names]).reshape(len(names), count)

    noise = f"noise_{names[0]}" in columns
    critical = None
    if "critical_epsilon" in columns:
        given = [float(value) if value else math.inf for value in columns["critical_epsilon"]]
        critical = np.array(given) / from_pixel(1.0, said.epsilon_unit)
    certified = None
    if "certified_radius" in columns:
        certified = np.array([float(cell) for cell in columns["certified_radius"]])
        if not (np.isfinite(certified) & (certified >= 0)).all():
            raise ValueError("a certified radius in images.csv is no number from 0 on")
        certified /= from_pixel(1.0, said.epsilon_unit)
    result = SweepResult(
        epsilons=np.array([point.epsilon_pixel for point in said.points], np.float64),
        logits=logits("logit") if count else np.empty((len(names), 0), np.float32),
        clean_logits=_logits(columns.get("logit_clean", [])),
        labels=np.array([said.classes.index(label) for label in columns.get("label", ())], np.int64),
        rows=np.array([int(row) for row in columns.get("row", ())], np.int64),
        threshold_logit=said.threshold_logit,
        classes=said.classes,
        attack=create_attack(said.attack.name, **said.attack.parameters),
        threat=said.threat,
        noise_logits=logits("noise") if noise else None,
        noise_scales=tuple(point.noise_scale for point in said.points) if noise else (),
        critical=critical,
        certified=certified,
        paths=tuple(columns["path"]) if any(columns.get("path", ())) else None,
        patients=tuple(patient or None for patient in columns["patient"]) if "patient" in columns else None,
        checks=tuple(map(_check, said.checks)),
        complete=said.complete,
        seconds=said.seconds,
        about=said.about,
    )
    counted = [point.tp + point.tn for point in said.points]
    if counted != result.correct.sum(axis=1).tolist():  # a kill may fall between the two files' replacements
        raise ValueError("images.csv is not the table that sweep.json was counted in")
    return result


def _logits(cells: list[str]) -> NDArray[np.float32]:
    """A column of logits [N]: finite, as a decision needs them."""
    values = np.array([float(cell) for cell in cells], np.float32)
    if not np.isfinite(values).all():
        raise ValueError("a logit in images.csv is not finite")
    return values


def _check(said: _Check) -> Check:
    return Check(said.name, said.passed, math.nan if said.value is None else said.value, said.sentence)


def _shown(epsilon: float, unit: str) -> float:
    """An epsilon as a person typed it: halving and doubling are exact, but n/255 may not come back whole."""
    return float(f"{from_pixel(epsilon, unit):.12g}")


def _numbers(values: np.ndarray) -> list[str]:
    """Numbers that read back as they were; empty for infinity."""
    digits = 9 if values.dtype == np.float32 else 17
    return [f"{value:.{digits}g}" if np.isfinite(value) else "" for value in values.tolist()]
