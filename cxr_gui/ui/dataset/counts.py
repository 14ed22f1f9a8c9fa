"""The counts per split and class, as numbers and as a bar that shows the imbalance at a glance."""

from __future__ import annotations

from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent
from PySide6.QtWidgets import QFrame, QGridLayout, QSizePolicy, QWidget

from cxr_gui.core.data import SplitCount
from cxr_gui.ui.dataset.record_index import RecordIndex
from cxr_gui.ui.widgets.elided import shortened
from cxr_gui.ui.widgets.factories import named
from cxr_gui.ui.widgets.literal import PlainLabel, literal
from cxr_gui.ui.widgets.theme import GRID, set_role, theme

MAJORITY_TIP = (
    "The share of the larger class: the accuracy of a classifier that always answers it.\n"
    "An accuracy below it has learnt nothing, or the wrong thing."
)


NAME_WIDTH = 12 * GRID  # of a class or a split; a folder may be called anything


class CountsTable(QFrame):
    """One block per split: its classes with their numbers, the total, the majority class's share."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        named(self, "countsTable")
        self._layout = QGridLayout(self)
        self._layout.setContentsMargins(0, 0, 0, 0)
        self._layout.setHorizontalSpacing(GRID * 2)
        self._layout.setVerticalSpacing(GRID // 2)
        self._layout.setColumnStretch(0, 1)

        self._rows: list[list[PlainLabel]] = []  # the first are the headings
        self._bars: list[ShareBar] = []
        self._index: RecordIndex | None = None

    def set_index(self, index: RecordIndex, classes: tuple[str, ...]) -> None:
        """Show the counts of these records. Without a total row where there is only one split."""
        self._index = index
        counts = index.counts()
        if len(counts) > 1:
            columns = zip(*(count.by_class for count in counts), strict=True)
            counts = (*counts, SplitCount("all", tuple(sum(column) for column in columns)))
        headings = ["Split", *index.labels, "Majority"]
        if (len(self._bars), len(headings)) != (len(counts), len(self._rows[0]) if self._rows else 0):
            self._make_rows(len(counts), len(headings))
        _fill(self._rows[0], headings, "muted")
        for labels, bar, count in zip(self._rows[1:], self._bars, counts, strict=True):
            share = f"{count.majority:.1%}".replace("%", " %") if len(index.labels) > 1 else "–"
            words = [count.split.capitalize(), *(f"{n:,}" for n in count.by_class), share]
            _fill(labels, words, "heading" if count.split == "all" else "")
            bar.set_count(count, index.labels, classes)

    def show_excluded(self, paths: frozenset[str]) -> None:
        """Say beside each count how many of it are left out of training."""
        if self._index is None:
            return
        excluded = self._index.counts_at(self._index.columns.places_of(paths))
        rows = [*excluded, excluded.sum(axis=0)]
        for labels, left_out in zip(self._rows[1:], rows, strict=False):  # one split has no row of all
            for label, number in zip(labels[1:-1], left_out.tolist(), strict=True):
                count = label.text().partition("\n")[0]
                label.setText(f"{count}\n({number:,} excluded)" if number else count)

    def _make_rows(self, splits: int, columns: int) -> None:
        """Labels and bars in place of those there are: most datasets after the first can do with its."""
        while (item := self._layout.takeAt(0)) is not None:
            if (old := item.widget()) is not None:
                old.hide()
                old.deleteLater()
        self._rows = [[PlainLabel() for _ in range(columns)] for _ in range(1 + splits)]
        self._bars = [ShareBar() for _ in range(splits)]
        for number, labels in enumerate(self._rows):
            for column, label in enumerate(labels):
                if column:
                    label.setAlignment(Qt.AlignmentFlag.AlignRight)
                self._layout.addWidget(label, max(2 * number - 1, 0), column)
        for number, bar in enumerate(self._bars):
            self._layout.addWidget(bar, 2 * number + 2, 0, 1, columns)


def _fill(labels: list[PlainLabel], words: list[str], role: str) -> None:
    for label, word in zip(labels, words, strict=True):
        label.setText(shortened(word, label, NAME_WIDTH))
        label.setToolTip(literal(word) if label.text() != word else "")
        if role or label.property("role"):
            set_role(label, role)
    labels[-1].setToolTip(MAJORITY_TIP)


class ShareBar(QWidget):
    """The classes' shares of a split side by side, in the classes' colours."""

    def __init__(self) -> None:
        super().__init__()
        self._shares: list[tuple[str, float]] = []
        self._classes: tuple[str, ...] = ()
        self.setFixedHeight(GRID)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        theme().changed.connect(self.update)

    def set_count(self, count: SplitCount, labels: tuple[str, ...], classes: tuple[str, ...]) -> None:
        """Show this split."""
        total = max(count.total, 1)
        self._shares = [(name, n / total) for name, n in zip(labels, count.by_class, strict=True)]
        self._classes = classes
        parts = [f"{name} {n:,}" for name, n in zip(labels, count.by_class, strict=True)]
        words = f"{count.split.capitalize()}: {', '.join(parts)}"
        self.setToolTip(literal(words))
        self.setAccessibleName(words)
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: ARG002
        palette = theme().palette
        colours = dict(zip(self._classes, (palette.negative, palette.positive), strict=False))
        painter = QPainter(self)
        left, width = 0.0, float(self.width())
        for label, share in self._shares:
            bar = QRectF(left, 0, max(width * share - 1, 0), 4)
            painter.fillRect(bar, QColor(colours.get(label, palette.muted)))
            left += width * share
        painter.end()
