"""From a film to what a classifier sees of it after a shift."""

from __future__ import annotations

import zlib

import numpy as np
from numpy.typing import NDArray

from cxr_gui.core.images import to_input
from cxr_gui.core.shifts.film import SpacedImage
from cxr_gui.core.shifts.registry import Shift


def chance_of(shift: Shift, seed: int, row: int) -> np.random.Generator:
    """What is random about a shift of one image: the same for all severities, whatever else is shifted.

    So a severe shift is the mild one made stronger, not another draw.
    """
    return np.random.default_rng((seed, row, zlib.crc32(shift.name.encode())))


def shifted(
    film: SpacedImage, shift: Shift, amount: float, size: tuple[int, int], chance: np.random.Generator
) -> NDArray[np.uint8]:
    """uint8 [size]: the film after a shift by an amount, as `to_input` gives it to a classifier."""
    if shift.at == "film":
        return to_input(film.of_pixels(shift.change(film, amount, chance)).pixels, size)
    small = film.of_pixels(to_input(film.pixels, size) / np.float32(255))
    return to_input(small.of_pixels(shift.change(small, amount, chance)).pixels, size)
