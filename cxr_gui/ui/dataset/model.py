"""The grid's model: a window on the records that pass the filter. Rows are numbers, nothing is copied."""

from __future__ import annotations

import math
import os
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QAbstractListModel, QModelIndex, QObject, QPersistentModelIndex, Qt

from cxr_gui.core.data import UNLABELLED, Note
from cxr_gui.core.sweep import NOT_KNOWN, OUTCOMES, STATES
from cxr_gui.jobs import Thumbnails
from cxr_gui.ui.dataset.record_index import Arrangement, Filter, RecordIndex
from cxr_gui.ui.widgets.epsilon_unit import epsilons
from cxr_gui.ui.widgets.literal import literal

if TYPE_CHECKING:
    from cxr_gui.core.data import Record

RECORD = int(Qt.ItemDataRole.UserRole)
FINDINGS = RECORD + 1
"""Findings of the latest sweep, or None where it has none"""
GROUP = RECORD + 2
"""Group, while images are grouped, or None"""
EXCLUDED = RECORD + 3
"""True when the record is left out of training"""
NOTE = RECORD + 4
"""The Note of what somebody said of it, or None"""

Index = QModelIndex | QPersistentModelIndex


@dataclass(frozen=True)
class Findings:
    """What a sweep found out about one image: what it was taken for at `epsilon`, and with which P(positive).

    Epsilons are in pixel units; critical is inf when it resisted, NaN unknown; certified likewise.
    """

    outcome: str
    state: str
    predicted: str
    probability: float
    critical: float
    certified: float = math.nan
    epsilon: float = 0.0
    positive: str = ""


@dataclass(frozen=True)
class Group:
    """Images that come together: a patient's, or duplicates.

    size  0 but for the first image      odd  which of two grounds to paint on
    """

    name: str
    size: int
    odd: bool


class RecordModel(QAbstractListModel):
    """Rows are the records of `index` that pass `filter`."""

    def __init__(self, thumbnails: Thumbnails, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.thumbnails = thumbnails
        self.index_: RecordIndex | None = None
        self.classes: tuple[str, ...] = ()
        self.filter, self.arrangement = Filter(), Arrangement()
        self.excluded: frozenset[str] = frozenset()
        self.notes: Mapping[str, Note] = {}
        self._rows = np.empty(0, np.intp)
        self._sizes: NDArray[np.intp] | None = None  # of the groups, where there are any
        self._numbers = np.empty(0, np.intp)

    def set_index(self, index: RecordIndex | None, classes: tuple[str, ...] = ()) -> None:
        """Work on other records, none of which is shown yet."""
        self.index_, self.classes, self.excluded = index, classes, frozenset()
        self._show_rows(np.empty(0, np.intp), Filter(), self.arrangement, None)

    def show(self, chosen: Filter, arrangement: Arrangement) -> None:
        """Show the records that pass, in this order."""
        assert self.index_ is not None  # noqa: S101
        groups = self.index_.groups(chosen, arrangement)
        rows = self.index_.arranged(self.index_.where(chosen), arrangement, groups)
        self._show_rows(rows, chosen, arrangement, None if groups is None else groups[rows])

    def _show_rows(
        self,
        rows: NDArray[np.intp],
        chosen: Filter,
        arrangement: Arrangement,
        groups: NDArray[np.intp] | None,
    ) -> None:
        self.beginResetModel()
        self._rows, self.filter, self.arrangement = rows, chosen, arrangement
        self._sizes = None
        if groups is not None:
            self._count(groups)
        self.endResetModel()

    def _count(self, groups: NDArray[np.intp]) -> None:
        """At the first row of each group its size, elsewhere 0; and which group, as shown, each row is of."""
        first = np.flatnonzero(np.diff(groups, prepend=-1))
        self._sizes = np.zeros(len(groups), np.intp)
        self._sizes[first] = np.diff(first, append=len(groups))
        self._numbers = np.cumsum(self._sizes > 0)

    def set_excluded(self, paths: frozenset[str]) -> None:
        """Mark what is left out of training."""
        self.excluded = paths
        self._say_changed(EXCLUDED)

    def set_notes(self, notes: Mapping[str, Note]) -> None:
        """Mark what somebody said something of."""
        self.notes = notes
        self._say_changed(NOTE)

    def _say_changed(self, role: int) -> None:
        if self.rowCount():
            self.dataChanged.emit(self.index(0, 0), self.index(self.rowCount() - 1, 0), [role])

    def place(self, row: int) -> int:
        """Of a row's record, among all."""
        return int(self._rows[row])

    def record(self, row: int) -> Record:
        assert self.index_ is not None  # noqa: S101
        record: Record = self.index_.records[self._rows[row]]
        return record

    def paths(self, rows: NDArray[np.intp], but_of: str | None = None) -> list[str]:
        """The paths of the records in these rows, but for those of a split."""
        if self.index_ is None:
            return []
        places, columns = self._rows[rows], self.index_.columns
        if but_of is not None:
            places = places[~columns.where(but_of, None)[places]]
        return list(map(columns.paths.__getitem__, places.tolist()))

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008  Qt's own signature
        return 0 if parent.isValid() else len(self._rows)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if not index.isValid():
            return None
        record = self.record(index.row())
        if role == RECORD:
            return record
        if role == Qt.ItemDataRole.DisplayRole:
            return self.name(index.row())
        if role == FINDINGS:
            return self.findings(index.row())
        if role == GROUP:
            return self.group(index.row())
        if role == EXCLUDED:
            return record.path in self.excluded
        if role == NOTE:
            return self.notes.get(record.path)
        if role == Qt.ItemDataRole.ToolTipRole:
            return literal("\n".join(self._words(index.row(), record.path)))
        if role == Qt.ItemDataRole.AccessibleTextRole:
            return ", ".join(self._words(index.row(), self.name(index.row())))
        return None

    def name(self, row: int) -> str:
        """Of its file."""
        return os.fspath(self.record(row).path).rpartition(os.sep)[2]

    def class_number(self, row: int) -> int | None:
        """0 negative, 1 positive, None for a record without a label."""
        label = self.record(row).label
        return self.classes.index(label) if label in self.classes else None

    def findings(self, row: int) -> Findings | None:
        """What the latest sweep found, or None where it found nothing."""
        found = None if self.index_ is None else self.index_.outcomes
        place = self._rows[row]
        if found is None or found.outcome[place] == NOT_KNOWN:
            return None
        return Findings(
            OUTCOMES[found.outcome[place]],
            STATES[found.state[place]],
            found.classes[found.predicted[place]],
            float(found.probability[place]),
            float(found.critical[place]),
            math.nan if found.certified is None else float(found.certified[place]),
            found.epsilon,
            found.classes[1],
        )

    def group(self, row: int) -> Group | None:
        """Its own, while images are grouped."""
        if self._sizes is None:
            return None
        number = int(self._numbers[row])
        patient = self.record(row).patient or "patient not known"
        name = patient if self.filter.groups is None else f"group {number}"
        return Group(name, int(self._sizes[row]), bool(number % 2))

    def _words(self, row: int, name: str) -> list[str]:
        record, findings = self.record(row), self.findings(row)
        lines = [name, f"{record.label or UNLABELLED}, {record.split}"]
        if record.patient:
            lines.append(f"patient {record.patient}")
        if findings is not None:
            at = f"at epsilon {epsilons().both(findings.epsilon)}" if findings.epsilon else "without attack"
            share = f"P({findings.positive}) = {findings.probability:.3f}"
            lines.append(f"{at} taken for {findings.predicted}, {share}: {findings.state}")
        if findings is not None and np.isfinite(findings.critical):
            lines.append(f"critical epsilon {epsilons().both(findings.critical)}")
        if findings is not None and not math.isnan(findings.certified):
            lines.append(f"certified radius {epsilons().both(findings.certified)}")
        if record.path in self.excluded:
            lines.append("excluded from training")
        if note := self.notes.get(record.path):
            lines += note.lines
        thumbnail = self.thumbnails.get(record.path)
        if thumbnail is not None and thumbnail.image is None:
            lines.append(f"Unreadable: {thumbnail.problem}")
        return lines
