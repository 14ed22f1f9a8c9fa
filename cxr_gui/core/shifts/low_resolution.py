"""A film that went through a small copy of itself."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from cxr_gui.core.shifts.film import SpacedImage
from cxr_gui.core.shifts.registry import register_shift


@register_shift(
    "low_resolution",
    "Low resolution",
    "Made smaller and large again, as where a preview was saved for the film",
    quantity="longer side",
    amounts=(224, 160, 112, 80, 56),
    unit="pixels",
    family="storage",
)
def resample(film: SpacedImage, amount: float, chance: np.random.Generator) -> NDArray[np.floating]:  # noqa: ARG001
    """Grey values [H, W]; a film that is smaller already stays as it is."""
    height, width = film.pixels.shape
    scale = amount / max(height, width)
    if scale >= 1:
        return film.pixels
    image = Image.fromarray(film.pixels)
    small = image.resize((max(1, round(width * scale)), max(1, round(height * scale))), BILINEAR)
    return np.asarray(small.resize((width, height), BILINEAR))


BILINEAR = Image.Resampling.BILINEAR
