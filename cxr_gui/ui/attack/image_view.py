"""One view of a radiograph: painted from an image made when something changed, never while painting."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QPoint, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QImage,
    QLinearGradient,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
    QWheelEvent,
)
from PySide6.QtWidgets import QSizePolicy, QWidget

from cxr_gui.core.units import from_pixel
from cxr_gui.ui.attack.look import Look
from cxr_gui.ui.attack.plate import DIVERGING, DifferencePlate, Plate

# A reading room is dark whatever the window's theme: the chrome is themed, never the data.
GROUND = QColor("#000000")
INK = QColor("#e8eaed")
QUIET = QColor("#9aa0a6")
VEIL = QColor(0, 0, 0, 170)

HEADER = 26
COLOUR_BAR = 56
PIXELATED_FROM = 6.0
DRAG_OF_FULL_WINDOW = 400.0
WHEEL_STEP = 1.0015

ACTIONS = {
    Qt.MouseButton.LeftButton: "window",
    Qt.MouseButton.MiddleButton: "pan",
    Qt.MouseButton.RightButton: "zoom",
}


class ImageView(QWidget):
    """Shows a plate under a look shared with other views.

    Drag with the left button for window/level, middle (or Shift and left) to pan, right to zoom; the wheel
    zooms at the cursor. `maximiseRequested` is a double-click.
    """

    maximiseRequested = Signal()

    def __init__(self, look: Look, name: str, title: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.look = look
        self.plate: Plate | None = None
        self.placeholder = ""
        self._title = title
        self._image: QImage | None = None
        self._drag: tuple[str, QPointF, QPointF] | None = None
        self.setObjectName(name)
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self.setMouseTracking(True)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setCursor(Qt.CursorShape.CrossCursor)
        self._name_for_readers()
        look.windowChanged.connect(self._render)
        look.placeChanged.connect(self.update)
        look.cursorChanged.connect(self.update)

    @property
    def label(self) -> str:
        """What the view says it shows."""
        return self.plate.label if self.plate is not None else self._title

    def set_plate(self, plate: Plate | None, placeholder: str = "") -> None:
        """Show a plate, or nothing and a word about why."""
        self.plate, self.placeholder = plate, placeholder
        self._name_for_readers()
        self._render()

    def sizeHint(self) -> QSize:
        return QSize(400, 360)

    def minimumSizeHint(self) -> QSize:
        return QSize(160, 140)

    def area(self) -> QRectF:
        """The part of the widget below the label, where the image lies."""
        return QRectF(0, HEADER, self.width(), max(self.height() - HEADER, 1))

    def _name_for_readers(self) -> None:
        self.setAccessibleName(self.label)
        self.setAccessibleDescription(self.placeholder)

    def _render(self) -> None:
        self._image = None if self.plate is None else self.plate.image(self.look)
        self.update()

    # -- painting ----------------------------------------------------------------------------------------

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: ARG002
        painter = QPainter(self)
        painter.fillRect(self.rect(), GROUND)
        if self._image is not None:
            self._paint_image(painter, self._image)
            self._paint_words(painter)
        elif self.placeholder:
            painter.setPen(QUIET)
            inside = self.area().adjusted(24, 0, -24, 0)
            painter.drawText(
                inside, Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap, self.placeholder
            )
        self._paint_header(painter)
        painter.end()

    def _paint_image(self, painter: QPainter, image: QImage) -> None:
        area = self.area()
        frame = self.look.frame(area)
        painter.save()
        painter.setClipRect(area)
        magnification = frame.height() / image.height()
        smooth = magnification < (1.0 if isinstance(self.plate, DifferencePlate) else PIXELATED_FROM)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, smooth)
        painter.drawImage(frame, image)
        self._paint_crosshair(painter, frame)
        painter.restore()

    def _paint_crosshair(self, painter: QPainter, frame: QRectF) -> None:
        """In the other views: where the cursor of this one is."""
        if self.look.cursor is None or self.underMouse():
            return
        cursor = self.look.cursor
        at = frame.topLeft() + QPointF(cursor.x() * frame.width(), cursor.y() * frame.height())
        for colour, width in ((VEIL, 3), (INK, 1)):
            painter.setPen(QPen(colour, width))
            for arm in (QPointF(7, 0), QPointF(0, 7)):
                painter.drawLine(at - arm, at - arm * 0.35)
                painter.drawLine(at + arm * 0.35, at + arm)

    def _paint_header(self, painter: QPainter) -> None:
        strip = QRectF(0, 0, self.width(), HEADER)
        painter.fillRect(strip, GROUND)
        bar = self._paint_colour_bar(painter, self.plate) if isinstance(self.plate, DifferencePlate) else 0.0
        font = painter.font()
        font.setBold(True)
        painter.setFont(font)
        painter.setPen(INK if self.plate is not None else QUIET)
        inside = strip.adjusted(10, 0, -10 - bar, 0)
        text = painter.fontMetrics().elidedText(self.label, Qt.TextElideMode.ElideRight, int(inside.width()))
        painter.drawText(inside, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft, text)

    def _paint_words(self, painter: QPainter) -> None:
        assert self.plate is not None  # noqa: S101
        if self.look.cursor is not None:
            self._paint_note(painter, self.plate.value_at(self.look.cursor), Qt.AlignmentFlag.AlignLeft)
        if not isinstance(self.plate, DifferencePlate):
            window = self.look.window
            level, width = from_pixel(window.centre, "255"), from_pixel(window.width, "255")
            inverted = "  inverted" if self.look.inverted else ""
            self._paint_note(painter, f"L {level:.0f}  W {width:.0f}{inverted}", Qt.AlignmentFlag.AlignRight)
            if self._drag is not None and self._drag[0] == "window":
                self._paint_histogram(painter, self.plate)
        if self.look.height_mm is not None:
            self._paint_scale(painter, self.look.height_mm)

    def _paint_note(self, painter: QPainter, text: str, side: Qt.AlignmentFlag) -> None:
        if not text:
            return
        inside = QRectF(self.rect()).adjusted(6, 0, -6, -6)
        where = side | Qt.AlignmentFlag.AlignBottom
        box = painter.boundingRect(inside, where, text)
        painter.fillRect(box.adjusted(-4, -2, 4, 2), VEIL)
        painter.setPen(INK)
        painter.drawText(inside, where, text)

    def _paint_histogram(self, painter: QPainter, plate: Plate) -> None:
        """While the window is dragged: where the values lie, and the ramp from black to white over them."""
        box = QRectF(10, HEADER + 8, 150, 64)
        painter.fillRect(box.adjusted(-4, -4, 4, 4), VEIL)
        step = box.width() / len(plate.histogram)
        for number, height in enumerate(plate.histogram):
            bar = QRectF(box.left() + number * step, box.bottom(), step, -height * box.height())
            painter.fillRect(bar, QUIET)
        window = self.look.window
        ends = [(window.low, 0.0), (window.low + window.width, 1.0)]
        if self.look.inverted:
            ends = [(ends[0][0], 1.0), (ends[1][0], 0.0)]
        ramp = [QPointF(box.left() + x * box.width(), box.bottom() - y * box.height()) for x, y in ends]
        painter.save()
        painter.setClipRect(box)
        painter.setPen(QPen(INK, 1.5))
        painter.drawPolyline([QPointF(box.left(), ramp[0].y()), *ramp, QPointF(box.right(), ramp[1].y())])
        painter.restore()

    def _paint_colour_bar(self, painter: QPainter, plate: DifferencePlate) -> float:
        """In the header, where it covers nothing: the map from -limit to +limit. Returns its width."""
        level = from_pixel(plate.limit, "255")
        low, high = f"\N{MINUS SIGN}{level:.3g}", f"+{level:.3g} /255"
        metrics = painter.fontMetrics()
        right = self.width() - 10.0
        bar = QRectF(right - metrics.horizontalAdvance(high) - COLOUR_BAR - 6, 8, COLOUR_BAR, HEADER - 16)
        start = bar.left() - metrics.horizontalAdvance(low) - 6
        gradient = QLinearGradient(bar.topLeft(), bar.topRight())
        for step in range(0, 256, 15):
            gradient.setColorAt(step / 255, QColor(*(int(channel) for channel in DIVERGING[step])))
        painter.fillRect(bar, gradient)
        painter.setPen(QUIET)
        middle = Qt.AlignmentFlag.AlignVCenter
        painter.drawText(QRectF(start, 0, right, HEADER), middle, low)
        painter.drawText(QRectF(bar.right() + 6, 0, right, HEADER), middle, high)
        return self.width() - start

    def _paint_scale(self, painter: QPainter, height_mm: float) -> None:
        """At the right edge, a bar of so many centimetres: only where the detector's spacing is known."""
        area = self.area()
        a_millimetre = self.look.frame(area).height() / height_mm
        length = next((mm for mm in (100, 50, 20, 10, 5) if mm * a_millimetre < area.height() * 0.5), 5)
        x, middle, reach = area.right() - 12, area.center().y(), length * a_millimetre / 2
        words = f"{length / 10:g} cm"
        room = painter.fontMetrics().horizontalAdvance(words)
        painter.fillRect(QRectF(x - 4, middle - reach - 4, 12, 2 * reach + 8), VEIL)
        painter.fillRect(QRectF(x - room - 16, middle - 10, room + 12, 20), VEIL)
        painter.setPen(QPen(INK, 1.5))
        painter.drawLine(QPointF(x, middle - reach), QPointF(x, middle + reach))
        for y in (middle - reach, middle, middle + reach):
            painter.drawLine(QPointF(x, y), QPointF(x + 5, y))
        painter.drawText(
            QRectF(x - room - 10, middle - 10, room + 2, 20), Qt.AlignmentFlag.AlignVCenter, words
        )

    # -- mouse -------------------------------------------------------------------------------------------

    def mousePressEvent(self, event: QMouseEvent) -> None:
        action = ACTIONS.get(event.button())
        if action is None or self.plate is None:
            return
        if event.modifiers() & Qt.KeyboardModifier.ShiftModifier:
            action = "pan"
        self._drag = (action, event.position(), event.position())

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if self._drag is not None:
            action, start, last = self._drag
            self._drag = (action, start, event.position())
            self._dragged(action, start, event.position() - last)
        if self.plate is not None:
            self.look.set_cursor(self.look.place(event.position(), self.area()))

    def _dragged(self, action: str, start: QPointF, step: QPointF) -> None:
        if action == "pan":
            self.look.pan(step, self.area())
        elif action == "zoom":
            self.look.magnify(WHEEL_STEP ** (-4 * step.y()), start, self.area())
        else:
            share = step / DRAG_OF_FULL_WINDOW
            self.look.set_window(self.look.window.moved(centre=share.y(), width=share.x()))

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:  # noqa: ARG002
        self._drag = None
        self.update()

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton:
            self.maximiseRequested.emit()

    def wheelEvent(self, event: QWheelEvent) -> None:
        turn: QPoint = event.angleDelta()
        if self.plate is not None and turn.y():
            self.look.magnify(WHEEL_STEP ** turn.y(), event.position(), self.area())
        event.accept()

    def leaveEvent(self, event: QEvent) -> None:  # noqa: ARG002
        self.look.set_cursor(None)
