"""Holds our MedMNIST-C shifts against the package of its authors, grey level by grey level.

    pip install --no-deps --target FOLDER medmnistc
    python -m tests.benchmarks.medmnist_c FOLDER [--values]

Its own requirements (OpenCV, ImageMagick) are not needed: what it imports from them serves shifts of other
datasets alone. Both get the same random numbers. With --values: what theirs makes of a small drawn
film, which tests/support/medmnist_c.py keeps.
"""

from __future__ import annotations

import argparse
import sys
from types import ModuleType
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from scipy.ndimage import gaussian_filter

from cxr_gui.core.shifts import SHIFTS, SpacedImage, shifted
from tests.support.medmnist_c import drawn, strips

SIZE = (224, 224)
NOISE = "impulse_noise"
"""The one that draws from a generator of its own."""


def corruptions(folder: str) -> dict[str, Any]:
    """Theirs for chest X-rays, by name."""
    sys.path.insert(0, folder)
    absent = {name: ModuleType(name) for name in ("cv2", "wand", "wand.image", "wand.api")}
    vars(absent["cv2"])["FONT_HERSHEY_DUPLEX"] = 0
    vars(absent["wand.image"])["Image"] = object
    vars(absent["wand.api"])["library"] = None
    sys.modules.update(absent)
    from medmnistc.corruptions.registry import CORRUPTIONS_DS  # type: ignore[import-not-found]

    return dict(CORRUPTIONS_DS["pneumoniamnist"])


def theirs(corruption: Any, grey: NDArray[np.uint8], severity: int) -> NDArray[np.uint8]:
    """Grey levels after their corruption at a severity from 0 on, with fresh random numbers."""
    np.random.seed(0)  # noqa: NPY002  what it draws from
    corruption.rng = np.random.default_rng(0)
    return np.asarray(
        Image.fromarray(corruption.apply(Image.fromarray(grey).convert("RGB"), severity)).convert("L")
    )


def ours(name: str, grey: NDArray[np.uint8], severity: int) -> NDArray[np.uint8]:
    """The same by our shift of that name, from the same random numbers."""
    shift = SHIFTS.find(name)
    chance: Any = np.random.default_rng(0) if name == NOISE else np.random.RandomState(0)
    return shifted(
        SpacedImage(grey / np.float32(255)), shift, shift.amounts[severity], grey.shape[:2], chance
    )


def main() -> None:
    """Print the largest difference at each severity."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folder", help="where medmnistc was installed to")
    parser.add_argument("--values", action="store_true")
    options = parser.parse_args()
    found = corruptions(options.folder)
    if options.values:
        for name, corruption in found.items():
            values = [strips(theirs(corruption, drawn(), severity)) for severity in range(5)]
            sys.stdout.write(f'    "{name}": {values},\n')
        return
    soft = gaussian_filter(np.random.default_rng(0).random(SIZE), 3)
    grey = np.rint((soft - soft.min()) / np.ptp(soft) * 255).astype(np.uint8)
    sys.stdout.write("Largest difference in grey levels at severities 1 to 5:\n")
    for name, corruption in found.items():
        differences = [
            int(np.abs(ours(name, grey, severity).astype(int) - theirs(corruption, grey, severity)).max())
            for severity in range(5)
        ]
        sys.stdout.write(f"{name:18} {differences}\n")


if __name__ == "__main__":
    main()
