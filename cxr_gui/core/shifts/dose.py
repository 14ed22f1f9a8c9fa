"""A lower dose: the quantum noise of fewer photons."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from cxr_gui.core.shifts.film import SpacedImage, of_exposure
from cxr_gui.core.shifts.registry import register_shift


@register_shift(
    "dose",
    "Lower dose",
    "Quantum noise: each place counts fewer photons, and the dense ones fewest",
    quantity="photons before the patient",
    amounts=(20_000, 5_000, 1_250, 320, 80),
    unit="per mm2",
    family="exposure",
)
def count_photons(film: SpacedImage, amount: float, chance: np.random.Generator) -> NDArray[np.floating]:
    """Grey values [H, W] of Poisson counts."""
    height, width = film.spacing_mm
    sent = amount * height * width
    return of_exposure(chance.poisson(sent * film.exposure) / sent)
