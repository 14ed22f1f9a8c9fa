"""A higher tube voltage: everything attenuates less."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from cxr_gui.core.shifts.film import SpacedImage
from cxr_gui.core.shifts.registry import register_shift


@register_shift(
    "harder_beam",
    "Harder beam",
    "A higher tube voltage, read out to the same middle grey: less contrast",
    quantity="attenuation",
    amounts=(0.9, 0.8, 0.7, 0.6, 0.5),
    unit="of what it was",
    family="exposure",
)
def harden(film: SpacedImage, amount: float, chance: np.random.Generator) -> NDArray[np.floating]:  # noqa: ARG001
    """Grey values [H, W]: a film shows attenuation, so its distances from the median shrink."""
    middle = np.median(film.pixels)
    return middle + amount * (film.pixels - middle)
