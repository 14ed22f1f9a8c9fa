"""Films small enough to open by the dozen."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from cxr_gui.core.demo.film import radiograph


def film(path: Path, seed: int) -> None:
    """A small film that is like no other."""
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(pixels_of(seed)).save(path, quality=90)


@cache
def pixels_of(seed: int) -> NDArray[np.uint8]:
    return (radiograph(0, seed, positive=seed % 2 == 1, size=(48, 64)) * 255).astype(np.uint8)
