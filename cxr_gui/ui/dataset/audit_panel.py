"""The audit panel: counts as soon as a dataset is open, findings when somebody asks for them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QFrame, QLabel, QWidget

from cxr_gui.core.base.progress import Event
from cxr_gui.session import Session
from cxr_gui.ui.dataset.confusion import ConfusionMatrix
from cxr_gui.ui.dataset.counts import CountsTable
from cxr_gui.ui.dataset.record_index import RecordIndex
from cxr_gui.ui.widgets.factories import button, column, label, named, progress, row, scroll
from cxr_gui.ui.widgets.icons import pixmap, set_icon
from cxr_gui.ui.widgets.theme import GRID, set_role, theme

if TYPE_CHECKING:
    from cxr_gui.core.data import Dataset, Finding
    from cxr_gui.core.sweep import Outcomes
    from cxr_gui.jobs import Job

WHAT_IT_DOES = (
    "Looks for what ruins studies: unreadable files, duplicates, patients shared between splits, and "
    "whatever else than the lungs gives the class away. Nothing is changed."
)


class AuditPanel(QWidget):
    """Counts, and the audit's findings; `filesChosen` carries a finding's name and its records' places."""

    filesChosen = Signal(str, object)
    outcomeChosen = Signal(str)  # a cell of the confusion matrix

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.session = session
        named(self, "auditPanel", "Counts and audit")
        self._dataset: Dataset | None = None
        self._job: Job | None = None
        self.cards: list[FindingCard] = []

        self._counts = CountsTable()
        self._confusion = QWidget()
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
        self._findings = column()

        inside = QWidget()
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
            ...,
            around=(GRID * 2,) * 4,
            on=inside,
        )
        column(scroll(inside, "auditScroll", "Counts, confusion matrix and audit"), on=self)
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

    def _show_audit(self, findings: list[tuple[Finding, NDArray[np.intp]]]) -> None:
        failed = sum(not finding.passed for finding, _ in findings)
        total = len(findings)
        self._verdict.setText(
            f"All {total} checks passed." if not failed else f"{failed} of {total} checks need a look."
        )
        set_role(self._verdict, "heading")
        self._show_findings(sorted(findings, key=lambda found: found[0].passed))

    def _show_findings(self, findings: list[tuple[Finding, NDArray[np.intp]]]) -> None:
        for card in self.cards:
            self._findings.removeWidget(card)
            card.hide()
            card.deleteLater()
        self.cards = [FindingCard(*found) for found in findings]
        for card in self.cards:
            card.filesChosen.connect(self.filesChosen)
            self._findings.addWidget(card)


class FindingCard(QFrame):
    """One finding: passed or not as icon and word, what was seen, what to do, and at which places."""

    filesChosen = Signal(str, object)

    def __init__(self, finding: Finding, places: NDArray[np.intp], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.finding, self._places = finding, places
        set_role(self, "card")
        self._colour = "good" if finding.passed else ("bad" if finding.severity == "serious" else "warning")
        self._symbol = "check" if finding.passed else "warning"
        word = "Pass" if finding.passed else f"Fail · {finding.severity}"
        self._icon = QLabel()
        name, verdict = label(finding.name, role="heading", wrap=True), label(word, role=self._colour)
        layout = column(
            row(self._icon, (name, 1), verdict),
            label(finding.summary, wrap=True),
            gap=GRID // 2,
            around=(GRID * 3 // 2, GRID, GRID * 3 // 2, GRID),
            on=self,
        )
        if finding.advice and not finding.passed:
            layout.addWidget(label(finding.advice, role="muted", wrap=True))
        self.setAccessibleName(f"{word}: {finding.name}. {finding.summary}")
        if places.size:  # not all that a finding lists is an image of the dataset
            words = f"Show the files of: {finding.name}"
            files = button(f"Show {places.size:,} files", "findingFilesButton", words=words, role="link")
            files.clicked.connect(self._choose)
            layout.addWidget(files, alignment=Qt.AlignmentFlag.AlignLeft)
        theme().changed.connect(self._tint)
        self._tint()

    def _choose(self) -> None:
        self.filesChosen.emit(self.finding.name, self._places)

    def _tint(self) -> None:
        colour = getattr(theme().palette, self._colour)
        self._icon.setPixmap(pixmap(self._symbol, colour, 20, self.devicePixelRatioF()))
