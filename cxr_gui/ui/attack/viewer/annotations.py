"""What is drawn over an image in a view: notes, the crosshair, the scale, the histogram, the colour bar."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF, QSizeF, Qt
from PySide6.QtGui import QColor, QLinearGradient, QPainter, QPen

from cxr_gui.core.base.units import from_pixel
from cxr_gui.core.inspect import DIVERGING
from cxr_gui.ui.attack.viewer.look import Look
from cxr_gui.ui.attack.viewer.plate import DifferencePlate, Plate

# A reading room is dark whatever the window's theme: the chrome is themed, never the data.
GROUND = QColor("#000000")
INK = QColor("#e8eaed")
QUIET = QColor("#9aa0a6")
VEIL = QColor(0, 0, 0, 170)

COLOUR_BAR = 40


def paint_note(painter: QPainter, room: QRectF, text: str, where: Qt.AlignmentFlag) -> None:
    """A few words on a veil, in a corner of `room`; shortened where they do not fit."""
    shown = painter.fontMetrics().elidedText(text, Qt.TextElideMode.ElideRight, int(room.width()))
    if not text or len(shown) < 2:
        return
    box = painter.boundingRect(room, where, shown)
    painter.fillRect(box.adjusted(-4, -2, 4, 2), VEIL)
    painter.setPen(INK)
    painter.drawText(room, where, shown)


def paint_crosshair(painter: QPainter, at: QPointF) -> None:
    """A cross that leaves its middle free."""
    for colour, width in ((VEIL, 3), (INK, 1)):
        painter.setPen(QPen(colour, width))
        for arm in (QPointF(7, 0), QPointF(0, 7)):
            painter.drawLine(at - arm, at - arm * 0.35)
            painter.drawLine(at + arm * 0.35, at + arm)


def paint_ruler(painter: QPainter, start: QPointF, end: QPointF, words: str) -> None:
    """A line with both ends marked, and its length beside its middle."""
    for colour, width in ((VEIL, 5), (INK, 1.5)):
        painter.setPen(QPen(colour, width))
        painter.drawLine(start, end)
        for tip in (start, end):
            painter.drawEllipse(tip, 3, 3)
    beside = QRectF((start + end) / 2 + QPointF(10, -10), QSizeF(400, 20))
    paint_note(painter, beside, words, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)


def paint_histogram(painter: QPainter, plate: Plate, look: Look, corner: QPointF) -> None:
    """Where the values lie, and the window over them: its ramp from black to white."""
    box = QRectF(corner.x(), corner.y(), 150, 64)
    painter.fillRect(box.adjusted(-4, -4, 4, 4), VEIL)
    step = box.width() / len(plate.histogram)
    for number, height in enumerate(plate.histogram):
        bar = QRectF(box.left() + number * step, box.bottom(), step, -height * box.height())
        painter.fillRect(bar, QUIET)
    window = look.window
    ends = [(window.low, 0.0), (window.low + window.width, 1.0)]
    if look.inverted:
        ends = [(ends[0][0], 1.0), (ends[1][0], 0.0)]
    ramp = [QPointF(box.left() + x * box.width(), box.bottom() - y * box.height()) for x, y in ends]
    painter.save()
    painter.setClipRect(box)
    painter.setPen(QPen(INK, 1.5))
    painter.drawPolyline([QPointF(box.left(), ramp[0].y()), *ramp, QPointF(box.right(), ramp[1].y())])
    painter.restore()


def paint_colour_bar(painter: QPainter, plate: DifferencePlate, header: QRectF) -> float:
    """In the header, where it covers nothing: the map from -limit to +limit. Returns its width."""
    level = from_pixel(plate.limit, "255")
    low, high = f"\N{MINUS SIGN}{level:.2g}", f"+{level:.2g} /255"
    metrics = painter.fontMetrics()
    right = header.right() - 10.0
    left = right - metrics.horizontalAdvance(high) - COLOUR_BAR - 6
    bar = QRectF(left, header.top() + 8, COLOUR_BAR, header.height() - 16)
    start = bar.left() - metrics.horizontalAdvance(low) - 6
    gradient = QLinearGradient(bar.topLeft(), bar.topRight())
    for step in range(0, 256, 15):
        gradient.setColorAt(step / 255, QColor(*(int(channel) for channel in DIVERGING[step])))
    painter.fillRect(bar, gradient)
    painter.setPen(QUIET)
    for x, text in ((start, low), (bar.right() + 6, high)):
        room = QRectF(x, header.top(), right, header.height())
        painter.drawText(room, Qt.AlignmentFlag.AlignVCenter, text)
    return header.right() - start


def paint_scale(painter: QPainter, area: QRectF, a_millimetre: float) -> None:
    """At the right edge, a bar of so many centimetres; `a_millimetre` of the body in units of `area`."""
    length = next((mm for mm in (100, 50, 20, 10, 5) if mm * a_millimetre < area.height() * 0.5), 5)
    x, middle, reach = area.right() - 12, area.center().y(), length * a_millimetre / 2
    words = f"{length} mm"
    room = painter.fontMetrics().horizontalAdvance(words)
    painter.fillRect(QRectF(x - 4, middle - reach - 4, 12, 2 * reach + 8), VEIL)
    painter.fillRect(QRectF(x - room - 16, middle - 10, room + 12, 20), VEIL)
    painter.setPen(QPen(INK, 1.5))
    painter.drawLine(QPointF(x, middle - reach), QPointF(x, middle + reach))
    for y in (middle - reach, middle, middle + reach):
        painter.drawLine(QPointF(x, y), QPointF(x + 5, y))
    painter.drawText(QRectF(x - room - 10, middle - 10, room + 2, 20), Qt.AlignmentFlag.AlignVCenter, words)
