"""The view of the table of runs: what Enter, the arrows and a double-click do in it."""

from __future__ import annotations

from collections.abc import Set
from itertools import groupby

from PySide6.QtCore import QItemSelection, QItemSelectionModel, QModelIndex, Qt, Signal
from PySide6.QtGui import QKeyEvent, QMouseEvent
from PySide6.QtWidgets import QAbstractItemView, QHeaderView, QTableView, QWidget

from cxr_gui.core.runs import Entry
from cxr_gui.ui.runs.cells import Cells
from cxr_gui.ui.runs.columns import NAME
from cxr_gui.ui.runs.runs_model import RunsModel
from cxr_gui.ui.runs.settings import RunsSettings
from cxr_gui.ui.widgets.factories import named

ROW_HEIGHT = 28
ARROW = 26
"""Pixels, at the left of a group's name, that open and close it."""
ENTER = (Qt.Key.Key_Return, Qt.Key.Key_Enter)


class RunsTable(QTableView):
    """Enter or a double-click opens a row, or its group; left and right close and open a group."""

    openRequested = Signal(Entry)
    choiceChanged = Signal()

    def __init__(self, model: RunsModel, settings: RunsSettings, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        named(self, "runsTable", "Runs, sweeps and studies")
        self.runs, self._settings = model, settings
        self._kept: set[tuple[str, str]] = set()
        self._showing = False
        self.setModel(model)
        self.setItemDelegate(Cells(model, self))
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        triggers = QAbstractItemView.EditTrigger
        self.setEditTriggers(triggers.DoubleClicked | triggers.EditKeyPressed)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerItem)
        self.setHorizontalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setTextElideMode(Qt.TextElideMode.ElideMiddle)
        self.setShowGrid(False)
        self.setWordWrap(False)
        self.setTabKeyNavigation(False)
        rows = self.verticalHeader()
        rows.hide()
        rows.setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        rows.setDefaultSectionSize(ROW_HEIGHT)
        header = self.horizontalHeader()
        header.setHighlightSections(False)
        header.setDefaultAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        header.setStretchLastSection(True)
        model.columnsChanged.connect(self.show_columns)
        model.modelAboutToBeReset.connect(self._keep)
        model.modelReset.connect(self._choose_kept)
        header.sectionResized.connect(self._remember_width)
        self.doubleClicked.connect(self._open_unless_written)
        self.selectionModel().selectionChanged.connect(self.choiceChanged)
        self.show_columns()
        self.setSortingEnabled(True)

    def chosen(self) -> list[Entry]:
        """The entries of the rows that are selected, from top to bottom."""
        return self.runs.chosen(sorted(index.row() for index in self.selectionModel().selectedRows()))

    def show_chosen(self) -> None:
        """Scroll to the first row that is selected."""
        rows = self.selectionModel().selectedRows()
        if rows:
            self.scrollTo(min(rows, key=lambda index: index.row()), self.ScrollHint.PositionAtTop)

    def show_columns(self) -> None:
        """Those that are not hidden, as wide as they were left."""
        hidden, widths = self._settings.hidden, self._settings.widths
        self._showing = True
        for place, column in enumerate(self.runs.columns):
            self.setColumnHidden(place, column.name in hidden)
            self.setColumnWidth(place, widths.get(column.name, column.width))
        self._showing = False
        name, order = self.runs.order
        self.horizontalHeader().setSortIndicator(self.runs.column(name), order)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        index = self.currentIndex()
        editing = self.state() == QAbstractItemView.State.EditingState
        if index.isValid() and not editing:
            if event.key() in ENTER:
                self._open(index)
                return
            opens = event.key() == Qt.Key.Key_Right
            if event.key() in (Qt.Key.Key_Left, Qt.Key.Key_Right) and self._is_group(index):
                if self.runs.is_open(index.row()) != opens:
                    self.runs.toggle(index.row())
                return
        super().keyPressEvent(event)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        super().mousePressEvent(event)
        place = event.position().toPoint()
        index = self.indexAt(place)
        named_here = index.isValid() and self.runs.columns[index.column()].name == NAME
        if named_here and place.x() - self.visualRect(index).left() < ARROW:
            self.runs.toggle(index.row())

    def _open_unless_written(self, index: QModelIndex) -> None:
        """A double-click on what can be written in edits it."""
        if not self.runs.flags(index) & Qt.ItemFlag.ItemIsEditable:
            self._open(index)

    def _open(self, index: QModelIndex) -> None:
        if self._is_group(index):
            self.runs.toggle(index.row())
        else:
            self.openRequested.emit(self.runs.lines[index.row()].entry)

    def _is_group(self, index: QModelIndex) -> bool:
        return self.runs.lines[index.row()].group is not None

    def _remember_width(self, place: int, _: int, width: int) -> None:
        """What a person has set; the last column takes what is left."""
        if width and not self._showing and place < len(self.runs.columns) - 1:
            self._settings.set_width(self.runs.columns[place].name, width)

    def _keep(self) -> None:
        self._kept = {entry.key for entry in self.chosen()}

    def _choose_kept(self) -> None:
        """What was selected before the rows were arranged anew, as far as it is still there."""
        if self._kept:
            self.choose(self._kept)
        self.choiceChanged.emit()

    def choose(self, keys: Set[tuple[str, str]]) -> None:
        """Select these entries, by their keys, as far as they are shown."""
        lines = enumerate(self.runs.lines)
        rows = [row for row, line in lines if all(entry.key in keys for entry in line.entries)]
        chosen, last = QItemSelection(), self.runs.columnCount() - 1
        for _, together in groupby(enumerate(rows), lambda pair: pair[1] - pair[0]):
            stretch = [row for _, row in together]
            chosen.select(self.runs.index(stretch[0], 0), self.runs.index(stretch[-1], last))
        self.selectionModel().select(chosen, QItemSelectionModel.SelectionFlag.ClearAndSelect)
