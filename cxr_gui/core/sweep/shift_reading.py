"""A sweep of shifts read back from its folder, image by image."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import numpy as np
from msgspec import Meta

from cxr_gui.core.base import spreadsheet
from cxr_gui.core.base.errors import CheckpointError, SettingsError
from cxr_gui.core.base.files import read_json
from cxr_gui.core.base.spreadsheet import as_read
from cxr_gui.core.data import Problem
from cxr_gui.core.shifts import SHIFTS, Shift
from cxr_gui.core.sweep.shift_files import FORMAT
from cxr_gui.core.sweep.shift_result import ShiftResult
from cxr_gui.core.sweep.sweep_folder import SHIFTS_FILE

HINT = "Choose a folder written by `sweep --shift`, or sweep the shifts again."


@dataclass(frozen=True)
class _Severity:
    amount: float


@dataclass(frozen=True)
class _Swept:
    shift: str
    severities: tuple[_Severity, ...]


@dataclass(frozen=True)
class _Unread:
    path: str
    what: str


@dataclass(frozen=True)
class _Classified:
    classifier: str
    complete: bool
    images: Annotated[int, Meta(ge=0)]
    classes: tuple[str, str]
    threshold_logit: float
    unread: tuple[_Unread, ...]
    without_spacing: int
    shifts: tuple[_Swept, ...]
    seconds: float
    about: dict[str, Any]


@dataclass(frozen=True)
class _Document:
    """What is read of a shifts.json; all else in it follows from shift-images.csv."""

    format: str
    classifiers: Annotated[tuple[_Classified, ...], Meta(min_length=1)]


def read_shifts(folder: str | os.PathLike[str]) -> tuple[ShiftResult, ...]:
    """Read what `write_shifts` wrote. Raises CheckpointError when it is missing or damaged."""
    folder = Path(folder)
    try:
        said = read_json(folder / SHIFTS_FILE, _Document)
        if said.format != FORMAT:
            raise ValueError(f"its format is {said.format!r:.40}")
        return tuple(_results(said, spreadsheet.columns(folder / "shift-images.csv")))
    except OSError as error:
        raise CheckpointError(
            f"holds no sweep of shifts that can be read ({error}).", where=folder, hint=HINT
        ) from error
    except (KeyError, OverflowError, ValueError, SettingsError) as error:
        raise CheckpointError(
            f"holds a sweep of shifts that cannot be understood ({error}).", where=folder, hint=HINT
        ) from error


def _results(said: _Document, columns: dict[str, list[str]]) -> list[ShiftResult]:
    if sum(each.images for each in said.classifiers) != len(columns["row"]):
        raise ValueError("shift-images.csv is not the table that shifts.json was counted in")
    results, first = [], 0
    for each in said.classifiers:
        rows = slice(first, first := first + each.images)
        results.append(_result(each, {name: column[rows] for name, column in columns.items()}))
    return results


def _result(said: _Classified, columns: dict[str, list[str]]) -> ShiftResult:
    """One classifier's, from its rows of the table."""
    shifts = tuple(map(_shift, said.shifts))

    def logits(*names: str) -> np.ndarray:
        values = np.array([columns[name] for name in names], np.float32).reshape(len(names), said.images)
        if not np.isfinite(values).all():
            raise ValueError("a logit in shift-images.csv is not finite")
        return values

    return ShiftResult(
        classifier=said.classifier,
        shifts=shifts,
        logits={
            shift.name: logits(*(f"{shift.name}_{place}" for place in range(1, len(shift.amounts) + 1)))
            for shift in shifts
        },
        clean_logits=logits("logit_clean")[0],
        labels=np.array([said.classes.index(as_read(label)) for label in columns["label"]], np.int64),
        rows=np.array([int(row) for row in columns["row"]], np.int64),
        threshold_logit=said.threshold_logit,
        classes=said.classes,
        paths=tuple(map(as_read, columns["path"])),
        patients=tuple(as_read(patient) or None for patient in columns["patient"]),
        unspaced=said.without_spacing,
        unread=tuple(Problem(each.path, each.what) for each in said.unread),
        complete=said.complete,
        seconds=said.seconds,
        about=said.about,
    )


def _shift(said: _Swept) -> Shift:
    """The shift of that name, which must still have the amounts that were swept."""
    shift = SHIFTS.find(said.shift)
    if shift.amounts != tuple(each.amount for each in said.severities):
        raise ValueError(f"{said.shift} has other severities by now")
    return shift
