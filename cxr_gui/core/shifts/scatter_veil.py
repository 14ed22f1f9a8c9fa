"""The veil of scattered radiation."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from cxr_gui.core.shifts.film import SpacedImage, of_exposure
from cxr_gui.core.shifts.registry import register_shift


@register_shift(
    "scatter_veil",
    "Scatter veil",
    "Radiation from everywhere on everything: contrast is lost where the body is dense",
    quantity="scattered part",
    amounts=(0.1, 0.2, 0.3, 0.45, 0.6),
    unit="of what arrives",
    family="exposure",
)
def veil(film: SpacedImage, amount: float, chance: np.random.Generator) -> NDArray[np.floating]:  # noqa: ARG001
    """Grey values [H, W]; as much arrives on the whole film as before."""
    through = film.exposure
    return of_exposure((1 - amount) * through + amount * through.mean())
