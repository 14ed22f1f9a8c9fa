"""A sweep of shifts on disk: shifts.json and shifts.csv for its numbers, shift-images.csv for its images."""

from __future__ import annotations

import csv
import io
import os
from collections.abc import Iterable, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from cxr_gui.core.base.files import atomic_paths, to_json
from cxr_gui.core.base.spreadsheet import as_text
from cxr_gui.core.shifts import Shift
from cxr_gui.core.sweep.points import Point
from cxr_gui.core.sweep.shift_result import ShiftResult
from cxr_gui.core.sweep.sweep_folder import SHIFTS_FILE

FORMAT = "cxr-gui shifts 1"
SHARES = ("accuracy", "balanced_accuracy", "sensitivity", "specificity", "auroc")


def write_shifts(
    results: Sequence[ShiftResult], folder: str | os.PathLike[str], *, baseline: ShiftResult | None = None
) -> Path:
    """Write three files into `folder`, all or none; returns it. Raises OutputError.

    shifts.json       everything: for each classifier its points, 95 % intervals and errors of MedMNIST-C
                      against `baseline`, what could not be read, and how it was made
    shifts.csv        a row for each classifier, shift and severity; shares from 0 to 1 with their intervals
    shift-images.csv  a row for each classifier and image: its logits
    """
    folder = Path(folder)
    names = (SHIFTS_FILE, "shifts.csv", "shift-images.csv")
    with atomic_paths(*(folder / name for name in names)) as (numbers, table, images):
        numbers.write_text(to_json(shift_document(results, baseline)), encoding="utf-8")
        table.write_text(_csv(_rows(results)), encoding="utf-8", newline="")
        images.write_text(_csv(_image_rows(results)), encoding="utf-8", newline="")
    return folder


def shift_document(results: Sequence[ShiftResult], baseline: ShiftResult | None = None) -> dict[str, Any]:
    """The whole as plain values; what is undefined is null."""
    return {
        "format": FORMAT,
        "baseline": None if baseline is None else baseline.classifier,
        "classifiers": [
            {
                "classifier": result.classifier,
                "complete": result.complete,
                "images": len(result.labels),
                "classes": result.classes,
                "threshold_logit": result.threshold_logit,
                "unread": [{"path": problem.path, "what": problem.what} for problem in result.unread],
                "without_spacing": result.unspaced,
                "clean": _shares(result.clean),
                "shifts": [_shift(result, shift, baseline) for shift in result.shifts],
                "seconds": result.seconds,
                "about": dict(result.about),
            }
            for result in results
        ],
    }


def _shift(result: ShiftResult, shift: Shift, baseline: ShiftResult | None) -> dict[str, Any]:
    against = {}
    if baseline is not None:
        against = {
            "balanced_error": result.balanced_error(shift, baseline),
            "relative_balanced_error": result.relative_balanced_error(shift, baseline),
        }
    return {
        "shift": shift.name,
        "family": shift.family,
        "quantity": shift.quantity,
        "unit": shift.unit,
        "error": result.error(shift),
        **against,
        "severities": [
            {"severity": number, "amount": amount, **_shares(point)}
            for number, (amount, point) in enumerate(
                zip(shift.amounts, result.points(shift), strict=True), start=1
            )
        ],
    }


def _shares(point: Point) -> dict[str, Any]:
    fields = asdict(point)
    return {
        "n": point.n,
        **{name: fields[name] for share in SHARES for name in (share, f"{share}_ci")},
        **{count: fields[count] for count in ("tp", "fp", "tn", "fn")},
    }


def _rows(results: Iterable[ShiftResult]) -> Iterable[dict[str, Any]]:
    for result in results:
        yield {"classifier": as_text(result.classifier), "shift": "", "severity": 0} | _cells(result.clean)
        for shift in result.shifts:
            for number, point in enumerate(result.points(shift), start=1):
                yield {
                    "classifier": as_text(result.classifier),
                    "shift": shift.name,
                    "severity": number,
                    "amount": shift.severity(number),
                    "unit": f"{shift.quantity} {shift.unit}".rstrip(),
                } | _cells(point)


def _cells(point: Point) -> dict[str, Any]:
    cells: dict[str, Any] = {"images": point.n}
    for share in SHARES:
        low, high = getattr(point, f"{share}_ci")
        cells |= {share: getattr(point, share), f"{share}_low": low, f"{share}_high": high}
    return cells


def _image_rows(results: Iterable[ShiftResult]) -> Iterable[dict[str, Any]]:
    for result in results:
        columns = {
            f"{shift.name}_{number}": logits
            for shift in result.shifts
            for number, logits in enumerate(result.logits[shift.name], start=1)
        }
        for place, row in enumerate(result.rows.tolist()):
            yield {
                "classifier": as_text(result.classifier),
                "path": as_text(result.paths[place]),
                "label": as_text(result.classes[result.labels[place]]),
                "row": row,
                "patient": as_text(result.patients[place] or ""),
                "logit_clean": f"{result.clean_logits[place]:.9g}",
            } | {name: f"{logits[place]:.9g}" for name, logits in columns.items()}


def _csv(rows: Iterable[dict[str, Any]]) -> str:
    """Rows as a table with all their columns, in the order in which they first come."""
    rows = list(rows)
    columns = dict.fromkeys(name for row in sorted(rows, key=len, reverse=True)[:1] for name in row)
    buffer = io.StringIO()
    writer = csv.DictWriter(buffer, list(columns), lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return buffer.getvalue()
