"""The shadow of an anti-scatter grid that stood still."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from cxr_gui.core.shifts.film import SpacedImage
from cxr_gui.core.shifts.registry import register_shift

LINES = 4.0
"""Lines per mm; what a film's pixels cannot show of them becomes moire, as it does in life."""


@register_shift(
    "grid_lines",
    "Grid lines",
    "The shadow of an anti-scatter grid that stood still",
    quantity="contrast of the lines",
    amounts=(0.01, 0.02, 0.04, 0.06, 0.1),
    unit="of full range",
    family="sharpness",
)
def draw_grid(film: SpacedImage, amount: float, chance: np.random.Generator) -> NDArray[np.floating]:
    """Grey values [H, W]."""
    across = np.arange(film.pixels.shape[1]) * film.spacing_mm[1]
    phase = 2 * np.pi * chance.random()
    lines: NDArray[np.floating] = np.sin(2 * np.pi * LINES * across + phase)
    return film.pixels + amount * lines
