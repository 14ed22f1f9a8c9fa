"""The confusion matrix of the latest sweep's clean images; each cell shows and selects its images."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QFrame, QGridLayout, QPushButton, QWidget

from cxr_gui.core.sweep import OUTCOMES, Outcomes
from cxr_gui.ui.widgets.elided import shortened
from cxr_gui.ui.widgets.factories import button, label, named
from cxr_gui.ui.widgets.literal import literal
from cxr_gui.ui.widgets.theme import GRID

CELLS = {"TN": (0, 0), "FP": (0, 1), "FN": (1, 0), "TP": (1, 1)}
"""outcome -> (its true class, the class it was taken for)"""

WORDS = {"TP": "true positive", "FP": "false positive", "FN": "false negative", "TN": "true negative"}


NAME_WIDTH = 12 * GRID


class ConfusionMatrix(QFrame):
    """Two rows of true classes, two columns of decisions."""

    outcomeChosen = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        named(self, "confusionMatrix", "Confusion matrix")
        self._title = label(role="muted", wrap=True)
        self._rows = (label(role="muted"), label(role="muted"))
        self._columns = (label(role="muted"), label(role="muted"))
        layout = QGridLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(GRID)
        layout.setColumnStretch(1, 1)
        layout.setColumnStretch(2, 1)
        layout.addWidget(self._title, 0, 0, 1, 3)
        for number in (0, 1):
            layout.addWidget(self._rows[number], 2 + number, 0)
            layout.addWidget(self._columns[number], 1, 1 + number, Qt.AlignmentFlag.AlignHCenter)
        self.cells = {outcome: self._cell(outcome) for outcome in OUTCOMES}
        for outcome, (row, column) in CELLS.items():
            layout.addWidget(self.cells[outcome], 2 + row, 1 + column)

    def set_outcomes(self, found: Outcomes) -> None:
        """Show the counts of a sweep."""
        self._title.setText(
            "Clean images of the latest sweep: rows are labels, columns decisions. "
            "Press a cell to see and select its images."
        )
        for name, *both in zip(found.classes, self._rows, self._columns, strict=True):
            for words in both:
                words.setText(shortened(name, words, NAME_WIDTH))
                words.setToolTip(literal(name) if words.text() != name else "")
        for outcome, count in found.confusion().items():
            cell = self.cells[outcome]
            cell.setText(f"{count:,} {outcome}")
            cell.setEnabled(count > 0)
            cell.setAccessibleName(f"{count:,} {WORDS[outcome]}")
            cell.setToolTip(f"{WORDS[outcome].capitalize()}: show and select these images")

    def _cell(self, outcome: str) -> QPushButton:
        role = "right" if outcome in ("TP", "TN") else "wrong"
        cell = button("", f"confusion{outcome}", words=WORDS[outcome], role=role)
        cell.clicked.connect(lambda: self.outcomeChosen.emit(outcome))
        return cell
