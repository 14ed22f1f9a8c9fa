"""A field that is too narrow or too wide."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from cxr_gui.core.shifts.film import SpacedImage
from cxr_gui.core.shifts.placing import placed
from cxr_gui.core.shifts.registry import register_shift

SUMMARY = "More or less of the body is on the film"


@register_shift(
    "zoom_in",
    "Larger on the film",
    SUMMARY,
    quantity="scale",
    amounts=(1.05, 1.1, 1.18, 1.28, 1.4),
    family="geometry",
)
@register_shift(
    "zoom_out",
    "Smaller on the film",
    SUMMARY,
    quantity="scale",
    amounts=(0.95, 0.9, 0.84, 0.77, 0.7),
    family="geometry",
)
def magnify(film: SpacedImage, amount: float, chance: np.random.Generator) -> NDArray[np.floating]:  # noqa: ARG001
    """Grey values [H, W]."""
    return placed(film, amount * np.eye(2))
