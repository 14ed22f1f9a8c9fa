"""A film that was saved as JPEG."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from cxr_gui.core.shifts.film import SpacedImage
from cxr_gui.core.shifts.registry import register_shift
from cxr_gui.core.shifts.saving import saved


@register_shift(
    "film_jpeg",
    "JPEG of the film",
    "Saved as JPEG at its full size",
    quantity="quality",
    amounts=(75, 50, 30, 15, 7),
    family="storage",
)
def compress_film(film: SpacedImage, amount: float, chance: np.random.Generator) -> NDArray[np.floating]:  # noqa: ARG001
    """Grey values [H, W]."""
    return saved(film, "JPEG", quality=int(amount))
