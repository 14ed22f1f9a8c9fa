"""A chest that is not in the middle."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from cxr_gui.core.shifts.film import SpacedImage
from cxr_gui.core.shifts.placing import placed
from cxr_gui.core.shifts.registry import register_shift


@register_shift(
    "translation",
    "Off centre",
    "The film is moved, in any direction",
    quantity="way",
    amounts=(0.02, 0.04, 0.07, 0.1, 0.15),
    unit="of the side",
    family="geometry",
)
def translate(film: SpacedImage, amount: float, chance: np.random.Generator) -> NDArray[np.floating]:
    """Grey values [H, W]."""
    angle = 2 * np.pi * chance.random()
    return placed(film, np.eye(2), (amount * np.cos(angle), amount * np.sin(angle)))
