"""The films that flipped at one epsilon of a sweep as rows: film, label, probabilities, critical epsilon."""

from __future__ import annotations

from collections.abc import Iterable
from enum import IntEnum
from operator import attrgetter
from pathlib import PurePath
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from PySide6.QtCore import QAbstractTableModel, QModelIndex, QObject, QPersistentModelIndex, Qt
from PySide6.QtGui import QPixmap

from cxr_gui.core.base.decisions import probability
from cxr_gui.jobs import Thumbnails
from cxr_gui.ui.widgets.epsilon_unit import epsilons
from cxr_gui.ui.widgets.literal import literal

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from cxr_gui.core.data import Dataset
    from cxr_gui.core.sweep import SweepResult

Index = QModelIndex | QPersistentModelIndex


class FlippedColumn(IntEnum):
    FILM, LABEL, BEFORE, AFTER, CRITICAL = range(5)


COLUMNS = ("Film", "Label", "P before", "P after", "Critical ε")


class FlippedFilm(NamedTuple):
    """One film. name: below the dataset's folder; path: of its file, "" where it is not in the dataset."""

    name: str
    path: str
    label: str
    before: float
    after: float
    critical: float
    place: int


class FlippedModel(QAbstractTableModel):
    """Rows that sort by any column."""

    def __init__(self, thumbnails: Thumbnails, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._thumbnails = thumbnails
        self._rows: list[FlippedFilm] = []
        self._positive, self._epsilon = "", 0.0
        self._order = (FlippedColumn.CRITICAL, Qt.SortOrder.AscendingOrder)

    @property
    def places_in_dataset(self) -> NDArray[np.intp]:
        """Where the films are in the dataset, those that are."""
        return np.array(sorted(row.place for row in self._rows if row.path), np.intp)

    def film(self, row: int) -> FlippedFilm:
        """What stands in a row."""
        return self._rows[row]

    def show_point(self, result: SweepResult, index: int, dataset: Dataset | None) -> None:
        """The films of a sweep that were right clean and are wrong at the epsilon of that index."""
        assert result.paths is not None  # noqa: S101
        places = {} if dataset is None else dataset.columns.places
        rows = []
        for image in result.flipped_at(index):
            name = result.paths[image]
            path = "" if dataset is None else dataset.in_root(name)
            before, after = probability(result.clean_logits[image]), probability(result.logits[index, image])
            critical = np.nan if result.critical is None else float(result.critical[image])
            label, place = result.classes[result.labels[image]], places.get(path, -1)
            known = path if place >= 0 else ""
            rows.append(FlippedFilm(name, known, label, float(before), float(after), critical, place))
        self.beginResetModel()
        self._rows = rows
        self._positive, self._epsilon = result.classes[1], float(result.epsilons[index])
        self._sort()
        self.endResetModel()

    def want(self, rows: Iterable[int]) -> None:
        """Have the thumbnails of these rows read."""
        self._thumbnails.want(self._rows[row].path for row in rows if self._rows[row].path)

    def update_epsilons(self) -> None:
        """They are in another unit."""
        if self._rows:
            last = self.index(len(self._rows) - 1, FlippedColumn.CRITICAL)
            self.dataChanged.emit(self.index(0, FlippedColumn.CRITICAL), last)

    def update_thumbnails(self) -> None:
        """Some have been read."""
        if self._rows:
            last = self.index(len(self._rows) - 1, FlippedColumn.FILM)
            self.dataChanged.emit(self.index(0, FlippedColumn.FILM), last, [Qt.ItemDataRole.DecorationRole])

    # -- what a view asks --------------------------------------------------------------------------------

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008
        return 0 if parent.isValid() else len(self._rows)

    def columnCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008
        return 0 if parent.isValid() else len(COLUMNS)

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = 0) -> str | None:
        if orientation == Qt.Orientation.Horizontal and role == Qt.ItemDataRole.DisplayRole:
            return COLUMNS[section]
        if orientation == Qt.Orientation.Horizontal and role == Qt.ItemDataRole.ToolTipRole:
            return literal(self._meanings()[section])
        return None

    def _meanings(self) -> tuple[str, ...]:
        """What its columns show, in words."""
        return (
            "",
            "What the film shows",
            f"P({self._positive}) of the clean film",
            f"P({self._positive}) at epsilon {epsilons().both(self._epsilon)}",
            f"The smallest epsilon, in {epsilons().name}, at which its decision is known to flip",
        )

    def data(self, index: Index, role: int = 0) -> object:
        row = self._rows[index.row()]
        if role == Qt.ItemDataRole.DisplayRole:
            return _words(row)[index.column()]
        if role == Qt.ItemDataRole.ToolTipRole and index.column() == FlippedColumn.FILM:
            return literal(row.name)
        if role == Qt.ItemDataRole.DecorationRole and index.column() == FlippedColumn.FILM:
            thumbnail = self._thumbnails.get(row.path) if row.path else None
            return None if thumbnail is None or thumbnail.image is None else QPixmap(thumbnail.image)
        return None

    def sort(self, column: int, order: Qt.SortOrder = Qt.SortOrder.AscendingOrder) -> None:
        self._order = (FlippedColumn(column), order)
        self.beginResetModel()
        self._sort()
        self.endResetModel()

    def _sort(self) -> None:
        column, order = self._order
        key = attrgetter(("name", "label", "before", "after", "critical")[column])
        self._rows.sort(key=key, reverse=order == Qt.SortOrder.DescendingOrder)


def _words(row: FlippedFilm) -> tuple[str, ...]:
    """What stands in its columns."""
    critical = epsilons().shown(row.critical) if np.isfinite(row.critical) else ""
    return PurePath(row.name).name, row.label, f"{row.before:.3f}", f"{row.after:.3f}", critical
