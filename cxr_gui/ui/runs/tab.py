"""The runs tab: a table of all that was trained and swept, and below it what is compared of it."""

from __future__ import annotations

from functools import cached_property, partial

from PySide6.QtCore import QPoint, Qt, QTimer, Signal
from PySide6.QtGui import QAction, QGuiApplication, QShowEvent
from PySide6.QtWidgets import QMenu, QSplitter, QStackedWidget, QWidget

from cxr_gui.core.runs import KINDS, Entry, Remark
from cxr_gui.session import Lane, Session
from cxr_gui.ui.runs.columns import NAME
from cxr_gui.ui.runs.compare.panel import ComparePanel
from cxr_gui.ui.runs.runs_model import RunsModel
from cxr_gui.ui.runs.runs_table import RunsTable
from cxr_gui.ui.runs.settings import RunsSettings
from cxr_gui.ui.widgets.asking import ask_folder
from cxr_gui.ui.widgets.elided import ElidedLabel
from cxr_gui.ui.widgets.empty import EmptyState
from cxr_gui.ui.widgets.epsilon_unit import epsilons
from cxr_gui.ui.widgets.factories import (
    ELLIPSIS,
    box,
    button,
    check_box,
    column,
    field,
    fill,
    named,
    row,
    tool,
)
from cxr_gui.ui.widgets.literal import literal
from cxr_gui.ui.widgets.menu_tool import menu_button
from cxr_gui.ui.widgets.settings import Settings
from cxr_gui.ui.widgets.theme import GRID

TYPING = 150
"""Milliseconds after the last letter until it is looked for."""

MOST_COMPARED = 12
SEEDS = "What differs in nothing but the seed in one row, with mean ± standard deviation"
NOTHING_YET = (
    "Trainings, sweeps and studies that are opened or written in this window are listed here by themselves. "
    "Others are found below a folder of your choice."
)


class RunsTab(QWidget):
    """Looks for runs when it is first seen, and again when there may be others."""

    openRequested = Signal(str)  # a path

    def __init__(self, session: Session, settings: Settings, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        named(self, "runsTab")
        self._session = session
        self._settings = RunsSettings(settings.store, fresh=settings.fresh)
        self._stale = True
        self.model = RunsModel(self)
        self.table = RunsTable(self.model, self._settings)
        self.search = field("runSearchField", "Search runs", "In names, recipes, tags, notes", hint="Search")
        self.search.setClearButtonEnabled(True)
        self.kind = box("runKindBox", "Kind", "Show only these")
        fill(self.kind, (("All kinds", ""), *((title, kind) for kind, title in KINDS.items())))
        self.group = check_box("Group seeds", "groupSeedsCheck", SEEDS)
        self.columns_button = menu_button("runColumnsButton", "Columns", "Which columns are shown")
        self.folders_button = menu_button("runFoldersButton", "Folders", "Where runs are looked for")
        self.again = tool("runsAgainButton", "reset", "Look again", "Look through the folders again")
        self.compare_button = button("Compare", "compareRunsButton", icon="curve", role="primary")
        self.state = named(ElidedLabel(), "runsState", role="muted")
        self._typing = QTimer(self, interval=TYPING, singleShot=True)
        self._lay_out()
        self._connect()
        self.group.setChecked(self._settings.grouped)
        self.model.set_remarks(session.remarks)
        self._say()

    @cached_property
    def compare(self) -> ComparePanel:
        """Below the table, and made when it is first asked for: it has half of the window's plots."""
        made = ComparePanel(self._session)
        self._rooms.addWidget(made)
        made.hide()
        self._rooms.restoreState(self._settings.panes)
        return made

    # -- what is looked for ------------------------------------------------------------------------------

    def look(self) -> None:
        """Look through the folders."""
        self._stale = False
        job = self._session.indexing.find(self._settings.run_folders)
        job.ended.connect(self._say)
        self._say()

    def choose_folder(self) -> None:
        """Ask for a folder to look in."""
        folder = ask_folder(self, "runs", "Look for runs below a folder")
        if folder is not None:
            self._settings.add_folder(str(folder))
            self.look()

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._look_if_seen()

    def _look_if_seen(self) -> None:
        """Not before PyTorch is there, which some of what is read needs: the window comes first."""
        ready = self._session.catalog is not None and bool(self._settings.run_folders)
        if self._stale and self.isVisible() and ready:
            self.look()

    def _use_folder(self, folder: str) -> None:
        """Results were read or written there."""
        self._settings.add_folder(folder)
        self._stale = True
        self._look_if_seen()

    def _drop_folder(self, folder: str) -> None:
        self._settings.drop_folder(folder)
        self.look()

    # -- what is done with them --------------------------------------------------------------------------

    def compare_chosen(self) -> None:
        """Hold the selected ones against each other, below the table."""
        chosen = self.table.chosen()
        if 0 < len(chosen) <= MOST_COMPARED:
            self.compare.show_entries(chosen)
            self.compare.show()
            QTimer.singleShot(0, self.table, self.table.show_chosen)  # in the room that is left

    def _open(self, entry: Entry) -> None:
        if entry.problem:
            self._session.tell(entry.problem, level="warning")
        else:
            self.openRequested.emit(entry.path)

    def _remark(self, folder: str, remark: Remark) -> None:
        self._session.noting.remark({folder: remark})

    def _offer(self, place: QPoint) -> None:
        """The menu of the rows that are selected."""
        chosen = self.table.chosen()
        if not chosen:
            return
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        opening = menu.addAction("Open", partial(self._open, chosen[0]))
        opening.setEnabled(len(chosen) == 1)
        family = self._family(chosen[0])
        belonging = menu.addAction("Select what belongs to it", partial(self.table.choose, family))
        belonging.setEnabled(len(chosen) == 1 and len(family) > 1)
        comparing = menu.addAction("Compare", self.compare_chosen)
        comparing.setEnabled(self.compare_button.isEnabled())
        paths = "\n".join(entry.folder for entry in chosen)
        menu.addAction("Copy the paths", partial(QGuiApplication.clipboard().setText, paths))
        menu.popup(self.table.viewport().mapToGlobal(place))

    def _family(self, entry: Entry) -> set[tuple[str, str]]:
        """The keys of the run, its sweeps and its study: of all that are of one classifier."""
        alike = (each for each in self._session.entries if each.classifier == entry.classifier)
        return {each.key for each in alike} if entry.classifier else {entry.key}

    def _filter(self) -> None:
        self.model.show_only(self.search.text(), self.kind.currentData())

    def _group(self, on: bool) -> None:
        self._settings.grouped = on
        self.model.set_grouped(on)

    # -- what is shown -----------------------------------------------------------------------------------

    def _say(self, _: object = None) -> None:
        """How many there are, and what can be done with those selected."""
        known, shown, chosen = len(self._session.entries), self.model.count, len(self.table.chosen())
        looking = self._session.job(Lane.RUNS) is not None
        self._stack.setCurrentIndex(1 if known else 0)
        self._empty.wait(f"Looking for runs{ELLIPSIS}" if looking else "")
        parts = (
            (True, f"{known:,} {'entry' if known == 1 else 'entries'}"),
            (shown < known, f"{shown:,} shown"),
            (chosen > 0, f"{chosen:,} selected"),
            (looking, f"looking{ELLIPSIS}"),
        )
        self.state.setText(", ".join(words for applies, words in parts if applies))
        why = "Select what to compare: Ctrl or Shift and a click select several" if not chosen else ""
        if chosen > MOST_COMPARED:
            why = f"At most {MOST_COMPARED} can be compared at a time"
        self.compare_button.setEnabled(not why)
        self.compare_button.setToolTip(why or "Curves, settings, differences, ROC and more of those selected")

    def _fill_columns(self) -> None:
        menu, hidden = self.columns_button.menu(), self._settings.hidden
        menu.clear()
        for shown in self.model.columns:
            entry = QAction(shown.title, menu, checkable=True, checked=shown.name not in hidden)
            entry.setToolTip(literal(shown.meaning))
            entry.setEnabled(shown.name != NAME)
            entry.toggled.connect(partial(self._show_column, shown.name))
            menu.addAction(entry)

    def _show_column(self, name: str, shown: bool) -> None:
        self._settings.set_hidden(name, not shown)
        self.table.show_columns()

    def _fill_folders(self) -> None:
        menu = self.folders_button.menu()
        menu.clear()
        menu.addAction(f"Look in folder{ELLIPSIS}", self.choose_folder)
        menu.addSeparator()
        for folder in self._settings.run_folders:
            entry = QAction(folder.replace("&", "&&"), menu, checkable=True, checked=True)
            entry.setToolTip("Untick it to look there no longer; nothing is removed")
            entry.toggled.connect(lambda _, folder=folder: self._drop_folder(folder))
            menu.addAction(entry)

    def _connect(self) -> None:
        session = self._session
        session.entriesChanged.connect(self.model.set_entries)
        session.remarksChanged.connect(self.model.set_remarks)
        session.folderUsed.connect(self._use_folder)
        session.catalogChanged.connect(self._look_if_seen)
        self.model.remarked.connect(self._remark)
        self.table.openRequested.connect(self._open)
        self.table.choiceChanged.connect(self._say)
        self.table.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        self.table.customContextMenuRequested.connect(self._offer)
        self.search.textChanged.connect(self._typing.start)
        self._typing.timeout.connect(self._filter)
        self.kind.currentIndexChanged.connect(self._filter)
        self.group.toggled.connect(self._group)
        self.again.clicked.connect(self.look)
        self.compare_button.clicked.connect(self.compare_chosen)
        self.columns_button.menu().aboutToShow.connect(self._fill_columns)
        self.folders_button.menu().aboutToShow.connect(self._fill_folders)
        epsilons().changed.connect(self.model.update_columns)

    def _lay_out(self) -> None:
        first = button(f"Look in folder{ELLIPSIS}", "lookInFolderButton", icon="folder", role="primary")
        first.clicked.connect(self.choose_folder)
        self._stack = QStackedWidget(self)
        column((self._stack, 1), around=(2 * GRID,) * 4, on=self)
        self._empty = EmptyState("runs", "No runs yet", NOTHING_YET, (first,))
        self._stack.addWidget(self._empty)
        self._rooms = QSplitter(
            Qt.Orientation.Vertical, self._stack, childrenCollapsible=False, handleWidth=GRID
        )
        self._stack.addWidget(self._rooms)
        menus = row(self.columns_button, self.folders_button, self.again, gap=4)
        tools = row((self.search, 1), self.kind, self.group, menus, self.compare_button)
        upper = QWidget(self._rooms)
        column(tools, (self.table, 1), self.state, on=upper)
        self._rooms.addWidget(upper)
        self._rooms.splitterMoved.connect(
            lambda *_: setattr(self._settings, "panes", self._rooms.saveState().data())
        )
