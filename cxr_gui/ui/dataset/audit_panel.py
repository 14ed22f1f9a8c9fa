"""The audit panel: counts as soon as a dataset is open, findings when somebody asks for them."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QWidget

from cxr_gui.core.base.progress import Event
from cxr_gui.core.base.wording import counted
from cxr_gui.core.data import FINE, PROBLEM, WARNING
from cxr_gui.session import Listed, Session
from cxr_gui.ui.dataset.confusion import ConfusionMatrix
from cxr_gui.ui.dataset.counts import CountsTable
from cxr_gui.ui.dataset.finding_card import FindingCard
from cxr_gui.ui.dataset.record_index import RecordIndex
from cxr_gui.ui.widgets.factories import button, column, label, named, progress, scroll
from cxr_gui.ui.widgets.icons import set_icon
from cxr_gui.ui.widgets.theme import GRID, set_role

if TYPE_CHECKING:
    from cxr_gui.core.data import Dataset
    from cxr_gui.core.sweep import Outcomes
    from cxr_gui.jobs import Job

WHAT_IT_DOES = (
    "Looks for what ruins studies: unreadable files, duplicates, patients in several splits, and anything "
    "other than the lungs that gives the class away. No file is changed."
)


class AuditPanel(QWidget):
    """Counts, and the audit's findings, those that passed out of sight; `filesChosen` carries a Listed."""

    filesChosen = Signal(object)
    outcomeChosen = Signal(str)  # a cell of the confusion matrix

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.session = session
        named(self, "auditPanel", "Counts and audit")
        self._dataset: Dataset | None = None
        self._job: Job | None = None
        self.cards: list[FindingCard] = []

        inside = QWidget(self)
        column(scroll(inside, "auditScroll", "Counts, confusion matrix and audit", parent=self), on=self)
        self._counts = CountsTable()
        self._confusion = QWidget(inside)
        self._matrix = ConfusionMatrix(session)
        self._matrix.outcomeChosen.connect(self.outcomeChosen)
        heading = label("Confusion matrix", role="heading")
        column(heading, self._matrix, around=(0, 0, 0, GRID * 2), on=self._confusion)
        self._confusion.hide()
        self._verdict = label(WHAT_IT_DOES, "auditVerdict", "muted", wrap=True)
        self._button = button("Run the audit", "auditButton", icon="check")
        self._progress = progress("auditProgress", "Progress of the audit")
        self._stage = label(role="muted")
        self._progress.hide()
        self._stage.hide()
        self._findings, self._passed = column(), QWidget()
        self._passed_column = column(on=self._passed)
        self._passed_button = button("", "passedChecksButton", role="link")
        self._passed_button.clicked.connect(lambda: self._show_passed(not self._passed.isVisibleTo(self)))

        self._show_passed(False)

        column(
            label("Counts", role="heading"),
            self._counts,
            GRID * 2,
            self._confusion,
            label("Audit", role="heading"),
            self._verdict,
            self._button,
            self._progress,
            self._stage,
            self._findings,
            self._passed_button,
            self._passed,
            ...,
            around=(GRID * 2,) * 4,
            on=inside,
        )
        self._button.clicked.connect(self.run)

    def set_dataset(self, dataset: Dataset, index: RecordIndex) -> None:
        """Show another dataset's counts; what was found in the old one is gone."""
        self.session.auditing.cancel()
        self._dataset = dataset
        self._counts.set_index(index, dataset.classes)
        self._show_findings([])
        self._verdict.setText(WHAT_IT_DOES)
        set_role(self._verdict, "muted")

    def set_outcomes(self, found: Outcomes | None) -> None:
        """Show what a sweep found, or nothing."""
        self._confusion.setVisible(found is not None)
        if found is not None:
            self._matrix.set_outcomes(found)

    def show_excluded(self, paths: frozenset[str]) -> None:
        """Say how many of each count are left out of training."""
        self._counts.show_excluded(paths)

    def run(self) -> None:
        """Audit the dataset on a lane, or stop doing so."""
        if self._job is not None:
            self._job.cancel()
            return
        dataset = self._dataset
        if dataset is None:
            return
        self._job = self.session.auditing.start(dataset)
        self._job.events.connect(self._show_progress)
        self._job.done.connect(self._show_audit)
        self._job.ended.connect(self._end)
        self._button.setText("Stop the audit")
        set_icon(self._button, "stop")
        self._progress.setRange(0, 0)
        self._progress.show()
        self._stage.show()

    def _show_progress(self, events: list[Event]) -> None:
        event = events[-1]
        self._progress.advance(event.done, event.total)
        self._stage.setText(event.stage)

    def _end(self) -> None:
        self._job = None
        self._button.setText("Run the audit")
        set_icon(self._button, "check")
        self._progress.hide()
        self._stage.hide()

    def _show_audit(self, found: list[Listed]) -> None:
        levels = Counter(listed.finding.severity for listed in found)
        wrong = [counted(levels[level], level) for level in (PROBLEM, WARNING) if levels[level]]
        checks = counted(levels[FINE], "check")
        passed = f"All {checks}" if not wrong else f"{' and '.join(wrong)}. {checks}"
        self._verdict.setText(f"{passed} passed.")
        set_role(self._verdict, "heading")
        self._show_findings(found)

    def _show_findings(self, found: list[Listed]) -> None:
        for card in self.cards:
            card.hide()
            card.deleteLater()
        self.cards = [FindingCard(listed) for listed in found]
        for card in self.cards:
            card.filesChosen.connect(self.filesChosen)
            place = self._passed_column if card.finding.severity == FINE else self._findings
            place.addWidget(card)
        self._show_passed(False)

    def _show_passed(self, shown: bool) -> None:
        number = sum(card.finding.severity == FINE for card in self.cards)
        self._passed.setVisible(shown)
        self._passed_button.setVisible(number > 0)
        self._passed_button.setText(
            f"{'Hide' if shown else 'Show'} the {counted(number, 'check')} that passed"
        )
