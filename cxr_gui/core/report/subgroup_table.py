"""The subgroups of a sweep as tables: for a terminal or a report, and every number of them as CSV."""

from __future__ import annotations

import csv
import io
import math
import os
from collections.abc import Iterator, Sequence
from itertools import groupby

from cxr_gui.core.base.files import atomic_open
from cxr_gui.core.base.spreadsheet import as_text
from cxr_gui.core.base.units import from_pixel
from cxr_gui.core.base.wording import NONE, percent
from cxr_gui.core.report.blocks import Table
from cxr_gui.core.report.tables import plain_text
from cxr_gui.core.report.wording import model_units
from cxr_gui.core.sweep import QUANTITIES, SIDES, Point, Subgroup

SHARES = ("accuracy", "balanced", "sensitivity", "specificity", "auroc")


def subgroup_tables(subgroups: Sequence[Subgroup]) -> Iterator[Table]:
    """A table for each attribute: sensitivity / specificity of each subgroup at each epsilon."""
    for attribute, group in groupby(subgroups, key=lambda subgroup: subgroup.attribute):
        found = list(group)
        columns = (
            attribute,
            "n",
            *(f"at {model_units(point.epsilon)}" for point in found[0].points),
            "P",
            "stands out in",
        )
        caption = f"Sensitivity / specificity by {attribute}."
        yield Table(columns, tuple(map(_row, found)), caption, numeric=frozenset(columns[1:-1]))


def subgroup_text(subgroups: Sequence[Subgroup]) -> str:
    """The tables for a terminal."""
    parts = [f"{table.caption}\n{plain_text(table)}" for table in subgroup_tables(subgroups)]
    return "\n\n".join([*parts, *(group.compared_how for group in subgroups[:1])])


def write_subgroups(subgroups: Sequence[Subgroup], path: str | os.PathLike[str]) -> None:
    """Write a row for each subgroup, epsilon (model units) and quantity, with its 95 % interval and, of
    sensitivity and specificity, the P of its difference. Raises OutputError."""
    text = io.StringIO()
    table = csv.writer(text, lineterminator="\n")
    table.writerow(["attribute", "subgroup", "epsilon", "n", "quantity", "value", "low", "high", "p"])
    for subgroup in subgroups:
        for place, point in enumerate(subgroup.points):
            for name in SHARES:
                chance = subgroup.chance[SIDES.index(name), place] if name in SIDES else math.nan
                numbers = _numbers(name, point), chance
                start = as_text(subgroup.attribute), as_text(subgroup.value)
                epsilon = f"{from_pixel(point.epsilon, 'model'):.9g}"
                table.writerow([*start, epsilon, point.n, name, *map(_cell, (*numbers[0], numbers[1]))])
    with atomic_open(path, "w", encoding="utf-8", newline="") as file:
        file.write(text.getvalue())


def subgroup_document(subgroups: Sequence[Subgroup]) -> list[dict[str, object]]:
    """The same as plain values; what is undefined is null."""
    return [
        {
            "attribute": subgroup.attribute,
            "subgroup": subgroup.value,
            "n": len(subgroup.images),
            "p": _or_none(subgroup.least),
            "stands_out": list(subgroup.stands_out),
            "points": [
                {
                    "epsilon": from_pixel(point.epsilon, "model"),
                    **{name: list(map(_or_none, _numbers(name, point))) for name in SHARES},
                    **{f"{side}_p": _or_none(subgroup.chance[row, place]) for row, side in enumerate(SIDES)},
                }
                for place, point in enumerate(subgroup.points)
            ],
        }
        for subgroup in subgroups
    ]


def _row(subgroup: Subgroup) -> tuple[str, ...]:
    shares = (f"{percent(p.sensitivity)} / {percent(p.specificity)}" for p in subgroup.points)
    least = NONE if math.isnan(subgroup.least) else f"{subgroup.least:.3f}"
    said = " and ".join(reversed(subgroup.stands_out))
    return subgroup.value, str(len(subgroup.images)), *shares, least, said or NONE


def _numbers(name: str, point: Point) -> tuple[float, float, float]:
    """A quantity with its interval."""
    quantity = QUANTITIES[name]
    low, high = quantity.interval(point) if quantity.interval is not None else (math.nan, math.nan)
    return quantity.value(point), low, high


def _cell(number: float) -> str:
    return "" if math.isnan(number) else f"{number:.9g}"


def _or_none(number: float) -> float | None:
    return None if math.isnan(number) else float(number)
