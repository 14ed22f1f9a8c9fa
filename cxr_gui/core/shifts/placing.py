"""A film that lies otherwise on the detector: turned, moved, nearer, wider."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from cxr_gui.core.shifts.film import SpacedImage


def placed(
    film: SpacedImage, matrix: NDArray[np.floating], way: tuple[float, float] = (0.0, 0.0)
) -> NDArray[np.float32]:
    """Grey values [H, W] after each point went by matrix [2, 2] about the middle, and by a way in shares.

    Both are of (x, y), x to the right and y down. Bilinear; black where the film ended.
    """
    height, width = film.pixels.shape
    middle = np.array([width, height]) / 2
    back = np.linalg.inv(matrix)
    offset = middle - back @ (middle + np.array(way) * [width, height])
    numbers = [*back[0], offset[0], *back[1], offset[1]]
    moved = Image.fromarray(film.pixels).transform(
        (width, height), Image.Transform.AFFINE, numbers, Image.Resampling.BILINEAR
    )
    return np.asarray(moved)
