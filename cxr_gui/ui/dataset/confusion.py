"""The confusion matrix of a sweep's decisions at an epsilon; each cell shows and selects its images."""

from __future__ import annotations

from PySide6.QtCore import QSignalBlocker, Qt, Signal
from PySide6.QtWidgets import QFrame, QGridLayout, QPushButton, QWidget

from cxr_gui.core.base import metrics
from cxr_gui.core.sweep import OUTCOMES, Outcomes
from cxr_gui.session import Session
from cxr_gui.ui.widgets.elided import ElidedComboBox, shortened
from cxr_gui.ui.widgets.epsilon_unit import epsilons
from cxr_gui.ui.widgets.factories import box, button, fill, label, named
from cxr_gui.ui.widgets.literal import literal
from cxr_gui.ui.widgets.theme import GRID

CELLS = {"TN": (0, 0), "FP": (0, 1), "FN": (1, 0), "TP": (1, 1)}
"""outcome -> (its true class, the class it was taken for)"""

WORDS = {"TP": "true positive", "FP": "false positive", "FN": "false negative", "TN": "true negative"}

NAME_WIDTH = 12 * GRID
HOW = "Rows are labels, columns decisions. Press a cell to see and select its films."


class ConfusionMatrix(QFrame):
    """Two rows of true classes, two columns of decisions, and their totals: of a sweep that is chosen here,
    on the clean films or at one of its epsilons. The grid's filters follow.
    """

    outcomeChosen = Signal(str)

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        named(self, "confusionMatrix", "Confusion matrix")
        self._session = session
        self._found: Outcomes | None = None
        self.sweep = named(ElidedComboBox(), "confusionSweep", "Sweep", "Whose decisions these are")
        self.sweep.setSizeAdjustPolicy(self.sweep.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.epsilon = box("confusionEpsilon", "Epsilon of the decisions", "At which epsilon", letters=8)
        self._rows, self._columns = ((label(role="muted"), label(role="muted")) for _ in range(2))
        self._sums = {end: label(name=f"confusionTotal{end}") for end in ("0-", "1-", "-0", "-1", "--")}
        self._shares = label("", "confusionShares", "muted", wrap=True)
        self.cells = {outcome: self._cell(outcome) for outcome in OUTCOMES}
        self._lay_out()
        self.sweep.activated.connect(lambda _: self._choose(None))
        self.epsilon.activated.connect(lambda _: self._choose(self.epsilon.currentData()))
        session.sweepChanged.connect(self._list_sweeps)
        session.sweepRemoved.connect(self._list_sweeps)
        epsilons().changed.connect(self._list_again)

    def _lay_out(self) -> None:
        layout = QGridLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(GRID)
        layout.setColumnStretch(1, 1)
        layout.setColumnStretch(2, 1)
        layout.addWidget(self.sweep, 0, 0, 1, 4)
        layout.addWidget(self.epsilon, 1, 0, 1, 4)
        layout.addWidget(label(HOW, role="muted", wrap=True), 2, 0, 1, 4)
        middle, right = Qt.AlignmentFlag.AlignHCenter, Qt.AlignmentFlag.AlignRight
        for number in (0, 1):
            layout.addWidget(self._rows[number], 4 + number, 0)
            layout.addWidget(self._columns[number], 3, 1 + number, middle)
            layout.addWidget(self._sums[f"{number}-"], 4 + number, 3, right)
            layout.addWidget(self._sums[f"-{number}"], 6, 1 + number, middle)
        layout.addWidget(label("Total", role="muted"), 3, 3, right)
        layout.addWidget(label("Total", role="muted"), 6, 0)
        layout.addWidget(self._sums["--"], 6, 3, right)
        layout.addWidget(self._shares, 7, 0, 1, 4)
        for outcome, (row, column) in CELLS.items():
            layout.addWidget(self.cells[outcome], 4 + row, 1 + column)

    def set_outcomes(self, found: Outcomes) -> None:
        """Show the counts of a sweep at an epsilon."""
        self._found = found
        self._list_sweeps()
        self._list_epsilons(found)
        for name, *both in zip(found.classes, self._rows, self._columns, strict=True):
            for words in both:
                words.setText(shortened(name, words, NAME_WIDTH))
                words.setToolTip(literal(name) if words.text() != name else "")
        counts = found.confusion()
        for outcome, count in counts.items():
            cell = self.cells[outcome]
            cell.setText(f"{count:,} {outcome}")
            cell.setEnabled(count > 0)
            cell.setAccessibleName(f"{count:,} {WORDS[outcome]}")
            cell.setToolTip(f"{WORDS[outcome].capitalize()}: show and select these films")
        for end, words in self._sums.items():
            within = [counts[outcome] for outcome, place in CELLS.items() if _belongs(place, end)]
            words.setText(f"{sum(within):,}")
        tp, fp, fn, tn = (counts[outcome] for outcome in OUTCOMES)
        self._shares.setText(
            f"Accuracy {_share(tp + tn, tp + fp + fn + tn)}, sensitivity {_share(tp, tp + fn)}, "
            f"specificity {_share(tn, tn + fp)}"
        )

    # -- whose they are ----------------------------------------------------------------------------------

    def _list_sweeps(self) -> None:
        """Offer the sweeps that there are; the one that is shown is chosen."""
        sweep = None if self._found is None else self._found.sweep
        with QSignalBlocker(self.sweep):
            fill(self.sweep, ((each.title, each) for each in self._session.sweeps))
            chosen = (n for n, each in enumerate(self._session.sweeps) if each is sweep)
            self.sweep.setCurrentIndex(next(chosen, -1))
        self.sweep.setPlaceholderText("" if self._found is None else self._found.title)
        self.sweep.setToolTip(literal(self.sweep.currentText()))

    def _list_epsilons(self, found: Outcomes) -> None:
        """Offer the epsilons of the sweep that is shown."""
        swept = [] if found.sweep is None else found.sweep.epsilons.tolist()
        entries = [(f"At epsilon {epsilons().both(each)}", place) for place, each in enumerate(swept) if each]
        with QSignalBlocker(self.epsilon):
            fill(self.epsilon, [("Clean films, epsilon 0", None), *entries])
            places = [None, *(place for _, place in entries)]
            at = swept.index(found.epsilon) if found.epsilon in swept and found.epsilon else None
            self.epsilon.setCurrentIndex(places.index(at))

    def _list_again(self) -> None:
        """In another unit."""
        if self._found is not None:
            self._list_epsilons(self._found)

    def _choose(self, at: int | None) -> None:
        sweep = self.sweep.currentData()
        if sweep is not None:
            self._session.sweeping.sort_out(sweep, at)

    def _cell(self, outcome: str) -> QPushButton:
        role = "right" if outcome in ("TP", "TN") else "wrong"
        cell = button("", f"confusion{outcome}", words=WORDS[outcome], role=role)
        cell.clicked.connect(lambda: self.outcomeChosen.emit(outcome))
        return cell


def _belongs(place: tuple[int, int], end: str) -> bool:
    """Whether a cell is counted at an end: "1-" that of row 1, "-0" of column 0, "--" of all."""
    return all(wanted in ("-", str(number)) for number, wanted in zip(place, end, strict=True))


def _share(part: int, whole: int) -> str:
    return f"{100 * metrics.share(part, whole):.1f}\N{NO-BREAK SPACE}%" if whole else "unknown"
