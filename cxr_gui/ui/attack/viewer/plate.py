"""What a view shows: values, their permanent label, and how they become colours and words."""

from __future__ import annotations

from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPointF
from PySide6.QtGui import QImage, qRgb

from cxr_gui.core.base.units import from_pixel
from cxr_gui.core.inspect import DIVERGING, difference_levels
from cxr_gui.ui.attack.viewer.heat import Heat
from cxr_gui.ui.attack.viewer.look import Look

LONGEST_SIDE = 2048
"""Larger radiographs are thinned for the screen; values are still read from all of their pixels."""

LEVELS = 65536
BINS = 64

COLOURS = [qRgb(*(int(channel) for channel in colour)) for colour in DIVERGING]


class Plate:
    """A radiograph, float [H, W] or [H, W, 3] in 0..1, shown under the window; label says what it is.

    heat  what explains the decision on it, laid over it; None while nobody asked
    """

    heat: Heat | None = None
    step = 1
    """Every how many pixels of a side are drawn."""

    def __init__(self, values: NDArray[np.floating], label: str) -> None:
        self.values, self.label = values, label
        self.step = step = -(-max(values.shape[:2]) // LONGEST_SIDE)
        levels = np.clip(values[::step, ::step], 0, 1) * (LEVELS - 1) + 0.5
        self._levels: NDArray[np.unsignedinteger] = levels.astype(np.uint16)
        self._made: tuple[object, QImage] | None = None

    @property
    def word(self) -> str:
        """The label's first word or two: which image this is."""
        return self.label.partition(",")[0]

    def image(self, look: Look) -> QImage:
        """The image under the look's window: one table look-up a pixel, kept for other views."""
        wanted = (look.window, look.inverted)
        if self._made is None or self._made[0] != wanted:
            self._made = (wanted, self._under(look))
        return self._made[1]

    def _under(self, look: Look) -> QImage:
        position = (np.arange(LEVELS, dtype=np.float32) / (LEVELS - 1) - look.window.low) / look.window.width
        table = (np.clip(1 - position if look.inverted else position, 0, 1) * 255 + 0.5).astype(np.uint8)
        return as_image(table[self._levels])

    @cached_property
    def histogram(self) -> NDArray[np.float64]:
        """How often the values of 64 equal parts of 0..1 occur, the most frequent being 1."""
        counts = np.bincount(self._levels.ravel().astype(np.int64) * BINS // LEVELS, minlength=BINS)[:BINS]
        inner = counts[1:-1].max()  # collimated black and burnt-out white would dwarf the rest
        shares: NDArray[np.float64] = np.minimum(counts / max(inner, 1), 1.0)
        return shares

    def value_at(self, place: QPointF) -> str:
        """Where a place (fractions) is and what is there, in words; empty beside the image."""
        height, width = self.values.shape[:2]
        x, y = int(np.floor(place.x() * width)), int(np.floor(place.y() * height))
        if not (0 <= x < width and 0 <= y < height):
            return ""
        return f"x {x}  y {y}   {self.in_words(self.values[y, x])}"

    def in_words(self, value: NDArray[np.floating]) -> str:
        """A pixel's value, in n/255."""
        return (
            "  ".join(f"{from_pixel(float(channel), '255'):.1f}" for channel in np.atleast_1d(value))
            + " /255"
        )


class DifferencePlate(Plate):
    """A perturbation, float [H, W], on a zero-centred map that ends at `limit`. All in pixel units."""

    def __init__(self, values: NDArray[np.floating], label: str, limit: float) -> None:
        self.values, self.label, self.limit = values, label, limit
        self._levels = difference_levels(values, limit)

    def image(self, look: Look) -> QImage:  # noqa: ARG002
        """The image; the window does not change it, so that a colour always means the same change."""
        height, width = self._levels.shape
        image = QImage(self._levels.data, width, height, width, QImage.Format.Format_Indexed8).copy()
        image.setColorTable(COLOURS)
        return image

    def in_words(self, value: NDArray[np.floating]) -> str:
        return f"{from_pixel(float(value), '255'):+.2f} /255".replace("-", "\N{MINUS SIGN}")


def as_image(colours: NDArray[np.uint8]) -> QImage:
    """uint8 [H, W] or [H, W, 3] as an image that owns its pixels."""
    colours = np.ascontiguousarray(colours)
    height, width = colours.shape[:2]
    grey = colours.ndim == 2
    kind = QImage.Format.Format_Grayscale8 if grey else QImage.Format.Format_RGB888
    return QImage(colours.data, width, height, width * (1 if grey else 3), kind).copy()
