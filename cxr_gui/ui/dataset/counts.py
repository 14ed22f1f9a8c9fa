"""The counts per split and class, as numbers and as a bar that shows the imbalance at a glance."""

from __future__ import annotations

from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent
from PySide6.QtWidgets import QFrame, QGridLayout, QSizePolicy, QWidget

from cxr_gui.core.data.record_index import RecordIndex, SplitCount
from cxr_gui.ui.elided import shortened
from cxr_gui.ui.literal import PlainLabel, literal
from cxr_gui.ui.theme import GRID, set_role, theme

MAJORITY_TIP = (
    "The share of the larger class: the accuracy of a classifier that always answers it.\n"
    "An accuracy below it has learnt nothing, or the wrong thing."
)


NAME_WIDTH = 12 * GRID  # of a class or a split; a folder may be called anything


class CountsTable(QFrame):
    """One block per split: its classes with their numbers, the total, the majority class's share."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("countsTable")
        self._layout = QGridLayout(self)
        self._layout.setContentsMargins(0, 0, 0, 0)
        self._layout.setHorizontalSpacing(GRID * 2)
        self._layout.setVerticalSpacing(GRID // 2)
        self._layout.setColumnStretch(0, 1)

    def set_index(self, index: RecordIndex, classes: tuple[str, ...]) -> None:
        """Show the counts of these records. Without a total row where there is only one split."""
        while (item := self._layout.takeAt(0)) is not None:
            if (old := item.widget()) is not None:
                old.hide()
                old.deleteLater()
        counts = index.counts()
        if len(counts) > 1:
            columns = zip(*(count.by_class for count in counts), strict=True)
            counts = (*counts, SplitCount("all", tuple(sum(column) for column in columns)))
        self._add_row(0, ["Split", *index.labels, "Majority"], "muted")
        for number, count in enumerate(counts):
            row = 1 + 2 * number
            share = f"{count.majority:.1%}".replace("%", " %") if len(index.labels) > 1 else "–"
            words = [count.split.capitalize(), *(f"{n:,}" for n in count.by_class), share]
            self._add_row(row, words, "heading" if count.split == "all" else "")
            bar = ShareBar(count, index.labels, classes)
            self._layout.addWidget(bar, row + 1, 0, 1, len(words))

    def _add_row(self, row: int, words: list[str], role: str) -> None:
        for column, word in enumerate(words):
            label = PlainLabel()
            label.setText(shortened(word, label, NAME_WIDTH))
            label.setToolTip(literal(word) if label.text() != word else "")
            if role:
                set_role(label, role)
            if column:
                label.setAlignment(Qt.AlignmentFlag.AlignRight)
            if column == len(words) - 1:
                label.setToolTip(MAJORITY_TIP)
            self._layout.addWidget(label, row, column)


class ShareBar(QWidget):
    """The classes' shares of a split side by side, in the classes' colours."""

    def __init__(self, count: SplitCount, labels: tuple[str, ...], classes: tuple[str, ...]) -> None:
        super().__init__()
        self._count, self._labels, self._classes = count, labels, classes
        self.setFixedHeight(GRID)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        parts = [f"{name} {n:,}" for name, n in zip(labels, count.by_class, strict=True)]
        words = f"{count.split.capitalize()}: {', '.join(parts)}"
        self.setToolTip(literal(words))
        self.setAccessibleName(words)
        theme().changed.connect(self.update)

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: ARG002
        palette = theme().palette
        colours = dict(zip(self._classes, (palette.negative, palette.positive), strict=False))
        painter = QPainter(self)
        left, width = 0.0, float(self.width())
        for label, n in zip(self._labels, self._count.by_class, strict=True):
            share = width * n / max(self._count.total, 1)
            bar = QRectF(left, 0, max(share - 1, 0), 4)
            painter.fillRect(bar, QColor(colours.get(label, palette.muted)))
            left += share
        painter.end()
