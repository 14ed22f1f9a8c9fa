"""Few grey levels."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from cxr_gui.core.shifts.film import SpacedImage
from cxr_gui.core.shifts.registry import register_shift


@register_shift(
    "bit_depth",
    "Few grey levels",
    "Saved with fewer bits a pixel",
    quantity="bits",
    amounts=(6, 5, 4, 3, 2),
    family="storage",
)
def quantise(film: SpacedImage, amount: float, chance: np.random.Generator) -> NDArray[np.floating]:  # noqa: ARG001
    """Grey values [H, W]."""
    steps = 2**amount - 1
    levels: NDArray[np.floating] = np.rint(film.pixels * steps)
    return levels / steps
