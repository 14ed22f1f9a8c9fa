"""A film squeezed to a square that was none."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from cxr_gui.core.shifts.film import SpacedImage
from cxr_gui.core.shifts.placing import placed
from cxr_gui.core.shifts.registry import register_shift

SUMMARY = "Height over width changes, as where a film of another shape is made square"


@register_shift(
    "taller",
    "Taller",
    SUMMARY,
    quantity="height over width",
    amounts=(1.05, 1.1, 1.18, 1.28, 1.4),
    unit="of what it was",
    family="geometry",
)
@register_shift(
    "wider",
    "Wider",
    SUMMARY,
    quantity="height over width",
    amounts=(0.95, 0.9, 0.84, 0.77, 0.7),
    unit="of what it was",
    family="geometry",
)
def squeeze(film: SpacedImage, amount: float, chance: np.random.Generator) -> NDArray[np.floating]:  # noqa: ARG001
    """Grey values [H, W]; the area stays."""
    return placed(film, np.diag([amount**-0.5, amount**0.5]))
