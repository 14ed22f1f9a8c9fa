"""Too much or too little exposure, shown as if it had been right."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from cxr_gui.core.shifts.film import SpacedImage, of_exposure
from cxr_gui.core.shifts.registry import register_shift

SUMMARY = "More or less current times time at the tube, without the correction of a modern reader"


@register_shift(
    "over_exposure",
    "Over-exposed",
    SUMMARY,
    quantity="exposure",
    amounts=(1.15, 1.3, 1.6, 2.0, 2.5),
    unit="times the right one",
    family="exposure",
)
@register_shift(
    "under_exposure",
    "Under-exposed",
    SUMMARY,
    quantity="exposure",
    amounts=(0.87, 0.77, 0.63, 0.5, 0.4),
    unit="times the right one",
    family="exposure",
)
def expose(film: SpacedImage, amount: float, chance: np.random.Generator) -> NDArray[np.floating]:  # noqa: ARG001
    """Grey values [H, W]."""
    return of_exposure(amount * film.exposure)
