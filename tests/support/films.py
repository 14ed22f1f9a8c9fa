"""Films and folders of them, small enough to make and open by the dozen."""

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


def write_films(folder: Path, *, train: int = 24, test: int = 4) -> Path:
    """Write so many films of each class into `folder`, in ImageFolder layout with Kermany's names.

    They are learnt in seconds: 64 pixels, bright in the middle when positive, each of a patient of its own.
    """
    random = np.random.default_rng(0)
    for split, count in (("train", train), ("test", test)):
        for label, pattern in (("NORMAL", "IM-{:04}-0001.png"), ("PNEUMONIA", "person{}_virus_1.png")):
            place = folder / split / label
            place.mkdir(parents=True)
            for number in range(count):
                pixels = random.normal(100.0, 25.0, (64, 64))
                if label == "PNEUMONIA":
                    pixels[20:44, 20:44] += 60.0
                name = pattern.format(number + (0 if split == "train" else 5000))
                Image.fromarray(pixels.clip(0, 255).astype(np.uint8)).save(place / name)
    return folder


def touched(root: Path, *files: str) -> Path:
    """Make (empty) files: scanning opens none of them."""
    for file in files:
        (root / file).parent.mkdir(parents=True, exist_ok=True)
        (root / file).write_bytes(b"")
    return root
