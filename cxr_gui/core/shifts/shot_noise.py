"""Shot noise, as MedMNIST-C (Di Salvo et al., 2024) has it."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from cxr_gui.core.shifts.film import SpacedImage, colours, of_colours
from cxr_gui.core.shifts.registry import register_shift


@register_shift(
    "shot_noise",
    "Shot noise",
    "Poisson noise of the brightness: fewer counts, more noise",
    quantity="counts of a white pixel",
    amounts=(300, 200, 150, 100, 80),
    family="medmnist-c",
    at="input",
)
def count_brightness(film: SpacedImage, amount: float, chance: np.random.Generator) -> NDArray[np.floating]:
    """Grey values [H, W]."""
    return of_colours(chance.poisson(colours(film) * amount) / amount)
