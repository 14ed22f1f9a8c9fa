"""Tables with a row for each point of a sweep, in a report as in a terminal."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial

from cxr_gui.core.base.wording import NONE
from cxr_gui.core.report import charts
from cxr_gui.core.report.blocks import Table
from cxr_gui.core.report.wording import grey_levels, model_units, quantity_words
from cxr_gui.core.sweep import QUANTITIES, Point, Quantity, ReportColumn, SweepResult, TableName

Columns = dict[str, Callable[[Point], str]]
"""What is written of a point, by column."""


def columns_of(table: TableName, points: Sequence[Point] = ()) -> Columns:
    """The columns of a table by their headings: epsilon, and the quantities that stand there. What is to say
    of each of `points` alike is left to the caption, see `notes_of`.
    """
    levels: Columns = {"n/255": lambda point: grey_levels(point.epsilon)} if table == "decisions" else {}
    return {
        "Epsilon": lambda point: model_units(point.epsilon),
        **levels,
        **{
            column.heading: partial(quantity_words, quantity, detailed=not _common(quantity, points))
            for quantity, column in _listed(table)
        },
    }


def notes_of(table: TableName, points: Sequence[Point] = ()) -> str:
    """What has to be said of a table's headings, as a sentence after its caption; "" for none."""
    listed = _listed(table)
    notes = [column.note for _, column in listed if column.note]
    notes += [
        f"{column.heading}: {said}" for quantity, column in listed if (said := _common(quantity, points))
    ]
    return f" {'; '.join(notes)}." if notes else ""


def _common(quantity: Quantity, points: Sequence[Point]) -> str:
    """The detail that is to say of all points alike; "" where they differ, and where there is none."""
    said = quantity.details(points) if quantity.details is not None else ""
    return "" if "," in said else said


def _listed(table: TableName) -> list[tuple[Quantity, ReportColumn]]:
    columns = [(quantity, quantity.column) for quantity in QUANTITIES.values()]
    return [(quantity, column) for quantity, column in columns if column and column.table == table]


def point_table(
    result: SweepResult, columns: Columns, caption: str, last: Mapping[str, str] | None = None
) -> Table:
    """A row for each point; `last` has the cells of one more by the names of their columns."""
    rows = [tuple(write(point) for write in columns.values()) for point in charts.ordered(result)]
    if last is not None:
        rows.append(tuple(last.get(name, NONE) for name in columns))
    return Table(tuple(columns), tuple(rows), caption, numeric=frozenset(columns))


def plain_text(table: Table) -> str:
    """The table without its caption, in columns of equal letters."""
    lines = [table.columns, *table.rows]
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    return "\n".join(
        "  ".join(cell.rjust(width) for cell, width in zip(line, widths, strict=True)) for line in lines
    )
