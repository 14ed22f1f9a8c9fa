"""A prediction as a line: whose it is, the class with its probability and the threshold, and a bar of it."""

from __future__ import annotations

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFont, QFontMetrics, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QVBoxLayout, QWidget

from cxr_gui.ui.widgets.factories import label, named, row
from cxr_gui.ui.widgets.literal import PlainLabel, literal
from cxr_gui.ui.widgets.theme import GRID, theme

NOTHING = "\N{EN DASH}"
NAME_WIDTH = 18 * GRID + 4  # that a class may insist on: a name from a file could be as wide as it likes
SIZES = (1.5, 1.0)  # of the class, as shares of the font: the larger one where there is room
AXIS = 15  # pixels of the words below the bars


class PredictionLine:
    """Name and words over a bar. The words' label carries the objectName."""

    def __init__(self, name: str, object_name: str, tip: str, column: QVBoxLayout, parent: QWidget) -> None:
        self._name = name
        self.words = named(DecisionLabel(parent), object_name, name, tip)
        self.bar = ProbabilityBar(parent)
        title = label(name, role="muted", tip=tip, parent=parent)
        line = row(title, (self.words, 1))
        line.setAlignment(title, Qt.AlignmentFlag.AlignBottom)
        column.addLayout(line)
        column.addWidget(self.bar)

    def show(self, probability: float | None, classes: tuple[str, str], threshold: float) -> None:
        """Show P(positive) and what is decided; None shows a dash."""
        if probability is None:
            self.words.decide(NOTHING)
        else:
            words = f", P = {share_text(probability)}", f" (threshold {share_text(threshold)})"
            self.words.decide(classes[probability >= threshold], *words)
        self.words.setAccessibleName(f"{self._name}: {self.words.text()}")
        self.bar.show_probability(probability, threshold, classes[1])


class DecisionLabel(PlainLabel):
    """ "PNEUMONIA, P = 0.46 (threshold 0.33)", the class in bold and as large as it can be.

    Where there is no room the threshold goes first, which the axis of the bars says too; only a class that is
    wider than the card is shortened. Those of one parent are written alike.
    """

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self._owner = parent
        self._parts: tuple[str, ...] = (NOTHING,)
        theme().changed.connect(self.update)

    def decide(self, *parts: str) -> None:
        """Show the class and what else there is to say of it, the least important last."""
        self._parts = parts
        self.setText("".join(parts))
        self.updateGeometry()
        for each in self._alike():
            each.update()

    def sizeHint(self) -> QSize:
        return QSize(self._width(len(self._parts), SIZES[0]), QFontMetrics(self._bold(SIZES[0])).height())

    def minimumSizeHint(self) -> QSize:
        least = min(self._width(2, SIZES[-1]), NAME_WIDTH)
        return QSize(least, self.sizeHint().height())

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: ARG002
        count, size = self._fitting()
        bold, rest = self._bold(size), "".join(self._parts[1:count])
        room = QRectF(self.contentsRect())
        beside = self.fontMetrics().horizontalAdvance(rest)
        name = QFontMetrics(bold).elidedText(
            self._parts[0], Qt.TextElideMode.ElideRight, int(room.width() - beside)
        )
        painter = QPainter(self)
        ground = room.bottom() - QFontMetrics(bold).descent()
        left = room.right() - beside - QFontMetrics(bold).horizontalAdvance(name)
        painter.setPen(QColor(theme().palette.text))
        painter.setFont(bold)
        painter.drawText(int(left), int(ground), name)
        painter.setFont(self.font())
        painter.drawText(int(room.right() - beside), int(ground), rest)
        painter.end()

    def _alike(self) -> list[DecisionLabel]:
        return self._owner.findChildren(DecisionLabel)

    def _fitting(self) -> tuple[int, float]:
        """How many of the parts there is room for, and in which size."""
        choices = ((3, SIZES[0]), (2, SIZES[0]), (2, SIZES[1]))
        alike = self._alike()
        return next(
            (
                choice
                for choice in choices
                if all(each._width(*choice) <= each.contentsRect().width() for each in alike)
            ),
            choices[-1],
        )

    def _width(self, count: int, size: float) -> int:
        rest = "".join(self._parts[1:count])
        name = QFontMetrics(self._bold(size)).horizontalAdvance(self._parts[0])
        return name + self.fontMetrics().horizontalAdvance(rest) + 2

    def _bold(self, size: float) -> QFont:
        font = QFont(self.font())
        font.setPointSizeF(font.pointSizeF() * size)
        font.setWeight(QFont.Weight.DemiBold)
        return font


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
        words = "" if probability is None else f"P({positive}) = {probability:.4f}, threshold {threshold:.3g}"
        self.setToolTip(literal(words))
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(120, 14)

    def minimumSizeHint(self) -> QSize:
        return QSize(48, 14)

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: ARG002
        palette = theme().palette
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        track = QRectF(self.rect()).adjusted(1, 3, -1, -3)
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
            painter.drawLine(int(x), 0, int(x), self.height())
        painter.end()


class ProbabilityAxis(QWidget):
    """Below bars of a probability: 0 and 100 %, and the threshold at its tick."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        named(self, "probabilityAxis")
        self._threshold: float | None = None
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        theme().changed.connect(self.update)

    def show_threshold(self, threshold: float | None) -> None:
        """Label the tick of a threshold; None for no axis."""
        self._threshold = threshold
        self.setAccessibleName(", ".join(words for words, _ in self.words))
        self.update()

    @property
    def words(self) -> list[tuple[str, float]]:
        """What stands at which share of the axis, the most important first."""
        if self._threshold is None:
            return []
        return [(f"threshold {share_text(self._threshold)}", self._threshold), ("0 %", 0.0), ("100 %", 1.0)]

    def sizeHint(self) -> QSize:
        return QSize(120, AXIS)

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: ARG002
        painter = QPainter(self)
        painter.setPen(QColor(theme().palette.muted))
        taken: list[QRectF] = []
        for words, share in self.words:
            wide = self.fontMetrics().horizontalAdvance(words)
            left = min(max(share * self.width() - wide / 2, 0.0), max(self.width() - wide, 0.0))
            room = QRectF(left, 0, wide + 1, self.height())
            if not any(room.adjusted(-GRID, 0, GRID, 0).intersects(other) for other in taken):
                painter.drawText(room, Qt.AlignmentFlag.AlignCenter, words)
                taken.append(room)
        painter.end()


def share_text(probability: float) -> str:
    """A probability in two digits, in more where two would round it to 0 or 1: 0.46, 0.003, 0.9997."""
    if not 0 < probability < 1:
        return f"{probability:g}"
    digits = next((digits for digits in range(2, 7) if 0 < float(f"{probability:.{digits}f}") < 1), None)
    if digits is None:
        return "<0.000001" if probability < 0.5 else ">0.999999"
    return f"{probability:.{digits}f}"
