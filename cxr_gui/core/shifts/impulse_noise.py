"""Salt and pepper, as MedMNIST-C (Di Salvo et al., 2024) has it."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from cxr_gui.core.shifts.film import SpacedImage, colours, of_colours
from cxr_gui.core.shifts.registry import register_shift


@register_shift(
    "impulse_noise",
    "Salt and pepper",
    "Pixels that are white or black by chance",
    quantity="share of the pixels",
    amounts=(0.005, 0.01, 0.013, 0.017, 0.02),
    family="medmnist-c",
    at="input",
)
def salt(film: SpacedImage, amount: float, chance: np.random.Generator) -> NDArray[np.floating]:
    """Grey values [H, W]; a pixel that is hit stays hit at every larger share."""
    clean = colours(film)
    hit, salt = (chance.random(clean.shape) for _ in range(2))
    return of_colours(np.where(hit <= amount, salt <= 0.5, clean))
