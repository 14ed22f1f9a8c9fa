"""Speckle noise, as MedMNIST-C (Di Salvo et al., 2024) has it."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from cxr_gui.core.shifts.film import SpacedImage, colours, of_colours
from cxr_gui.core.shifts.registry import register_shift


@register_shift(
    "speckle_noise",
    "Speckle noise",
    "Normal noise in proportion to the brightness",
    quantity="standard deviation",
    amounts=(0.05, 0.07, 0.10, 0.15, 0.20),
    unit="of the brightness",
    family="medmnist-c",
    at="input",
)
def speckle(film: SpacedImage, amount: float, chance: np.random.Generator) -> NDArray[np.floating]:
    """Grey values [H, W]."""
    clean = colours(film)
    return of_colours(clean + clean * amount * chance.standard_normal(clean.shape))
