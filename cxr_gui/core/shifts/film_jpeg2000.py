"""A film that was saved as JPEG 2000."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from cxr_gui.core.shifts.film import SpacedImage
from cxr_gui.core.shifts.registry import register_shift
from cxr_gui.core.shifts.saving import saved


@register_shift(
    "film_jpeg2000",
    "JPEG 2000 of the film",
    "Saved as JPEG 2000 at its full size, with loss",
    quantity="compression",
    amounts=(10, 20, 40, 80, 160),
    unit="fold",
    family="storage",
)
def compress_by_wavelets(
    film: SpacedImage,
    amount: float,
    chance: np.random.Generator,  # noqa: ARG001
) -> NDArray[np.floating]:
    """Grey values [H, W]."""
    return saved(film, "JPEG2000", quality_mode="rates", quality_layers=[amount], irreversible=True)
