"""A collimator that leaves a black border."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from cxr_gui.core.shifts.film import SpacedImage
from cxr_gui.core.shifts.registry import register_shift


@register_shift(
    "collimation",
    "Collimation border",
    "Black at all four sides, where the collimator was closed further",
    quantity="border",
    amounts=(0.02, 0.04, 0.07, 0.1, 0.15),
    unit="of the side",
    family="geometry",
)
def collimate(film: SpacedImage, amount: float, chance: np.random.Generator) -> NDArray[np.floating]:  # noqa: ARG001
    """Grey values [H, W]."""
    height, width = film.pixels.shape
    rows, columns = round(amount * height), round(amount * width)
    left = np.zeros_like(film.pixels)
    inside = (slice(rows, height - rows), slice(columns, width - columns))
    left[inside] = film.pixels[inside]
    return left
