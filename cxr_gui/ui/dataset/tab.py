"""The dataset tab: opens a folder, shows its records as a grid, and sends one to the inspector."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QModelIndex, QPoint, QSize, Qt, Signal
from PySide6.QtGui import QGuiApplication, QKeySequence, QShortcut, QUndoStack
from PySide6.QtWidgets import QFrame, QMenu, QSplitter, QStackedWidget, QWidget

from cxr_gui.core.base.wording import counted
from cxr_gui.core.data import Note, record_table
from cxr_gui.core.images import formats_in_words
from cxr_gui.session import Listed, Session
from cxr_gui.ui.dataset.audit_panel import AuditPanel
from cxr_gui.ui.dataset.exclusions import Exclusions
from cxr_gui.ui.dataset.film_menu import film_menu
from cxr_gui.ui.dataset.filters import FilterBar
from cxr_gui.ui.dataset.flagging import Flagging
from cxr_gui.ui.dataset.grid import Grid
from cxr_gui.ui.dataset.model import RECORD, RecordModel
from cxr_gui.ui.dataset.record_index import FLAG, RecordIndex
from cxr_gui.ui.dataset.rereading import Rereading
from cxr_gui.ui.dataset.thinning import surplus
from cxr_gui.ui.dataset.tile import LARGEST, SIDE, TileDelegate, tile_size
from cxr_gui.ui.widgets.asking import ask_save
from cxr_gui.ui.widgets.elided import ElidedLabel
from cxr_gui.ui.widgets.empty import EmptyState
from cxr_gui.ui.widgets.epsilon_unit import epsilons
from cxr_gui.ui.widgets.factories import button, column, label, named, row
from cxr_gui.ui.widgets.settings import Settings
from cxr_gui.ui.widgets.theme import GRID, set_role, theme

if TYPE_CHECKING:
    from cxr_gui.core.data import Dataset, Record
    from cxr_gui.core.sweep import Outcomes

NEIGHBOUR_PAGES = 1.0


class DatasetTab(QWidget):
    """Asks for a folder or the demo with signals; a record to inspect goes out as its path and label."""

    folderRequested = Signal()
    demoRequested = Signal()
    downloadRequested = Signal()
    inspectRequested = Signal(str, object)

    def __init__(self, session: Session, settings: Settings, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.session, self.settings = session, settings
        self.rereading = Rereading(session, settings, self)
        named(self, "datasetTab")
        self._told_unreadable = False

        # From the outside in, and in the order in which keys go from control to control.
        self._stack = QStackedWidget(self)
        column(self._header(), (self._stack, 1), gap=0, on=self)
        self._stack.addWidget(self._empty_state())
        self._rooms = QSplitter(Qt.Orientation.Horizontal, self._stack)
        left = QWidget(self._rooms)
        self._pages = QStackedWidget(left)
        self.filters = FilterBar(left)
        self.thumbnails = session.thumbnails(_pixels(SIDE), self)
        self.model = RecordModel(self.thumbnails, self)
        self.grid = named(Grid(tile_size(), self._pages), "imageGrid", "Radiographs of the dataset")
        self.grid.setAccessibleDescription("Arrow keys move, Enter opens the radiograph in the inspector.")
        self._tiles = TileDelegate(self.model, self.grid)
        self.grid.setItemDelegate(self._tiles)
        self.grid.setModel(self.model)
        self.grid.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        self.steps = QUndoStack(self)
        self.exclusions = Exclusions(session, self.steps, self)
        self.flagging = Flagging(session, self.steps, self)
        self._lay_out(left)
        self._stack.addWidget(self._rooms)

        session.datasetChanged.connect(self._show_dataset)
        session.outcomesChanged.connect(self._show_outcomes)
        session.excludedChanged.connect(self._show_excluded)
        session.notesChanged.connect(self._show_notes)
        self.filters.filterChanged.connect(self._apply)
        self.filters.arrangementChanged.connect(self._apply)
        self.filters.excludedRequested.connect(self._show_left_out)
        self.filters.thinningRequested.connect(self._thin)
        self.filters.order.sideChanged.connect(self._resize_tiles)
        self.grid.zoomed.connect(self._zoom)
        self.audit.filesChosen.connect(self._show_files)
        self.audit.outcomeChosen.connect(self._select_outcome)
        self.grid.activated.connect(self.inspect)
        self.grid.visibleChanged.connect(self._want_visible)
        self.grid.typed.connect(self._search_typed)
        self.grid.customContextMenuRequested.connect(self._show_menu)
        self.thumbnails.ready.connect(self._show_thumbnails)
        self.thumbnails.failed.connect(session.tell_error)
        for look in (theme(), epsilons()):
            look.changed.connect(self.grid.viewport().update)
        self.filters.order.side.setValue(settings.thumbnail_side)
        leave_search = QShortcut(QKeySequence(Qt.Key.Key_Down), self.filters.search)
        leave_search.setContext(Qt.ShortcutContext.WidgetShortcut)
        leave_search.activated.connect(self.grid.setFocus)

    # -- building ----------------------------------------------------------------------------------------

    def _header(self) -> QWidget:
        bar = QFrame()
        set_role(bar, "bar")
        self._title = label("No dataset open", "datasetTitle", "heading")
        place = ElidedLabel("Drop a folder, or an X-ray, anywhere on this window")
        self._place = named(place, "datasetPlace", role="muted")
        tip, words = "Open a folder of X-rays", "Open a dataset folder"
        self.open_button = button("Open folder…", "openDatasetButton", tip, words=words, icon="folder")
        self.open_button.clicked.connect(self.folderRequested)
        tip = "Say which two classes there are, and which patient an image is of"
        self._reading = button("Classes and patients…", "readingButton", tip)
        self._reading.clicked.connect(self.rereading.ask)
        tip, words = "Look for files that were added, removed or changed", "Read the folder again"
        self._again = button("", "rescanButton", tip, words=words, icon="reset")
        self._again.clicked.connect(self.rereading.again)
        for later in (self._again, self._reading):
            later.hide()  # until there is something to read
        what = column(self._title, self._place, gap=2)
        around = (GRID * 2, GRID, GRID * 2, GRID)
        row((what, 1), self._again, self._reading, self.open_button, around=around, on=bar)
        return bar

    def _empty_state(self) -> QWidget:
        folder = button("Open a folder", "emptyOpenButton", icon="folder", role="primary")
        folder.clicked.connect(self.folderRequested)
        tip = "Synthetic radiographs and a small classifier trained on them; no data needed"
        demo = button("Open the demo study", "openDemoButton", tip, icon="demo")
        demo.clicked.connect(self.demoRequested)
        tip = "5,856 chest X-rays of children, under CC BY 4.0; you are asked before anything is downloaded"
        kermany = button("Download the Kermany data…", "kermanyButton", tip, icon="download", role="flat")
        kermany.clicked.connect(self.downloadRequested)
        return EmptyState(
            "film",
            "Drop an X-ray, or a folder of them",
            "A folder holds one sub-folder per class, inside train, val and test if it is split, such as "
            f"train/NORMAL and train/PNEUMONIA. {formats_in_words('and')} are read; nothing is changed.",
            (folder, demo),
            kermany,
        )

    def _lay_out(self, left: QWidget) -> None:
        clear = button("Clear filters", "clearFiltersButton", "Show all images again", icon="close")
        clear.clicked.connect(self.filters.clear)
        words = (
            "No image is of this split and class, has these words in its name and passes the other filters."
        )
        self._nothing = EmptyState("search", "Nothing matches", words, (clear,))
        self._pages.addWidget(self.grid)
        self._pages.addWidget(self._nothing)
        column(self.filters, (self._pages, 1), gap=0, on=left)
        splitter = self._rooms
        self.audit = AuditPanel(self.session, splitter)
        splitter.addWidget(left)
        splitter.addWidget(self.audit)
        splitter.setStretchFactor(0, 1)
        splitter.setCollapsible(0, False)
        splitter.setSizes([100 * GRID, 45 * GRID])
        self.audit.setMinimumWidth(36 * GRID)
        splitter.restoreState(self.settings.dataset_panel)
        splitter.splitterMoved.connect(
            lambda: setattr(self.settings, "dataset_panel", splitter.saveState().data())
        )

    # -- showing -----------------------------------------------------------------------------------------

    def _show_dataset(self, dataset: Dataset) -> None:
        index = RecordIndex(dataset)
        self._told_unreadable = False
        self.thumbnails.clear()
        self._title.setText(f"{dataset.root.name}: {len(index):,} radiographs")
        self._place.setText(str(dataset.opened))
        self._again.show()
        self._reading.show()
        index.set_notes(self.session.notes)
        self.model.set_index(index, dataset.classes)
        self.filters.set_outcomes(None)
        self.filters.show_excluded(frozenset())
        self.audit.set_dataset(dataset, index)
        self.audit.set_outcomes(None)
        self._stack.setCurrentIndex(1)
        self.filters.set_index(index)  # which shows all of it

    def _show_outcomes(self, found: Outcomes | None) -> None:
        if self.model.index_ is not None:
            self.model.index_.outcomes = found
            self.filters.set_outcomes(found)
            self.audit.set_outcomes(found)
            self._apply()

    def _show_excluded(self, paths: frozenset[str]) -> None:
        self.model.set_excluded(paths)
        self.filters.show_excluded(paths)
        self.audit.show_excluded(paths)

    def _show_notes(self, notes: Mapping[str, Note]) -> None:
        self.model.set_notes(notes)
        if self.model.index_ is not None:
            shown, by = self.model.filter, self.model.arrangement.by
            self.model.index_.set_notes(notes)
            self.filters.show_marks(self.model.index_)
            if shown.mark is not None or by == FLAG:
                self._apply()

    def _show_files(self, listed: Listed) -> None:
        finding = listed.finding
        self.filters.show_only(finding.name, listed.places, listed.groups, redundant=finding.redundant)

    def _thin(self) -> None:
        """Of each group of duplicates that is shown, leave all but one out of training."""
        shown, index = self.model.filter, self.model.index_
        if index is None or shown.places is None or shown.groups is None:
            return
        paths, contradicting = surplus(index, shown.places, shown.groups, self.session.excluded)
        self.exclusions.exclude(paths)
        if contradicting:
            self.session.tell(
                f"{counted(contradicting, 'group')} of images with different labels stayed as they are: "
                "find out which label is right.",
                level="warning",
            )
        elif not paths:
            self.session.tell("Training has no more than one of each group already.")

    def _show_left_out(self) -> None:
        if self.model.index_ is not None:
            places = self.model.index_.columns.places_of(self.model.excluded)
            self.filters.show_only("Excluded from training", places)

    def _select_outcome(self, outcome: str) -> None:
        """A cell of the confusion matrix: its images, all of them selected."""
        self.filters.show_outcome(outcome)
        self.grid.selectAll()
        self.grid.setFocus()

    def _apply(self) -> None:
        """Show what the filters and the order say."""
        if self.model.index_ is None:
            return
        self.model.show(self.filters.filter(), self.filters.order.arrangement())
        self.filters.show_count(self.model.rowCount(), len(self.model.index_))
        self._pages.setCurrentIndex(0 if self.model.rowCount() else 1)
        self._want_visible()

    def _want_visible(self) -> None:
        """On screen first, then the neighbours."""
        if self.model.index_ is None:
            return
        visible = self.grid.visible_rows()
        near = self.grid.visible_rows(NEIGHBOUR_PAGES)
        rows = [*visible, *(row for row in near if row not in visible)]
        self.thumbnails.want(self.model.record(row).path for row in rows)

    def _show_thumbnails(self, paths: list[str]) -> None:
        arrived = frozenset(paths)
        self.grid.update_rows(
            row for row in self.grid.visible_rows() if self.model.record(row).path in arrived
        )
        if self._told_unreadable:
            return
        for path in paths:
            thumbnail = self.thumbnails.get(path)
            if thumbnail is not None and thumbnail.image is None:
                self._told_unreadable = True
                self.session.tell(
                    f"{Path(path).name}: {thumbnail.problem} The audit lists all unreadable files.",
                    level="warning",
                    details=path,
                )
                return

    def _search_typed(self, letters: str) -> None:
        self.filters.search.setFocus()
        self.filters.search.setText(self.filters.search.text() + letters)

    def _resize_tiles(self, side: int) -> None:
        """Show thumbnails of this side; larger ones than at first are read again, twice as large."""
        self.settings.thumbnail_side = side
        self._tiles.side = side
        self.thumbnails.set_size(_pixels(SIDE if side <= SIDE else LARGEST))
        self.grid.set_cell(tile_size(side))

    def _zoom(self, notches: int) -> None:
        side = self.filters.order.side
        side.setValue(side.value() + notches * side.pageStep())

    # -- doing -------------------------------------------------------------------------------------------

    def inspect(self, index: QModelIndex) -> None:
        """Send a record to the inspector."""
        record: Record = index.data(RECORD)
        self.inspectRequested.emit(os.fspath(record.path), record.label)

    def _show_menu(self, position: QPoint) -> None:
        index = self.grid.indexAt(position)
        if index.isValid():
            menu = self.context_menu(index)
            menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
            menu.popup(self.grid.viewport().mapToGlobal(position))

    def context_menu(self, index: QModelIndex) -> QMenu:
        """What can be done with a record, and with all selected ones."""
        return film_menu(self, index)

    def show_patient(self, place: int) -> None:
        """Show all images of one record's patient."""
        index = self.model.index_
        if index is not None:
            self.filters.show_only(f"Patient {index.records[place].patient}", index.of_patient(place))

    def _selected_rows(self) -> NDArray[np.intp]:
        ranges = self.grid.selectionModel().selection().toList()
        parts = [np.arange(part.top(), part.bottom() + 1) for part in ranges]
        return np.sort(np.concatenate([np.empty(0, np.intp), *parts]))

    def chosen_rows(self, index: QModelIndex) -> NDArray[np.intp]:
        """The selected rows when the one clicked on is among them, or else that one."""
        selected = self.grid.selectionModel().isSelected(index)
        return self._selected_rows() if selected else np.array([index.row()])

    def exclude_selected(self) -> None:
        """Leave those of the selected radiographs out of training that are for training."""
        self.exclusions.exclude(self.model.paths(self._selected_rows(), but_of="test"))

    def selected_paths(self) -> list[str]:
        """The paths of the selected radiographs."""
        return self.model.paths(self._selected_rows())

    def copy_paths(self, paths: Sequence[str]) -> None:
        """Put these on the clipboard, a line each."""
        if paths:
            QGuiApplication.clipboard().setText("\n".join(paths))

    def save_list(self) -> None:
        """Write what is shown, in this order, as a table with labels, exclusions, flags and notes."""
        session, dataset = self.session, self.session.dataset
        if dataset is None:
            return
        name = f"{dataset.root.name or 'films'}.csv"
        file, _ = ask_save(self, "export", "Save the list", name, "Tables (*.csv)")
        if file is not None:
            known = (self.model.paths(np.arange(self.model.rowCount())), session.notes, session.excluded)
            session.exporting.write(
                file.with_suffix(".csv"), lambda: record_table(dataset, *known), "The list of what is shown"
            )

    def sizeHint(self) -> QSize:
        return QSize(120 * GRID, 80 * GRID)


def _pixels(side: int) -> int:
    """Of the screen, along a thumbnail's side."""
    return round(side * QGuiApplication.primaryScreen().devicePixelRatio())
