"""One view of a radiograph: painted from an image made when something changed, never while painting."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QPoint, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QImage, QMouseEvent, QPainter, QPaintEvent, QWheelEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from cxr_gui.core.base.units import from_pixel
from cxr_gui.ui.attack.viewer.annotations import (
    GROUND,
    INK,
    QUIET,
    paint_colour_bar,
    paint_crosshair,
    paint_histogram,
    paint_note,
    paint_ruler,
    paint_scale,
)
from cxr_gui.ui.attack.viewer.compare import GRIP, CompareMode, lens_path, paint_divider, paint_rim
from cxr_gui.ui.attack.viewer.look import Look
from cxr_gui.ui.attack.viewer.plate import DifferencePlate, Plate
from cxr_gui.ui.widgets.factories import named

HEADER = 26
LINE = 28
PIXELATED_FROM = 6.0
DRAG_OF_FULL_WINDOW = 400.0
WHEEL_STEP = 1.0015


class ImageView(QWidget):
    """Shows a plate under a look shared with other views.

    Dragging does what the look's bindings say, with Shift it pans, with Ctrl it measures; the wheel zooms at
    the cursor.
    `maximiseRequested` is a double-click. `other`, a second plate, is compared with the first one: left of
    `divider`, a share of the view's width, or in a lens at the cursor.
    """

    maximiseRequested = Signal()

    def __init__(self, look: Look, name: str, title: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.look = look
        self.plate: Plate | None = None
        self.other: Plate | None = None
        self.comparison = CompareMode.NONE
        self.divider = 0.5
        self.placeholder = ""
        self._title = title
        self._image: QImage | None = None
        self._other_image: QImage | None = None
        self._drag: tuple[str, QPointF, QPointF] | None = None
        named(self, name)
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self.setMouseTracking(True)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setCursor(Qt.CursorShape.CrossCursor)
        self._name_for_readers()
        look.windowChanged.connect(self._render)
        look.placeChanged.connect(self.update)
        look.cursorChanged.connect(self.update)
        look.overlayChanged.connect(self.update)

    @property
    def label(self) -> str:
        """What the view says it shows."""
        if self.plate is None:
            return self._title
        if self.comparison is CompareMode.SWIPE and self.other is not None:
            return f"{self.other.word} | {self.plate.label}"
        return self.plate.label

    def set_plate(self, plate: Plate | None, placeholder: str = "") -> None:
        """Show a plate, or nothing and a word about why."""
        self.plate, self.placeholder = plate, placeholder
        self._name_for_readers()
        self._render()

    def compare(self, other: Plate | None, comparison: CompareMode) -> None:
        """Show a second plate in this one's place, in part; None for this one alone."""
        self.other, self.comparison = other, comparison if other is not None else CompareMode.NONE
        self._name_for_readers()
        self._other_image = None if other is None else other.image(self.look)
        self.update()

    def set_divider(self, share: float) -> None:
        """Put the divider at a share of the view's width."""
        self.divider = min(max(share, 0.0), 1.0)
        self._name_for_readers()
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(400, 360)

    def minimumSizeHint(self) -> QSize:
        return QSize(160, 140)

    def area(self) -> QRectF:
        """The part of the widget below the label, where the image lies."""
        return QRectF(0, HEADER, self.width(), max(self.height() - HEADER, 1))

    @property
    def magnification(self) -> float:
        """Dots of the screen for a pixel of what is shown; 1 where nothing is."""
        if self.plate is None:
            return 1.0
        dots: float = self.look.frame(self.area()).height() * self.devicePixelRatioF()
        rows: int = self.plate.values.shape[0]
        return round(dots / rows, 6)

    def _name_for_readers(self) -> None:
        self.setAccessibleName(self.label)
        swiping = self.comparison is CompareMode.SWIPE
        where = f"Divider at {100 * self.divider:.0f} % of the width" if swiping else ""
        self.setAccessibleDescription(self.placeholder or where)

    def _render(self) -> None:
        self._image = None if self.plate is None else self.plate.image(self.look)
        self._other_image = None if self.other is None else self.other.image(self.look)
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
        assert self.plate is not None  # noqa: S101
        area = self.area()
        frame = self.look.frame(area)
        painter.save()
        painter.setClipRect(area)
        self._paint_plate(painter, frame, self.plate, image)
        if self.other is not None and self._other_image is not None:
            if self.comparison is CompareMode.SWIPE:
                self._paint_swipe(painter, frame, self.plate, self.other, self._other_image)
            elif self.look.cursor is not None:
                self._paint_lens(painter, frame, self.look.cursor, self.other, self._other_image)
        if self.look.cursor is not None and not self.underMouse():
            paint_crosshair(painter, _at(frame, self.look.cursor))
        if self.look.ruler is not None:
            start, end = (_at(frame, place) for place in self.look.ruler)
            paint_ruler(painter, start, end, self.look.measured)
        painter.restore()

    def _paint_plate(self, painter: QPainter, frame: QRectF, plate: Plate, image: QImage) -> None:
        """The image and what explains it."""
        magnification = frame.height() / image.height()
        smooth = magnification < (1.0 if isinstance(plate, DifferencePlate) else PIXELATED_FROM)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, smooth)
        painter.drawImage(frame, image)
        if plate.heat is not None:
            painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, True)
            painter.setOpacity(self.look.opacity)
            painter.drawImage(frame, plate.heat.image)
            painter.setOpacity(1.0)

    def _paint_swipe(
        self, painter: QPainter, frame: QRectF, plate: Plate, other: Plate, image: QImage
    ) -> None:
        area = self.area()
        painter.save()
        left = QRectF(area.left(), area.top(), self.divider * area.width(), area.height())
        painter.setClipRect(left, Qt.ClipOperation.IntersectClip)
        painter.fillRect(area, GROUND)
        self._paint_plate(painter, frame, other, image)
        painter.restore()
        paint_divider(painter, area, self.divider, _words(other), _words(plate))

    def _paint_lens(
        self, painter: QPainter, frame: QRectF, cursor: QPointF, other: Plate, image: QImage
    ) -> None:
        at = _at(frame, cursor)
        painter.save()
        painter.setClipPath(lens_path(at), Qt.ClipOperation.IntersectClip)
        painter.fillRect(self.area(), GROUND)
        self._paint_plate(painter, frame, other, image)
        painter.restore()
        paint_rim(painter, self.area(), at, _words(other))

    def _paint_header(self, painter: QPainter) -> None:
        strip = QRectF(0, 0, self.width(), HEADER)
        painter.fillRect(strip, GROUND)
        difference = self.plate if isinstance(self.plate, DifferencePlate) else None
        bar = 0.0 if difference is None else paint_colour_bar(painter, difference, strip)
        font = painter.font()
        font.setBold(True)
        painter.setFont(font)
        painter.setPen(INK if self.plate is not None else QUIET)
        inside = strip.adjusted(10, 0, -10 - bar, 0)
        text = painter.fontMetrics().elidedText(self.label, Qt.TextElideMode.ElideRight, int(inside.width()))
        painter.drawText(inside, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft, text)

    def _paint_words(self, painter: QPainter) -> None:
        assert self.plate is not None  # noqa: S101
        corners = self.area().adjusted(10, 8, -10, -8)
        flag = Qt.AlignmentFlag
        if self.look.cursor is not None:
            value = self.plate.value_at(self.look.cursor)
            paint_note(painter, corners, value, flag.AlignLeft | flag.AlignBottom)
        thinned = f", 1 pixel in {self.plate.step}" if self.plate.step > 1 else ""
        zoom = f"{100 * self.magnification:.0f} %{thinned}"
        if isinstance(self.plate, DifferencePlate):
            paint_note(painter, corners, zoom, flag.AlignRight | flag.AlignBottom)
        else:
            window = self.look.window
            level, width = from_pixel(window.centre, "255"), from_pixel(window.width, "255")
            inverted = "  inverted" if self.look.inverted else ""
            words = f"{zoom}   L {level:.0f}  W {width:.0f}{inverted}"
            paint_note(painter, corners, words, flag.AlignRight | flag.AlignBottom)
            if self.look.histogram or (self._drag is not None and self._drag[0] == "window"):
                below = QPointF(0, LINE if self.comparison is CompareMode.SWIPE else 0)
                paint_histogram(painter, self.plate, self.look, corners.topLeft() + below)
            if self.plate.heat is not None and self.comparison is not CompareMode.SWIPE:
                heat = self.plate.heat
                here = "" if self.look.cursor is None else f"   {heat.value_at(self.look.cursor)}"
                paint_note(painter, corners, f"{heat.title}{here}", flag.AlignRight | flag.AlignTop)
        if self.look.height_mm is not None:
            area = self.area()
            a_millimetre = self.look.frame(area).height() / self.look.height_mm
            paint_scale(painter, area, a_millimetre)

    # -- mouse -------------------------------------------------------------------------------------------

    def mousePressEvent(self, event: QMouseEvent) -> None:
        action = self.look.bindings.action(event.button())
        if action is None or self.plate is None:
            return
        if event.button() == Qt.MouseButton.LeftButton and self._on_divider(event.position()):
            action = "divide"
        elif event.modifiers() & Qt.KeyboardModifier.ShiftModifier:
            action = "pan"
        elif event.modifiers() & Qt.KeyboardModifier.ControlModifier:
            action = "measure"
            self._dragged(action, event.position(), event.position(), QPointF())
        self._drag = (action, event.position(), event.position())

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if self._drag is not None:
            action, start, last = self._drag
            self._drag = (action, start, event.position())
            self._dragged(action, start, event.position(), event.position() - last)
        elif self.comparison is CompareMode.SWIPE:
            beside = self._on_divider(event.position())
            self.setCursor(Qt.CursorShape.SplitHCursor if beside else Qt.CursorShape.CrossCursor)
        if self.plate is not None:
            self.look.set_cursor(self.look.place(event.position(), self.area()))

    def _on_divider(self, position: QPointF) -> bool:
        away = abs(position.x() - self.divider * self.width())
        return self.comparison is CompareMode.SWIPE and away <= GRIP and position.y() >= HEADER

    def _dragged(self, action: str, start: QPointF, position: QPointF, step: QPointF) -> None:
        if action == "divide":
            self.set_divider(position.x() / self.width())
        elif action == "measure":
            self.look.measure(*(self.look.place(each, self.area()) for each in (start, position)))
        elif action == "pan":
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


def _at(frame: QRectF, place: QPointF) -> QPointF:
    """Where a place (fractions of the image) lies."""
    return frame.topLeft() + QPointF(place.x() * frame.width(), place.y() * frame.height())


def _words(plate: Plate) -> str:
    """Which image this is and what explains it."""
    return plate.word if plate.heat is None else f"{plate.word}, {plate.heat.words}"
