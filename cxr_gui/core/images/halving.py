"""Images too large to keep: at half their size each way, made in strips, so that they lie in memory once.

The largest detectors have 20 million pixels, but scanned film and stitched spines come with 12,000 each way,
which as float32 and a copy or two would take gigabytes. No classifier and no screen shows what is left out.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from cxr_gui.core.base.errors import ImageError

KEPT_PIXELS = 40_000_000
"""Pixels of the largest image that is kept as it is."""

MEMORY = 2**30 - 2**27
"""Bytes that reading one image may take, some way below 1 GiB: the rest is for what is not reckoned with."""

STRIP = 256
"""Rows that are halved at once; even, so that no pair of rows is parted."""

Values = NDArray[Any]


def is_large(height: int, width: int) -> bool:
    """True when an image of this size is halved: one that may be read is then never too large."""
    return height * width > KEPT_PIXELS


def check_memory(height: int, width: int, needed: int, hint: str) -> None:
    """Raise ImageError when reading a large image would take more bytes than there are for it."""
    if needed > MEMORY:
        raise ImageError(
            f"has {width:,} x {height:,} pixels and would take {needed / 2**30:.1f} GiB to read.", hint=hint
        )


def halved(values: Values, spare_bits: int = 0) -> Values:
    """Means of 2 x 2 values of [H, W] or [H, W, 3], in the same type; at odd edges of those there are.

    spare_bits  how many of the highest bits of each value are not part of it, as in `without_spare_bits`
    """
    height, width = values.shape[:2]
    small = np.empty(((height + 1) // 2, (width + 1) // 2, *values.shape[2:]), values.dtype)
    for top in range(0, height, STRIP):
        strip = without_spare_bits(values[top : top + STRIP], spare_bits)
        odd = [(0, side % 2) for side in strip.shape[:2]] + [(0, 0)] * (strip.ndim - 2)
        if any(more for _, more in odd):
            strip = np.pad(strip, odd, mode="edge")
        wide: Values = strip.astype(np.float32 if strip.dtype.itemsize <= 2 else np.float64)
        mean = (wide[::2, ::2] + wide[::2, 1::2] + wide[1::2, ::2] + wide[1::2, 1::2]) / 4
        # np.rint takes halves to the even number: neither side is favoured
        small[top // 2 : (top + STRIP) // 2] = mean if strip.dtype.kind == "f" else np.rint(mean)
    return small


def without_spare_bits(values: Values, spare_bits: int) -> Values:
    """Whole numbers without their highest bits, with their sign: old files keep overlays there."""
    if not spare_bits:
        return values
    spare = values.dtype.type(spare_bits)
    used: Values = values << spare >> spare
    return used


def halved_image(image: Image.Image) -> Image.Image:
    """Means of 2 x 2 pixels of a decoded image, in its mode, or in one that has them: L for 1, RGB for P."""
    small: Image.Image | None = None
    for top in range(0, image.height, STRIP):
        strip = image.crop((0, top, image.width, min(top + STRIP, image.height)))
        strip = _halved_strip(strip)
        if small is None:
            small = Image.new(strip.mode, (strip.width, (image.height + 1) // 2))
        small.paste(strip, (0, top // 2))
    assert small is not None  # noqa: S101 - an image has a row at least
    return small


def _halved_strip(strip: Image.Image) -> Image.Image:
    if strip.mode.startswith("I;16"):
        return strip.convert("I").reduce(2).convert("I;16")
    if strip.has_transparency_data:
        return strip.convert("RGBA").reduce(2)
    if strip.mode in ("1", "P"):
        strip = strip.convert("L" if strip.mode == "1" else "RGB")
    return strip.reduce(2)
