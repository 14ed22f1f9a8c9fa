"""A breath during the exposure."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from cxr_gui.core.shifts.film import SpacedImage
from cxr_gui.core.shifts.registry import register_shift


@register_shift(
    "breathing",
    "Breathing",
    "The film moved along the body while it was exposed",
    quantity="way",
    amounts=(1.5, 3.0, 5.0, 8.0, 12.0),
    unit="mm",
    family="sharpness",
)
def blur_by_breathing(film: SpacedImage, amount: float, chance: np.random.Generator) -> NDArray[np.floating]:  # noqa: ARG001
    """Grey values [H, W]: their mean along a way that need not be a whole number of pixels."""
    from scipy.ndimage import convolve1d  # a listing need not wait for it

    length = amount / film.spacing_mm[0]
    outer = max(0, int(np.ceil((length - 1) / 2)))
    kernel = np.ones(2 * outer + 1)
    if outer:
        kernel[[0, -1]] = (length - (2 * outer - 1)) / 2
    moved: NDArray[np.floating] = convolve1d(film.pixels, kernel / kernel.sum(), axis=0, mode="nearest")
    return moved
