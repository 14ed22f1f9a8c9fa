"""Brightness up and down, as MedMNIST-C (Di Salvo et al., 2024) has it."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PIL import ImageEnhance

from cxr_gui.core.shifts.film import SpacedImage, of_image
from cxr_gui.core.shifts.registry import register_shift

SUMMARY = "Every grey value times a factor"


@register_shift(
    "brightness_up",
    "Brighter",
    SUMMARY,
    quantity="factor",
    amounts=(1.1, 1.2, 1.3, 1.4, 1.5),
    family="medmnist-c",
    at="input",
)
@register_shift(
    "brightness_down",
    "Dimmer",
    SUMMARY,
    quantity="factor",
    amounts=(0.9, 0.8, 0.7, 0.6, 0.5),
    family="medmnist-c",
    at="input",
)
def change_brightness(film: SpacedImage, amount: float, chance: np.random.Generator) -> NDArray[np.floating]:  # noqa: ARG001
    """Grey values [H, W]."""
    return of_image(ImageEnhance.Brightness(film.image).enhance(amount))
