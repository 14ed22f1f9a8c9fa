"""Two images in one view: a divider to swipe between them, or a lens that shows the other one."""

from __future__ import annotations

from enum import Enum

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QPainter, QPainterPath, QPen

from cxr_gui.ui.attack.viewer.annotations import INK, VEIL, paint_note

GRIP = 9.0
"""Half the width, in pixels, in which the divider is caught."""
LENS = 72.0
"""The lens's radius in pixels."""
MARGIN = 10


class CompareMode(Enum):
    """How a view shows another image: beside a divider, or in a lens, which may show the difference."""

    NONE = "none"
    SWIPE = "swipe"
    LENS = "lens"
    DIFFERENCE = "difference"


def paint_divider(painter: QPainter, area: QRectF, share: float, left: str, right: str) -> None:
    """The divider with its grip, and on each side what is shown there."""
    x = area.left() + share * area.width()
    for colour, width in ((VEIL, 4), (INK, 1.5)):
        painter.setPen(QPen(colour, width))
        painter.drawLine(QPointF(x, area.top()), QPointF(x, area.bottom()))
    grip = QPointF(x, area.center().y())
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setBrush(VEIL)
    painter.drawEllipse(grip, GRIP + 3, GRIP + 3)
    for side in (-1, 1):
        tip, back = QPointF(8.0 * side, 0), 4.0 * side
        painter.drawPolyline([grip + QPointF(back, -4), grip + tip, grip + QPointF(back, 4)])
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
    top = Qt.AlignmentFlag.AlignTop
    rooms = (
        (QRectF(area.left() + MARGIN, area.top() + 8, x - area.left() - 2 * MARGIN, 20), left, "right"),
        (QRectF(x + MARGIN, area.top() + 8, area.right() - x - 2 * MARGIN, 20), right, "left"),
    )
    for room, words, side_of in rooms:
        align = Qt.AlignmentFlag.AlignRight if side_of == "right" else Qt.AlignmentFlag.AlignLeft
        paint_note(painter, room, words, align | top)


def lens_path(at: QPointF) -> QPainterPath:
    path = QPainterPath()
    path.addEllipse(at, LENS, LENS)
    return path


def paint_rim(painter: QPainter, area: QRectF, at: QPointF, words: str) -> None:
    """The lens's rim and, below it or above it where there is no room, what is seen in it."""
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    for colour, width in ((VEIL, 4), (INK, 1.5)):
        painter.setPen(QPen(colour, width))
        painter.drawPath(lens_path(at))
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
    below = at.y() + LENS + 8
    top = below if below + 20 < area.bottom() else at.y() - LENS - 28
    room = QRectF(at.x() - 160, top, 320, 20).intersected(area.adjusted(4, 0, -4, 0))
    paint_note(painter, room, words, Qt.AlignmentFlag.AlignHCenter | Qt.AlignmentFlag.AlignVCenter)
