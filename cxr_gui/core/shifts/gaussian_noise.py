"""Gaussian noise, as MedMNIST-C (Di Salvo et al., 2024) has it."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from cxr_gui.core.shifts.film import SpacedImage, colours, of_colours
from cxr_gui.core.shifts.registry import register_shift


@register_shift(
    "gaussian_noise",
    "Gaussian noise",
    "Normal noise at every pixel",
    quantity="standard deviation",
    amounts=(0.04, 0.05, 0.06, 0.07, 0.08),
    unit="of full range",
    family="medmnist-c",
    at="input",
)
def add_noise(film: SpacedImage, amount: float, chance: np.random.Generator) -> NDArray[np.floating]:
    """Grey values [H, W]; the noise of a severity is that of another, scaled."""
    clean = colours(film)
    return of_colours(clean + amount * chance.standard_normal(clean.shape))
