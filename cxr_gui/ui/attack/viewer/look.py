"""How the linked views show their images: one window, one zoom, one place, one cursor for all of them."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QObject, QPointF, QRectF, QSizeF, Signal

from cxr_gui.ui.attack.viewer.mouse import Bindings

NARROWEST = 1 / 255
MAGNIFICATION = (0.1, 64.0)


@dataclass(frozen=True)
class Window:
    """The range of values spread from black to white, in pixel units."""

    centre: float = 0.5
    width: float = 1.0

    @property
    def low(self) -> float:
        return self.centre - self.width / 2

    def moved(self, centre: float, width: float) -> Window:
        """This window with `centre` and `width` added, kept where it still shows something."""
        return Window(
            centre=min(max(self.centre + centre, 0.0), 1.0),
            width=min(max(self.width + width, NARROWEST), 2.0),
        )


@dataclass(frozen=True)
class Preset:
    """A window by name. percentiles of the radiograph's own values, or None for everything from 0 to 1."""

    title: str
    percentiles: tuple[float, float] | None

    def window(self, values: NDArray[np.floating]) -> Window:
        if self.percentiles is None:
            return Window()
        low, high = (float(value) for value in np.percentile(values, self.percentiles))
        return Window((low + high) / 2, max(high - low, NARROWEST))


PRESETS = (
    Preset("Full range", None),
    Preset("Fitted to the image", (1, 99)),
    Preset("Lungs", (1, 60)),
    Preset("Mediastinum", (40, 99.5)),
    Preset("High contrast", (20, 80)),
)


class Look(QObject):
    """What the views have in common. Places are fractions of the image, so its resolution does not matter.

    aspect  the radiograph's width over its height, as the body was, not as the classifier squeezes it
    zoom    1 shows the whole image; centre is the place in the middle of each view
    opacity of an explanation over the images, 0..1
    ruler   from where to where it lies; None where nothing is measured
    """

    windowChanged = Signal()
    placeChanged = Signal()
    cursorChanged = Signal()
    overlayChanged = Signal()  # what is drawn over the images: histogram, ruler, how opaque an explanation is
    bindingsChanged = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.window = Window()
        self.inverted = False
        self.aspect = 1.0
        self.height_mm: float | None = None
        self.zoom = 1.0
        self.centre = QPointF(0.5, 0.5)
        self.cursor: QPointF | None = None
        self.ruler: tuple[QPointF, QPointF] | None = None
        self.histogram = False
        self.opacity = 0.6
        self.bindings = Bindings()

    def set_window(self, window: Window, *, inverted: bool | None = None) -> None:
        self.window = window
        self.inverted = self.inverted if inverted is None else inverted
        self.windowChanged.emit()

    def invert(self) -> None:
        self.set_window(self.window, inverted=not self.inverted)

    def set_shape(self, aspect: float, height_mm: float | None) -> None:
        """Take the proportions of a radiograph, and its height where the detector's spacing is known."""
        self.aspect, self.height_mm, self.ruler = aspect, height_mm, None
        self.placeChanged.emit()

    def set_cursor(self, place: QPointF | None) -> None:
        self.cursor = place
        self.cursorChanged.emit()

    def move_cursor(self, right: float, down: float) -> None:
        """Move the cursor by shares of the image; it starts in the middle of what is seen."""
        at = (self.cursor or self.centre) + QPointF(right, down)
        self.set_cursor(QPointF(min(max(at.x(), 0.0), 0.9999), min(max(at.y(), 0.0), 0.9999)))

    def measure(self, start: QPointF, end: QPointF) -> None:
        """Lay the ruler from one place to another; away with it where they are the same."""
        self.ruler = (start, end) if start != end else None
        self.overlayChanged.emit()

    @property
    def measured(self) -> str:
        """How long the ruler is, in words: mm at the detector where its spacing is known."""
        if self.ruler is None:
            return ""
        way = self.ruler[1] - self.ruler[0]
        heights = math.hypot(way.x() * self.aspect, way.y())
        if self.height_mm is None:
            return f"{100 * heights:.1f} % of the height (no spacing in the file)"
        return f"{heights * self.height_mm:.1f} mm"

    def show_histogram(self, on: bool) -> None:
        """Keep the histogram with the window in sight, not only while the window is dragged."""
        self.histogram = on
        self.overlayChanged.emit()

    def set_opacity(self, opacity: float) -> None:
        self.opacity = opacity
        self.overlayChanged.emit()

    def set_bindings(self, bindings: Bindings) -> None:
        """Say which mouse button does what."""
        if bindings != self.bindings:
            self.bindings = bindings
            self.bindingsChanged.emit()

    def reset(self) -> None:
        """Everything as at the start: full window, not inverted, the whole image."""
        self.zoom, self.centre, self.ruler = 1.0, QPointF(0.5, 0.5), None
        self.placeChanged.emit()
        self.set_window(Window(), inverted=False)

    def frame(self, area: QRectF) -> QRectF:
        """Where the whole image lies when it is shown in `area`."""
        height = min(area.height(), area.width() / self.aspect) * self.zoom
        size = QSizeF(height * self.aspect, height)
        middle = QPointF(self.centre.x() * size.width(), self.centre.y() * size.height())
        return QRectF(area.center() - middle, size)

    def place(self, position: QPointF, area: QRectF) -> QPointF:
        """The place in the image under a position in `area`; outside 0..1 beside the image."""
        frame = self.frame(area)
        offset = position - frame.topLeft()
        return QPointF(offset.x() / frame.width(), offset.y() / frame.height())

    def magnify(self, factor: float, position: QPointF, area: QRectF) -> None:
        """Zoom so that the place under `position` stays under it."""
        before = self.place(position, area)
        self.zoom = min(max(self.zoom * factor, MAGNIFICATION[0]), MAGNIFICATION[1])
        self.centre += before - self.place(position, area)
        self._keep_in_sight()

    def set_zoom(self, zoom: float) -> None:
        """Zoom about the middle of what is seen; 1 shows the whole image."""
        self.zoom = min(max(zoom, MAGNIFICATION[0]), MAGNIFICATION[1])
        if zoom == 1.0:
            self.centre = QPointF(0.5, 0.5)
        self.placeChanged.emit()

    def pan(self, shift: QPointF, area: QRectF) -> None:
        """Move the image by `shift`, in the units of `area`."""
        frame = self.frame(area)
        self.centre -= QPointF(shift.x() / frame.width(), shift.y() / frame.height())
        self._keep_in_sight()

    def _keep_in_sight(self) -> None:
        self.centre = QPointF(min(max(self.centre.x(), 0.0), 1.0), min(max(self.centre.y(), 0.0), 1.0))
        self.placeChanged.emit()
