"""The grid's model: a window on the records that pass the filter. Rows are numbers, nothing is copied."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from PySide6.QtCore import QAbstractListModel, QModelIndex, QObject, QPersistentModelIndex, Qt

from cxr_gui.jobs.thumbnails import Thumbnails
from cxr_gui.ui.dataset.index import UNLABELLED, Filter, RecordIndex

if TYPE_CHECKING:
    from cxr_gui.core.dataset import Record

RECORD = int(Qt.ItemDataRole.UserRole)
CLASS_NUMBER = RECORD + 1
"""0 negative, 1 positive, None for a record without a label"""

Index = QModelIndex | QPersistentModelIndex


class RecordModel(QAbstractListModel):
    """Rows are the records of `index` that pass `filter`."""

    def __init__(self, thumbnails: Thumbnails, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.thumbnails = thumbnails
        self.index_: RecordIndex | None = None
        self.classes: tuple[str, ...] = ()
        self.filter = Filter()
        self._rows = np.empty(0, np.intp)

    def set_index(self, index: RecordIndex | None, classes: tuple[str, ...] = ()) -> None:
        """Show other records, all of them."""
        self.index_, self.classes = index, classes
        self.set_filter(Filter())

    def set_filter(self, chosen: Filter) -> None:
        """Show the records that pass."""
        self.beginResetModel()
        self.filter = chosen
        self._rows = np.empty(0, np.intp) if self.index_ is None else self.index_.where(chosen)
        self.endResetModel()

    def record(self, row: int) -> Record:
        assert self.index_ is not None  # noqa: S101
        record: Record = self.index_.records[self._rows[row]]
        return record

    def row_of(self, path: str) -> int | None:
        """The row that shows a file, if one does."""
        if self.index_ is None:
            return None
        return next((row for row, at in enumerate(self._rows) if self.index_.paths[at] == path), None)

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008  Qt's own signature
        return 0 if parent.isValid() else len(self._rows)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if not index.isValid():
            return None
        record = self.record(index.row())
        if role == RECORD:
            return record
        if role == Qt.ItemDataRole.DisplayRole:
            return Path(record.path).name
        if role == CLASS_NUMBER:
            return self.classes.index(record.label) if record.label in self.classes else None
        if role == Qt.ItemDataRole.ToolTipRole:
            return self._tooltip(record)
        if role == Qt.ItemDataRole.AccessibleTextRole:
            return f"{Path(record.path).name}, {record.label or UNLABELLED}, {record.split}"
        return None

    def _tooltip(self, record: Record) -> str:
        lines = [str(record.path), f"{record.label or UNLABELLED}, {record.split}"]
        if record.patient:
            lines.append(f"patient {record.patient}")
        thumbnail = self.thumbnails.get(record.path)
        if thumbnail is not None and thumbnail.image is None:
            lines.append(f"Unreadable: {thumbnail.problem}")
        return "\n".join(lines)
