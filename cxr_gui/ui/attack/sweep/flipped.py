"""The films that flipped at a point of the chart, in a table: each opens in the views."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QModelIndex, QSize, Qt, Signal
from PySide6.QtWidgets import QAbstractItemView, QHeaderView, QTableView, QWidget

from cxr_gui.ui.attack.sweep.curves import Curves
from cxr_gui.ui.attack.sweep.flipped_model import COLUMNS, FlippedColumn, FlippedModel
from cxr_gui.ui.widgets.epsilon_unit import epsilons
from cxr_gui.ui.widgets.factories import button, column, label, named, row, tool
from cxr_gui.ui.widgets.theme import GRID

if TYPE_CHECKING:
    from cxr_gui.core.sweep import SweepResult
    from cxr_gui.session import Session

THUMBNAIL = 5 * GRID
AHEAD = 60  # rows: more than a screen is high
NOT_HERE = "These films are not in the dataset that is open now"
HERE = "Show these films in the Dataset tab"


class FlippedTable(QWidget):
    """The most fragile first, until a heading is pressed."""

    imageChosen = Signal(str, object)  # file, label
    filmsRequested = Signal(str, object)  # in words, and their places in the dataset
    closed = Signal()

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        named(self, "flippedPanel")
        self._session = session
        thumbnails = session.thumbnails(round(THUMBNAIL * self.devicePixelRatioF()), self)
        self.model = FlippedModel(thumbnails, self)
        self._point: tuple[Curves, SweepResult, int] | None = None
        self._words = ""
        self._title = label(wrap=True, parent=self)
        self.in_dataset = button("Show in Dataset", "flippedInDatasetButton", HERE, role="flat", parent=self)
        self.in_dataset.clicked.connect(
            lambda: self.filmsRequested.emit(self._words, self.model.places_in_dataset)
        )
        back = tool("flippedBackButton", "close", "Back to the chart", parent=self)
        back.clicked.connect(self.closed)
        self.table = named(QTableView(self), "flippedList", "Films that flipped")
        self._lay_out_table()
        thumbnails.ready.connect(self.model.update_thumbnails)
        thumbnails.failed.connect(session.tell_error)
        self.table.activated.connect(self._choose)
        self.table.clicked.connect(self._choose)
        self.table.verticalScrollBar().valueChanged.connect(self._want_visible)
        self.model.modelReset.connect(self._want_visible)
        epsilons().changed.connect(self.model.update_epsilons)
        epsilons().changed.connect(self._say)
        top = row((self._title, 1), self.in_dataset, gap=-1)
        top.addWidget(back, 0, Qt.AlignmentFlag.AlignTop)
        column(top, (self.table, 1), gap=4, on=self)

    def _lay_out_table(self) -> None:
        table = self.table
        table.setModel(self.model)
        table.setIconSize(QSize(THUMBNAIL, THUMBNAIL))
        table.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        table.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        table.setShowGrid(False)
        table.setTabKeyNavigation(False)
        table.setWordWrap(False)
        table.setTextElideMode(Qt.TextElideMode.ElideMiddle)
        table.verticalHeader().hide()
        table.verticalHeader().setDefaultSectionSize(THUMBNAIL + 4)
        header = table.horizontalHeader()
        header.setHighlightSections(False)
        header.setDefaultAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        for place in range(len(COLUMNS)):
            stretches = place == FlippedColumn.FILM
            mode = QHeaderView.ResizeMode.Stretch if stretches else QHeaderView.ResizeMode.ResizeToContents
            header.setSectionResizeMode(place, mode)
        table.setSortingEnabled(True)

    def show_point(self, curves: Curves, index: int) -> bool:
        """List what had flipped at that point; False when the sweep does not know its images yet."""
        result = curves.result
        if result is None or result.paths is None:
            return False
        # Most fragile first; set beforehand, for it sorts what the model holds
        self.table.horizontalHeader().setSortIndicator(FlippedColumn.CRITICAL, Qt.SortOrder.AscendingOrder)
        self.model.show_point(result, index, self._session.dataset)
        self.table.setColumnHidden(FlippedColumn.CRITICAL, result.critical is None)
        self._point = curves, result, index
        self._say()
        number = self.model.rowCount()
        here = bool(self.model.places_in_dataset.size)
        self.in_dataset.setEnabled(here)
        self.in_dataset.setToolTip(HERE if here or not number else NOT_HERE)
        self.table.scrollToTop()
        self._want_visible()
        return True

    def _say(self) -> None:
        if self._point is None:
            return
        curves, result, index = self._point
        number, right = self.model.rowCount(), int(result.right_at_start.sum())
        self._words = f"Flipped at epsilon {epsilons().both(float(result.epsilons[index]))}"
        self._title.setText(f"{self._words}: {number:,} of {right:,} films. {curves.title}")

    def _choose(self, index: QModelIndex) -> None:
        film = self.model.film(index.row())
        if film.path:
            self.imageChosen.emit(film.path, film.label)
        else:
            self._session.tell(f"{film.name} is not in the dataset that is open now.", level="warning")

    def _want_visible(self) -> None:
        first = max(self.table.rowAt(0), 0)
        self.model.want(range(first, min(first + AHEAD, self.model.rowCount())))
