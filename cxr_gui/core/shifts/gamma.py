"""Gamma up and down, as MedMNIST-C (Di Salvo et al., 2024) has it."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from cxr_gui.core.shifts.film import SpacedImage, of_image
from cxr_gui.core.shifts.registry import register_shift

SUMMARY = "Grey values to a power"


@register_shift(
    "gamma_corr_up",
    "Gamma up (darker)",
    SUMMARY,
    quantity="gamma",
    amounts=(1.1, 1.2, 1.3, 1.4, 1.6),
    family="medmnist-c",
    at="input",
)
@register_shift(
    "gamma_corr_down",
    "Gamma down (lighter)",
    SUMMARY,
    quantity="gamma",
    amounts=(0.9, 0.8, 0.7, 0.6, 0.4),
    family="medmnist-c",
    at="input",
)
def change_gamma(film: SpacedImage, amount: float, chance: np.random.Generator) -> NDArray[np.floating]:  # noqa: ARG001
    """Grey values [H, W]."""
    from torchvision.transforms import functional  # a second that a listing need not wait for

    return of_image(functional.adjust_gamma(film.image, amount))
