"""A child that does not lie straight."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from cxr_gui.core.shifts.film import SpacedImage
from cxr_gui.core.shifts.placing import placed
from cxr_gui.core.shifts.registry import register_shift


@register_shift(
    "rotation",
    "Rotation",
    "The film is turned, to either side",
    quantity="angle",
    amounts=(2, 4, 7, 11, 16),
    unit="degrees",
    family="geometry",
)
def rotate(film: SpacedImage, amount: float, chance: np.random.Generator) -> NDArray[np.floating]:
    """Grey values [H, W]."""
    angle = np.deg2rad(amount) * chance.choice([-1, 1])
    return placed(film, np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]]))
