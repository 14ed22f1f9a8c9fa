"""The half-shadow of a focal spot that is too large, or too near."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from cxr_gui.core.shifts.film import SpacedImage
from cxr_gui.core.shifts.registry import register_shift


@register_shift(
    "focal_blur",
    "Focal blur",
    "The half-shadow of a large focal spot",
    quantity="standard deviation",
    amounts=(0.5, 1.0, 1.5, 2.5, 4.0),
    unit="mm",
    family="sharpness",
)
def blur_by_focus(film: SpacedImage, amount: float, chance: np.random.Generator) -> NDArray[np.floating]:  # noqa: ARG001
    """Grey values [H, W]."""
    from scipy.ndimage import gaussian_filter  # a listing need not wait for it

    blurred: NDArray[np.floating] = gaussian_filter(
        film.pixels, [amount / distance for distance in film.spacing_mm], mode="nearest"
    )
    return blurred
