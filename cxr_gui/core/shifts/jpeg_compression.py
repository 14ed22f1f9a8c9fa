"""JPEG of a classifier's input, as MedMNIST-C (Di Salvo et al., 2024) has it."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from cxr_gui.core.shifts.film import SpacedImage
from cxr_gui.core.shifts.registry import register_shift
from cxr_gui.core.shifts.saving import saved


@register_shift(
    "jpeg_compression",
    "JPEG of the input",
    "Saved as JPEG at the size the classifier sees",
    quantity="quality",
    amounts=(50, 30, 15, 10, 7),
    family="medmnist-c",
    at="input",
)
def compress_input(film: SpacedImage, amount: float, chance: np.random.Generator) -> NDArray[np.floating]:  # noqa: ARG001
    """Grey values [H, W]."""
    return saved(film, "JPEG", quality=int(amount))
