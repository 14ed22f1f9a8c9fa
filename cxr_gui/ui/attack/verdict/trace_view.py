"""This radiograph's probability over epsilon, on the slider's own scale; a click moves the slider."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from PySide6.QtCore import QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QMouseEvent, QPainter, QPaintEvent, QPen, QPolygonF
from PySide6.QtWidgets import QSizePolicy, QWidget

from cxr_gui.core.base.decisions import probability
from cxr_gui.core.base.units import to_pixel
from cxr_gui.ui.attack.settings.bracket import Bracket, paint_bracket
from cxr_gui.ui.attack.settings.epsilon import epsilon_at, share_of
from cxr_gui.ui.widgets.elided import shortened
from cxr_gui.ui.widgets.epsilon_unit import epsilons
from cxr_gui.ui.widgets.factories import named
from cxr_gui.ui.widgets.theme import theme

if TYPE_CHECKING:
    from cxr_gui.core.inspect import FilmProof, Inspection
    from cxr_gui.session import Trace

TRACING = "Following the probability over epsilon \N{HORIZONTAL ELLIPSIS}"
ONLY_SINGLE_STEP = "The probability over epsilon is drawn for single-step attacks, such as FGSM."
TICKS = {"model": (0.0, 0.005, 0.02, 0.05, 0.1, 0.2), "255": (0.0, 0.5, 2.0, 5.0, 10.0, 25.0)}
LEFT, RIGHT, TOP, BOTTOM = 46, 10, 20, 18
BAND = 8  # height of the bracket
GAP = 12  # between the two headings


class TraceView(QWidget):
    """P(positive) from 0 to 100 %, with the threshold, the critical epsilon and where the slider stands."""

    epsilonChosen = Signal(float)  # pixel units
    bracketChanged = Signal(Bracket)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._trace: Trace | None = None
        self._inspection: Inspection | None = None
        self._proof: FilmProof | None = None
        tip = "P(positive) of this radiograph over epsilon; click to go to an epsilon"
        named(self, "traceView", "Probability of this radiograph over epsilon", tip)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        theme().changed.connect(self.update)
        epsilons().changed.connect(self._tell)

    @property
    def sentence(self) -> str:
        """Where the decision flips, in words."""
        if self._trace is None:
            return ""
        if self._trace.critical == 0:
            return "Wrong at epsilon 0"
        if math.isinf(self._trace.critical):
            return f"Does not flip up to {epsilons().both(self._trace.epsilons[-1])}"
        return f"Flips at {epsilons().both(self._trace.critical)}"

    def _wordings(self) -> tuple[str, str]:
        """The sentence, and in one unit alone, for where it does not fit."""
        return self.sentence, self.sentence.partition(" (")[0]

    @property
    def bracket(self) -> Bracket:
        """Where the decision is proven, and where this attack flips it.

        Proven is the L-infinity ball: under an attack in another norm the axis is another one.
        """
        critical = math.inf if self._trace is None else self._trace.critical
        inside = self._inspection is None or self._inspection.in_linf
        return Bracket(self._proof.radius if self._proof is not None and inside else 0.0, critical)

    def show_trace(self, trace: Trace | None) -> None:
        self._trace = trace
        self._tell()

    def show_proof(self, proof: FilmProof | None) -> None:
        self._proof = proof
        self._tell()

    def _tell(self) -> None:
        self.setAccessibleDescription(self.sentence)
        self.bracketChanged.emit(self.bracket)
        self.update()

    def show_inspection(self, inspection: Inspection | None) -> None:
        """Mark where this inspection lies on the curve."""
        self._inspection = inspection
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(260, 130)

    def minimumSizeHint(self) -> QSize:
        return QSize(160, 84)

    # -- painting ----------------------------------------------------------------------------------------

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: ARG002
        if self._inspection is None:
            return
        palette = theme().palette
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if self._trace is None:
            painter.setPen(QColor(palette.muted))
            words = TRACING if self._inspection.attack.single_step else ONLY_SINGLE_STEP
            painter.drawText(self.rect(), Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap, words)
            painter.end()
            return
        if self.bracket.sentence():
            paint_bracket(painter, self.bracket, self._trace.epsilons[-1], self._band)
        self._paint_axes(painter, self._inspection)
        painter.setPen(QPen(QColor(palette.accent), 2))
        pairs = zip(self._trace.epsilons, self._trace.probabilities, strict=True)
        painter.drawPolyline(QPolygonF([self._at(epsilon, share) for epsilon, share in pairs]))
        if 0 < self._trace.critical < math.inf:
            painter.setPen(QPen(QColor(palette.bad), 1.5, Qt.PenStyle.DotLine))
            painter.drawLine(self._at(self._trace.critical, 0), self._at(self._trace.critical, 1))
        here = self._at(self._inspection.epsilon, self._inspection.probability)
        painter.setPen(QPen(QColor(palette.panel), 1.5))
        painter.setBrush(QColor(palette.accent))
        painter.drawEllipse(here, 5, 5)
        painter.end()

    def _paint_axes(self, painter: QPainter, inspection: Inspection) -> None:
        palette = theme().palette
        box = self._box()
        painter.setPen(QColor(palette.muted))
        heading = QRectF(0, 0, self.width(), TOP - 4)
        advance = painter.fontMetrics().horizontalAdvance
        title = shortened(f"P({inspection.classes[1]})", self, self.width())
        room = self.width() - advance(title) - GAP
        sentence = next((words for words in self._wordings() if advance(words) <= room), "")
        painter.drawText(heading, Qt.AlignmentFlag.AlignLeft, title)
        painter.drawText(heading, Qt.AlignmentFlag.AlignRight, sentence)
        threshold = probability(inspection.threshold_logit)
        for share in (0.0, 1.0):
            painter.setPen(QColor(palette.line))
            painter.drawLine(self._at(0, share), QPointF(box.right(), self._at(0, share).y()))
            painter.setPen(QColor(palette.muted))
            words = QRectF(0, self._at(0, share).y() - 8, LEFT - 6, 16)
            painter.drawText(
                words, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, f"{100 * share:.0f} %"
            )
        painter.setPen(QPen(QColor(palette.muted), 1, Qt.PenStyle.DashLine))
        painter.drawLine(self._at(0, threshold), QPointF(box.right(), self._at(0, threshold).y()))
        painter.setPen(QColor(palette.muted))
        taken = -math.inf
        unit = epsilons().unit
        *ticks, last = TICKS[unit]
        for tick in (*ticks, last):
            said = f"{tick:g}" if tick != last else epsilons().shown(to_pixel(tick, unit))
            half = advance(said) / 2
            x = min(self._at(to_pixel(tick, unit), 0).x(), self.width() - half)
            if x - half > taken:
                taken = x + half + GAP / 2
                words = QRectF(x - half - 1, box.bottom() + 2, 2 * half + 2, BOTTOM - 2)
                painter.drawText(words, Qt.AlignmentFlag.AlignHCenter | Qt.AlignmentFlag.AlignTop, said)

    def _box(self) -> QRectF:
        return QRectF(self.rect()).adjusted(LEFT, TOP, -RIGHT, -BOTTOM)

    def _band(self, start: float, end: float) -> QRectF:
        """A strip at the foot of the box from one epsilon to another."""
        left, right = self._at(start, 0), self._at(end, 0)
        return QRectF(left.x(), left.y() - BAND, right.x() - left.x(), BAND)

    def _at(self, epsilon: float, probability: float) -> QPointF:
        box = self._box()
        return QPointF(
            box.left() + share_of(epsilon) * box.width(), box.bottom() - probability * box.height()
        )

    # -- mouse -------------------------------------------------------------------------------------------

    def mousePressEvent(self, event: QMouseEvent) -> None:
        self._choose(event)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        self._choose(event)

    def _choose(self, event: QMouseEvent) -> None:
        if self._trace is not None and event.buttons() & Qt.MouseButton.LeftButton:
            box = self._box()
            self.epsilonChosen.emit(
                epsilon_at(min(max((event.position().x() - box.left()) / box.width(), 0.0), 1.0))
            )
