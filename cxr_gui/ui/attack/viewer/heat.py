"""An explanation over an image: opaque where much speaks, clear where nothing does."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPointF
from PySide6.QtGui import QImage

from cxr_gui.core.inspect import colours_of, shares_of


class Heat:
    """An explanation, float [H, W], as colours of its own scale: from 0, or from -maximum, to maximum.

    method, decision  what it is and the class it speaks for, such as "Grad-CAM" and "PNEUMONIA"
    """

    def __init__(self, values: NDArray[np.floating], method: str, decision: str, *, signed: bool) -> None:
        self.shares = shares_of(values, signed=signed)
        self.signed = signed
        self.words = f"for {decision}" if self.shares.any() else f"nothing for {decision}"
        self.title = f"{method}, {self.words}"
        self.image = self._image()

    def _image(self) -> QImage:
        """The colours, transparent where the explanation says little."""
        pixels = colours_of(self.shares, signed=self.signed)
        height, width = pixels.shape[:2]
        return QImage(pixels.data, width, height, width * 4, QImage.Format.Format_RGBA8888).copy()

    def value_at(self, place: QPointF) -> str:
        """How strong it is at a place (fractions), as a share of its maximum; empty beside the image."""
        height, width = self.shares.shape
        x, y = int(np.floor(place.x() * width)), int(np.floor(place.y() * height))
        if not (0 <= x < width and 0 <= y < height):
            return ""
        return f"{100 * self.shares[y, x]:{'+' if self.signed else ''}.0f} %".replace("-", "\N{MINUS SIGN}")
