"""A sweep of shifts as a table: a row for each shift, a block of columns for each classifier."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import QAbstractTableModel, QModelIndex, QObject, QPersistentModelIndex, Qt

from cxr_gui.core.base.numbers import number_text
from cxr_gui.core.base.wording import NONE, counted, percent
from cxr_gui.core.shifts import Shift, in_families
from cxr_gui.core.sweep import QUANTITIES, Point
from cxr_gui.ui.widgets.literal import literal

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cxr_gui.core.sweep import Quantity, ShiftResult

Index = QModelIndex | QPersistentModelIndex

METRICS = ("balanced", "accuracy", "sensitivity", "specificity", "auroc", "mcc")
"""Of QUANTITIES, the first of them being shown until somebody says otherwise."""

ERRORS = {
    "BE": "Balanced error: 1 - balanced accuracy, mean over the severities, as a multiple of that of {}",
    "rBE": "Relative balanced error: what the shift adds to that error, as a multiple of the same of {}",
}
"""Of MedMNIST-C, against a baseline."""


@dataclass(frozen=True)
class HeatColumn:
    """One column: a severity of a classifier, 0 without a shift, or one of ERRORS."""

    result: ShiftResult
    severity: int = 0
    error: str = ""


class HeatModel(QAbstractTableModel):
    """Shifts in the order of their families; what has no such severity is empty."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.shifts: list[Shift] = []
        self.columns: list[HeatColumn] = []
        self._baseline: ShiftResult | None = None
        self._quantity = QUANTITIES[METRICS[0]]

    def show_results(
        self, results: Sequence[ShiftResult], metric: str, baseline: ShiftResult | None = None
    ) -> None:
        """Show this metric of each, and beside those that are not the baseline their errors against it."""
        self.beginResetModel()
        self._quantity, self._baseline = QUANTITIES[metric], baseline
        self.shifts = [] if not results else in_families(results[0].shifts)
        most = max((len(shift.amounts) for shift in self.shifts), default=0)
        self.columns = []
        for result in results:
            self.columns += [HeatColumn(result, severity) for severity in range(most + 1)]
            if baseline is not None and result is not baseline:
                self.columns += [HeatColumn(result, error=error) for error in ERRORS]
        self.endResetModel()

    def value(self, index: Index) -> float:
        """What stands there; NaN where nothing does."""
        shift, column = self.shifts[index.row()], self.columns[index.column()]
        if column.error and self._baseline is not None:
            ratio = {"BE": column.result.balanced_error, "rBE": column.result.relative_balanced_error}
            return ratio[column.error](shift, self._baseline)
        point = _point(column, shift)
        return math.nan if point is None else self._quantity.value(point)

    def heat(self, index: Index) -> float:
        """The value of a cell that has a colour, 0..1; NaN of the others."""
        return math.nan if self.columns[index.column()].error else self.value(index)

    def flipped(self, index: Index) -> tuple[str, tuple[str, ...]]:
        """In words which of the images changed there, and their paths below the dataset's folder."""
        shift, column = self.shifts[index.row()], self.columns[index.column()]
        if not 1 <= column.severity <= len(shift.amounts):
            return "", ()
        images = column.result.flipped(shift, column.severity)
        words = f"Wrong at {_amount(shift, column.severity)}, {column.result.classifier}"
        return words, tuple(column.result.paths[image] for image in images)

    def words(self, index: Index) -> str:
        """All there is to say of a cell."""
        shift, column = self.shifts[index.row()], self.columns[index.column()]
        name, value = column.result.classifier, self.value(index)
        if column.error and self._baseline is not None:
            meaning = ERRORS[column.error].format(self._baseline.classifier)
            return f"{name}, {shift.title}: {column.error} {_number(value)}. {meaning}."
        point = _point(column, shift)
        if point is None:
            return ""
        interval = None if self._quantity.interval is None else self._quantity.interval(point)
        measured = f"{self._quantity.title.partition(',')[0]} {_worded(self._quantity, value, interval)}"
        if not column.severity:
            return f"{measured}, {counted(point.n, 'image')}. {name}, without a shift."
        right = round(column.result.clean.accuracy * point.n)
        changed = len(column.result.flipped(shift, column.severity))
        return (
            f"{measured}; {changed:,} of {right:,} right decisions became wrong. "
            f"{name}, {_amount(shift, column.severity)}."
        )

    # -- what a view asks --------------------------------------------------------------------------------

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008
        return 0 if parent.isValid() else len(self.shifts)

    def columnCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008
        return 0 if parent.isValid() else len(self.columns)

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = 0) -> object:
        if orientation == Qt.Orientation.Vertical:
            shift = self.shifts[section]
            if role == Qt.ItemDataRole.ToolTipRole:
                return literal(f"{shift.summary}\n{shift.span[:1].upper()}{shift.span[1:]} ({shift.family})")
            return shift.title if role == Qt.ItemDataRole.DisplayRole else None
        column = self.columns[section]
        if role == Qt.ItemDataRole.ToolTipRole:
            severity = f"severity {column.severity}" if column.severity else "without a shift"
            return literal(f"{column.result.classifier}: {column.error or severity}")
        return column.error or str(column.severity) if role == Qt.ItemDataRole.DisplayRole else None

    def data(self, index: Index, role: int = 0) -> object:
        if role == Qt.ItemDataRole.DisplayRole:
            value, column = self.value(index), self.columns[index.column()]
            if math.isnan(value):
                return NONE if column.error else ""
            return f"{value:.2f}" if column.error else f"{100 * value:.0f}"
        if role == Qt.ItemDataRole.ToolTipRole:
            changed = self.flipped(index)[1]
            hint = "\nClick: these images in the Dataset tab" if changed else ""
            return literal(f"{self.words(index)}{hint}")
        if role == Qt.ItemDataRole.AccessibleTextRole:
            return self.words(index)
        return None


def _point(column: HeatColumn, shift: Shift) -> Point | None:
    points = (column.result.clean, *column.result.points(shift))
    return points[column.severity] if column.severity < len(points) else None


def _amount(shift: Shift, severity: int) -> str:
    """ "Rotation, severity 3 (angle 7 degrees)"."""
    amount = f"{shift.quantity} {number_text(shift.severity(severity))} {shift.unit}".rstrip()
    return f"{shift.title}, severity {severity} ({amount})"


def _worded(quantity: Quantity, value: float, interval: tuple[float, float] | None) -> str:
    if quantity.name != "mcc":
        return percent(value, interval)
    ends = "" if interval is None or np.isnan(interval[0]) else f" ({interval[0]:.2f}–{interval[1]:.2f})"
    return f"{_number(value)}{ends}"


def _number(value: float) -> str:
    return NONE if math.isnan(value) else f"{value:.2f}"
