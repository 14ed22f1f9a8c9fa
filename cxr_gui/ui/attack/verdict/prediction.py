"""A prediction as a line: whose it is, the class in words and per cent, and a bar of P(positive)."""

from __future__ import annotations

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QVBoxLayout, QWidget

from cxr_gui.ui.widgets.elided import shortened
from cxr_gui.ui.widgets.factories import label, row
from cxr_gui.ui.widgets.literal import literal
from cxr_gui.ui.widgets.theme import GRID, theme

NOTHING = "\N{EN DASH}"
NAME_WIDTH = 26 * GRID  # of a class: a name from a file could be as wide as it likes


class PredictionLine:
    """Name and words over a bar. The words' label carries the objectName."""

    def __init__(
        self, name: str, object_name: str, tip: str, role: str, column: QVBoxLayout, parent: QWidget
    ) -> None:
        self._name = name
        self.words = label(NOTHING, object_name, role, words=name, tip=tip, selectable=True, parent=parent)
        self.bar = ProbabilityBar(parent)
        title = label(name, role="muted", tip=tip, parent=parent)
        line = row(title, ..., self.words, gap=-1)
        for part in (title, self.words):
            line.setAlignment(part, Qt.AlignmentFlag.AlignBottom)
        column.addLayout(line)
        column.addWidget(self.bar)

    def show(self, probability: float | None, classes: tuple[str, str], threshold: float) -> None:
        """Show P(positive) as a decision and its per cent; None shows a dash."""
        if probability is None:
            text = NOTHING
        else:
            positive = probability >= threshold
            name = shortened(classes[positive], self.words, NAME_WIDTH)
            text = f"{name} {100 * (probability if positive else 1 - probability):.1f} %"
        self.words.setText(text)
        self.words.setAccessibleName(f"{self._name}: {text}")
        self.bar.show_probability(probability, threshold, classes[1])


class ProbabilityBar(QWidget):
    """P(positive) from 0 to 1, coloured by the decision, with the threshold marked."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._probability: float | None = None
        self._threshold = 0.5
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        theme().changed.connect(self.update)

    def show_probability(self, probability: float | None, threshold: float, positive: str) -> None:
        self._probability, self._threshold = probability, threshold
        known = probability is not None
        words = f"P({positive}) = {probability:.4f}; the threshold is {threshold:.3g}" if known else ""
        self.setToolTip(literal(words))
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(120, 16)

    def minimumSizeHint(self) -> QSize:
        return QSize(48, 16)

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: ARG002
        palette = theme().palette
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        track = QRectF(self.rect()).adjusted(1, 4, -1, -4)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(palette.line))
        painter.drawRoundedRect(track, 3, 3)
        if self._probability is not None:
            positive = self._probability >= self._threshold
            painter.setBrush(QColor(palette.positive if positive else palette.negative))
            filled = QRectF(track)
            filled.setWidth(max(track.width() * self._probability, 3))
            painter.drawRoundedRect(filled, 3, 3)
        x = track.left() + self._threshold * track.width()
        painter.setPen(QPen(QColor(palette.text), 1.5))
        painter.drawLine(int(x), 1, int(x), self.height() - 1)
        painter.end()
