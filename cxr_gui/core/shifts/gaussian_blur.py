"""Blur of a classifier's input, as MedMNIST-C (Di Salvo et al., 2024) has it."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from cxr_gui.core.shifts.film import SpacedImage, of_image
from cxr_gui.core.shifts.registry import register_shift


@register_shift(
    "gaussian_blur",
    "Gaussian blur",
    "Out of focus at the size the classifier sees",
    quantity="side of the kernel",
    amounts=(3, 5, 7, 9, 11),
    unit="pixels",
    family="medmnist-c",
    at="input",
)
def blur_input(film: SpacedImage, amount: float, chance: np.random.Generator) -> NDArray[np.floating]:  # noqa: ARG001
    """Grey values [H, W]; the standard deviation follows from the kernel, as in torchvision."""
    from torchvision.transforms import functional  # a second that a listing need not wait for

    return of_image(functional.gaussian_blur(film.image, kernel_size=int(amount)))
