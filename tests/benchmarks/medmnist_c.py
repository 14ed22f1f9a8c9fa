"""Holds our MedMNIST-C shifts against the package of its authors, grey level by grey level.

    pip install --no-deps --target FOLDER medmnistc
    python -m tests.benchmarks.medmnist_c FOLDER

Its own requirements (OpenCV, ImageMagick) are not needed: what it imports from them serves shifts of other
datasets alone. Both get the same random numbers.
"""

from __future__ import annotations

import sys
from types import ModuleType
from typing import Any

import numpy as np
from PIL import Image
from scipy.ndimage import gaussian_filter

from cxr_gui.core.shifts import SHIFTS, SpacedImage, shifted

SIZE = (224, 224)


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


def main() -> None:
    """Print the largest difference at each severity."""
    soft = gaussian_filter(np.random.default_rng(0).random(SIZE), 3)
    grey = np.rint((soft - soft.min()) / np.ptp(soft) * 255).astype(np.uint8)
    sys.stdout.write("Largest difference in grey levels at severities 1 to 5:\n")
    for name, corruption in corruptions(sys.argv[1]).items():
        shift = SHIFTS.find(name)
        differences = []
        for severity, amount in enumerate(shift.amounts):
            np.random.seed(0)  # noqa: NPY002  what theirs draw from
            corruption.rng = np.random.default_rng(0)
            theirs = corruption.apply(Image.fromarray(grey).convert("RGB"), severity)
            chance: Any = np.random.RandomState(0)
            chance = np.random.default_rng(0) if name == "impulse_noise" else chance
            ours = shifted(SpacedImage(grey / np.float32(255)), shift, amount, SIZE, chance)
            difference = ours.astype(int) - np.asarray(Image.fromarray(theirs).convert("L"))
            differences.append(int(np.abs(difference).max()))
        sys.stdout.write(f"{name:18} {differences}\n")


if __name__ == "__main__":
    main()
