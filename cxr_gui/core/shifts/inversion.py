"""White where it should be black."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from cxr_gui.core.shifts.film import SpacedImage
from cxr_gui.core.shifts.registry import register_shift


@register_shift(
    "inversion",
    "Inverted",
    "Black and white exchanged, as where a file's photometric interpretation was not heeded",
    quantity="inverted part",
    amounts=(1.0,),
    family="exposure",
)
def invert(film: SpacedImage, amount: float, chance: np.random.Generator) -> NDArray[np.floating]:  # noqa: ARG001
    """Grey values [H, W]."""
    return film.pixels + amount * (1 - 2 * film.pixels)
