"""Coarse pixels, as MedMNIST-C (Di Salvo et al., 2024) has them."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from cxr_gui.core.shifts.film import SpacedImage, of_image
from cxr_gui.core.shifts.registry import register_shift


@register_shift(
    "pixelate",
    "Pixelated",
    "Box averages of fewer pixels",
    quantity="pixels kept a side",
    amounts=(0.8, 0.7, 0.6, 0.5, 0.4),
    unit="of them",
    family="medmnist-c",
    at="input",
)
def coarsen(film: SpacedImage, amount: float, chance: np.random.Generator) -> NDArray[np.floating]:  # noqa: ARG001
    """Grey values [H, W]."""
    width, height = film.image.size
    small = film.image.resize((int(width * amount), int(height * amount)), Image.Resampling.BOX)
    return of_image(small.resize((width, height), Image.Resampling.BOX))
