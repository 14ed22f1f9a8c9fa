"""The confusion matrix of the latest sweep's clean images; each cell shows and selects its images."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QFrame, QGridLayout, QLabel, QPushButton, QWidget

from cxr_gui.core.sweep import OUTCOMES, Outcomes
from cxr_gui.ui.widgets.elided import shortened
from cxr_gui.ui.widgets.literal import PlainLabel, literal
from cxr_gui.ui.widgets.theme import GRID, set_role

CELLS = {"TN": (0, 0), "FP": (0, 1), "FN": (1, 0), "TP": (1, 1)}
"""outcome -> (its true class, the class it was taken for)"""

WORDS = {"TP": "true positive", "FP": "false positive", "FN": "false negative", "TN": "true negative"}


NAME_WIDTH = 12 * GRID


class ConfusionMatrix(QFrame):
    """Two rows of true classes, two columns of decisions."""

    outcomeChosen = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("confusionMatrix")
        self.setAccessibleName("Confusion matrix")
        self._title = QLabel(wordWrap=True)
        set_role(self._title, "muted")
        self._rows = (PlainLabel(), PlainLabel())
        self._columns = (PlainLabel(), PlainLabel())
        layout = QGridLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(GRID)
        layout.setColumnStretch(1, 1)
        layout.setColumnStretch(2, 1)
        layout.addWidget(self._title, 0, 0, 1, 3)
        for number in (0, 1):
            set_role(self._rows[number], "muted")
            set_role(self._columns[number], "muted")
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
        for name, row, column in zip(found.classes, self._rows, self._columns, strict=True):
            for label in (row, column):
                label.setText(shortened(name, label, NAME_WIDTH))
                label.setToolTip(literal(name) if label.text() != name else "")
        for outcome, count in found.confusion().items():
            cell = self.cells[outcome]
            cell.setText(f"{count:,} {outcome}")
            cell.setEnabled(count > 0)
            cell.setAccessibleName(f"{count:,} {WORDS[outcome]}")
            cell.setToolTip(f"{WORDS[outcome].capitalize()}: show and select these images")

    def _cell(self, outcome: str) -> QPushButton:
        cell = QPushButton()
        cell.setObjectName(f"confusion{outcome}")
        cell.setAccessibleName(WORDS[outcome])
        set_role(cell, "right" if outcome in ("TP", "TN") else "wrong")
        cell.clicked.connect(lambda: self.outcomeChosen.emit(outcome))
        return cell
