"""What was chosen in the table, held against each other: a page for each way to do it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from PySide6.QtWidgets import QStackedWidget, QTabWidget, QWidget

from cxr_gui.ui.runs.compare.curve_views import THRESHOLD_VIEWS, LearningCurves, ThresholdCurves
from cxr_gui.ui.runs.compare.logits_view import LogitsView
from cxr_gui.ui.runs.compare.tables import PairedTable, SettingsTable
from cxr_gui.ui.widgets.elided import ElidedLabel
from cxr_gui.ui.widgets.factories import ELLIPSIS, column, label, named, row, tool
from cxr_gui.ui.widgets.theme import GRID

if TYPE_CHECKING:
    from cxr_gui.core.runs import Chosen, Entry
    from cxr_gui.jobs import Job
    from cxr_gui.session import Session

LEAST_HEIGHT = 34 * GRID
NOTHING = "Nothing of these can be drawn: choose runs, studies, or sweeps of attacks."


ComparePage = LearningCurves | SettingsTable | PairedTable | ThresholdCurves | LogitsView


class ComparePanel(QWidget):
    """Reads what it is given beside everything else, and shows the pages that apply."""

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        named(self, "comparePanel")
        self._session = session
        self._job: Job | None = None
        self.title = named(ElidedLabel(), "comparedNames", role="heading")
        close = tool("closeCompareButton", "close", "Close the comparison")
        close.clicked.connect(self.hide)
        self.learning, self.settings, self.paired = LearningCurves(), SettingsTable(), PairedTable()
        self.thresholds = {view.name: ThresholdCurves(view) for view in THRESHOLD_VIEWS}
        self.logits = LogitsView()
        self.pages = named(QTabWidget(documentMode=True), "comparePages", "Ways to compare")
        self.pages.tabBar().setDrawBase(False)
        self.pages.tabBar().setAccessibleName("Ways to compare")
        self._pages: list[ComparePage] = []
        self._add(self.learning, "Learning curves")
        self._add(self.settings, "Settings that differ")
        self._add(self.paired, "Paired differences")
        for view in THRESHOLD_VIEWS:
            self._add(self.thresholds[view.name], view.title)
        self._add(self.logits, "Logits")
        self._waiting = label(role="muted")
        self._stack = QStackedWidget()
        self._stack.addWidget(self._waiting)
        self._stack.addWidget(self.pages)
        column(row((self.title, 1), close), (self._stack, 1), gap=4, on=self)
        self.setMinimumHeight(LEAST_HEIGHT)

    def show_entries(self, entries: Sequence[Entry]) -> Job:
        """Read these, and compare what can be."""
        self.title.setText(", ".join(entry.name for entry in entries))
        self._wait(f"Reading results{ELLIPSIS}")
        job = self._job = self._session.indexing.compare(entries)
        job.done.connect(lambda chosen: self._show(job, chosen))
        job.failed.connect(lambda: self._wait("They could not be read; the message above says why."))
        return job

    def _show(self, job: Job, chosen: Chosen) -> None:
        if job is not self._job:
            return
        shown = [page.show_chosen(chosen) for page in self._pages]
        for place, applies in enumerate(shown):
            self.pages.setTabVisible(place, applies)
        if any(shown):
            self._stack.setCurrentWidget(self.pages)
        else:
            self._wait(NOTHING)
        if chosen.problems:
            self._session.tell(chosen.problems[0], level="warning", details="\n".join(chosen.problems[1:]))

    def _wait(self, words: str) -> None:
        self._waiting.setText(words)
        self._stack.setCurrentWidget(self._waiting)

    def _add(self, page: ComparePage, title: str) -> None:
        self._pages.append(page)
        page.setAccessibleName(title)
        around = QWidget()
        column(page, around=(0, GRID, 0, 0), on=around)
        self.pages.addTab(around, title)
