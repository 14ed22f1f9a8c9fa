"""An explanation over an image: opaque where much speaks, clear where nothing does."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPointF
from PySide6.QtGui import QImage

# Matplotlib's viridis without its darkest end, which would sink into the film, and ColorBrewer's PuOr: seen
# by people with any colour vision, and unlike the difference view's blue and red.
STRENGTH = ("31688e", "21918c", "35b779", "90d743", "fde725")
SIDES = ("8073ac", "b2abd2", "f7f7f7", "fdb863", "e08214")
METHODS = {  # as core.explain names them: title, what it is
    "grad_cam": (
        "Grad-CAM",
        "What the last feature map adds to the decision, by places: coarse, and quick (one gradient).",
    ),
    "integrated_gradients": (
        "Integrated gradients",
        "What each pixel adds to the decision, from a black image on: fine, and slow (32 gradients).",
    ),
}
CLEAR_BELOW = 0.05
"""The share of its maximum from which an explanation is seen at all."""
OPAQUE_FROM = 0.5
BRIGHTEST = 99.5
"""The percentile of a signed explanation that counts as its maximum: single pixels would dwarf the rest."""


def ramp(anchors: tuple[str, ...]) -> NDArray[np.uint8]:
    """uint8 [256, 3] through the anchors."""
    colours = np.array([list(bytes.fromhex(anchor)) for anchor in anchors], float)
    steps = np.linspace(0, len(anchors) - 1, 256)
    channels = [np.interp(steps, np.arange(len(anchors)), colours[:, channel]) for channel in range(3)]
    return np.round(np.stack(channels, axis=1)).astype(np.uint8)


class Heat:
    """An explanation, float [H, W], as colours of its own scale: from 0, or from -maximum, to maximum.

    method, decision  what it is and the class it speaks for, such as "Grad-CAM" and "PNEUMONIA"
    """

    def __init__(self, values: NDArray[np.floating], method: str, decision: str, *, signed: bool) -> None:
        strength = np.abs(values)
        limit = float(np.percentile(strength, BRIGHTEST) if signed else strength.max(initial=0.0))
        self.shares = np.clip(values / (limit or 1.0), -1.0, 1.0)
        self.signed = signed
        self.words = f"for {decision}" if limit > 0 else f"nothing for {decision}"
        self.title = f"{method}, {self.words}"
        self.image = self._image()

    def _image(self) -> QImage:
        """The colours, transparent where the explanation says little."""
        strength = np.abs(self.shares)
        place = (self.shares + 1) / 2 if self.signed else self.shares
        colours = ramp(SIDES if self.signed else STRENGTH)[np.round(place * 255).astype(np.uint8)]
        alpha = np.clip((strength - CLEAR_BELOW) / (OPAQUE_FROM - CLEAR_BELOW), 0, 1)
        pixels = np.dstack([colours, np.round(alpha * 255).astype(np.uint8)])
        pixels = np.ascontiguousarray(pixels.astype(np.uint8))
        height, width = pixels.shape[:2]
        return QImage(pixels.data, width, height, width * 4, QImage.Format.Format_RGBA8888).copy()

    def value_at(self, place: QPointF) -> str:
        """How strong it is at a place (fractions), as a share of its maximum; empty beside the image."""
        height, width = self.shares.shape
        x, y = int(np.floor(place.x() * width)), int(np.floor(place.y() * height))
        if not (0 <= x < width and 0 <= y < height):
            return ""
        return f"{100 * self.shares[y, x]:{'+' if self.signed else ''}.0f} %".replace("-", "\N{MINUS SIGN}")
