"""The audit panel: counts as soon as a dataset is open, findings when somebody asks for them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

from cxr_gui.core.base.progress import Event
from cxr_gui.session import Session
from cxr_gui.ui.dataset.confusion import ConfusionMatrix
from cxr_gui.ui.dataset.counts import CountsTable
from cxr_gui.ui.dataset.record_index import RecordIndex
from cxr_gui.ui.widgets.icons import pixmap, set_icon
from cxr_gui.ui.widgets.literal import PlainLabel
from cxr_gui.ui.widgets.progress_bar import ProgressBar
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
        self.setObjectName("auditPanel")
        self.setAccessibleName("Counts and audit")
        self._dataset: Dataset | None = None
        self._job: Job | None = None
        self.cards: list[FindingCard] = []

        self._counts = CountsTable()
        self._confusion = QWidget()
        self._matrix = ConfusionMatrix()
        self._matrix.outcomeChosen.connect(self.outcomeChosen)
        column = QVBoxLayout(self._confusion)
        column.setContentsMargins(0, 0, 0, GRID * 2)
        column.setSpacing(GRID)
        column.addWidget(_heading("Confusion matrix"))
        column.addWidget(self._matrix)
        self._confusion.hide()
        self._verdict = QLabel(WHAT_IT_DOES, objectName="auditVerdict", wordWrap=True)
        set_role(self._verdict, "muted")
        self._button = QPushButton("Run the audit", objectName="auditButton")
        self._button.setAccessibleName("Run the audit")
        set_icon(self._button, "check")
        self._progress = ProgressBar(objectName="auditProgress", textVisible=False)
        self._progress.setAccessibleName("Progress of the audit")
        self._stage = PlainLabel()
        set_role(self._stage, "muted")
        self._progress.hide()
        self._stage.hide()

        inside = QWidget()
        self._layout = QVBoxLayout(inside)
        self._layout.setContentsMargins(GRID * 2, GRID * 2, GRID * 2, GRID * 2)
        self._layout.setSpacing(GRID)
        self._layout.addWidget(_heading("Counts"))
        self._layout.addWidget(self._counts)
        self._layout.addSpacing(GRID * 2)
        self._layout.addWidget(self._confusion)
        self._layout.addWidget(_heading("Audit"))
        self._layout.addWidget(self._verdict)
        self._layout.addWidget(self._button)
        self._layout.addWidget(self._progress)
        self._layout.addWidget(self._stage)
        self._findings = QVBoxLayout()
        self._findings.setSpacing(GRID)
        self._layout.addLayout(self._findings)
        self._layout.addStretch()
        area = QScrollArea(widgetResizable=True, objectName="auditScroll")
        area.setAccessibleName("Counts, confusion matrix and audit")
        set_role(area, "plain")
        area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        area.setWidget(inside)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.addWidget(area)
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
        verdict = QLabel(word)
        set_role(verdict, self._colour)
        name = PlainLabel(finding.name, wordWrap=True)
        set_role(name, "heading")
        head = QHBoxLayout()
        head.setSpacing(GRID)
        head.addWidget(self._icon)
        head.addWidget(name, 1)
        head.addWidget(verdict)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(GRID * 3 // 2, GRID, GRID * 3 // 2, GRID)
        layout.setSpacing(GRID // 2)
        layout.addLayout(head)
        layout.addWidget(PlainLabel(finding.summary, wordWrap=True))
        if finding.advice and not finding.passed:
            advice = PlainLabel(finding.advice, wordWrap=True)
            set_role(advice, "muted")
            layout.addWidget(advice)
        self.setAccessibleName(f"{word}: {finding.name}. {finding.summary}")
        if places.size:  # not all that a finding lists is an image of the dataset
            button = QPushButton(f"Show {places.size:,} files")
            set_role(button, "link")
            button.setAccessibleName(f"Show the files of: {finding.name}")
            button.clicked.connect(self._choose)
            layout.addWidget(button, alignment=Qt.AlignmentFlag.AlignLeft)
        theme().changed.connect(self._tint)
        self._tint()

    def _choose(self) -> None:
        self.filesChosen.emit(self.finding.name, self._places)

    def _tint(self) -> None:
        colour = getattr(theme().palette, self._colour)
        self._icon.setPixmap(pixmap(self._symbol, colour, 20, self.devicePixelRatioF()))


def _heading(text: str) -> QLabel:
    label = QLabel(text)
    set_role(label, "heading")
    return label
