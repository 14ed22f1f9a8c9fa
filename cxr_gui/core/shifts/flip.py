"""Left and right exchanged."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from cxr_gui.core.shifts.film import SpacedImage
from cxr_gui.core.shifts.registry import register_shift


@register_shift(
    "flip",
    "Left and right exchanged",
    "The film seen from behind, as when it was hung up or saved the wrong way round",
    quantity="flipped part",
    amounts=(1.0,),
    family="geometry",
)
def mirror(film: SpacedImage, amount: float, chance: np.random.Generator) -> NDArray[np.floating]:  # noqa: ARG001
    """Grey values [H, W]."""
    return film.pixels[:, ::-1]
