"""A lead letter on the film."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from cxr_gui.core.shifts.film import SpacedImage
from cxr_gui.core.shifts.registry import register_shift


@register_shift(
    "side_marker",
    "Side marker",
    "A white L in an upper corner, as of lead",
    quantity="height of the letter",
    amounts=(0.03, 0.05, 0.08, 0.11, 0.15),
    unit="of the film's",
    family="geometry",
)
def mark_side(film: SpacedImage, amount: float, chance: np.random.Generator) -> NDArray[np.floating]:
    """Grey values [H, W]: two strokes, in a corner that chance chooses."""
    height, width = film.pixels.shape
    tall = max(3, round(amount * height))
    stroke, wide, margin = max(1, round(tall / 5)), max(2, round(0.6 * tall)), max(1, height // 40)
    left = margin if chance.random() < 0.5 else width - margin - wide
    marked = film.pixels.copy()
    marked[margin : margin + tall, left : left + stroke] = 1
    marked[margin + tall - stroke : margin + tall, left : left + wide] = 1
    return marked
