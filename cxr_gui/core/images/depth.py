"""What stored values mean as greys; above all how many of their bits whole numbers use.

Detectors put 10 to 15 bits into 16 without shifting them: nearly black unless what is used is spread over the
greys. Hardly a file says where that ends (PNG's sBIT apart), and the largest value does not either: a dead
pixel or a burned-in mark is often all ones.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from cxr_gui.core.images.decoded import LUMINANCE, Grey, stretched

STRAY = 0.001
"""Share of the values that may lie above the bits that are taken for used."""

LEAST = 8
"""Bits that are used at least: an image that is darker still is dark, or no film."""

SAMPLE = 1_000_000
"""Values that are looked at, evenly spaced."""

REPLICATED = 257
"""Eight bits made sixteen, as the PNG standard advises, are multiples of this: they use the whole range."""

Values = NDArray[Any]


def used_bits(values: Values, stored: int) -> int:
    """The smallest number of bits, `LEAST` to `stored`, that holds all of the values but STRAY of them."""
    sample = values.reshape(-1)[:: max(1, values.size // SAMPLE)]
    if stored == 16 and not (sample % REPLICATED).any():
        return stored
    rank = int((sample.size - 1) * (1 - STRAY))
    return min(stored, max(LEAST, int(np.partition(sample, rank)[rank]).bit_length()))


def grey(values: Values, stored: int, *, told: bool = False) -> tuple[Grey, int, tuple[str, ...]]:
    """Values [H, W] or, red, green and blue, [H, W, 3] -> grey [H, W] in 0..1, the bits used, warnings.

    stored  bits of a value as stored; told: the file says itself that all of them are used
    """
    if values.dtype.str[1:] == "u2":  # of either byte order
        return _spread(values, stored, told=told)
    if values.ndim == 3:
        values = values @ LUMINANCE.astype(np.float32 if values.dtype.itemsize <= 4 else np.float64)
    low, high = values.min(), values.max()  # NaN when any value is
    if values.dtype.kind == "f" and low >= 0 and high <= 1:
        return values.astype(np.float32), stored, ()
    if values.dtype.kind != "f" and low >= 0 and 255 < high < 65536:
        return _spread(values.astype(np.uint16), 16, told=False)
    pixels, (centre, width) = stretched(values if values.dtype.kind == "f" else values.astype(np.float64))
    low, high = centre - width / 2, centre + width / 2
    return pixels, stored, (f"The file names no range; {low:g} is shown black and {high:g} white.",)


def opacity(values: Values) -> Grey:
    """Values [H, W] of a channel that says how opaque the others are -> 0..1."""
    if values.dtype.str[1:] == "u2":
        return _spread(values, 16, told=False)[0]
    top = 1 if values.dtype.kind == "f" else np.iinfo(values.dtype).max
    return (values / top).clip(0, 1).astype(np.float32)


def _spread(values: Values, stored: int, *, told: bool) -> tuple[Grey, int, tuple[str, ...]]:
    used = stored if told else used_bits(values, stored)
    top = 2**used - 1
    pixels = values.astype(np.float32)
    pixels /= np.float32(top)
    np.minimum(pixels, 1, out=pixels)
    if pixels.ndim == 3:
        pixels = np.minimum(pixels @ LUMINANCE, 1)
    if used == stored:
        return pixels, stored, ()
    said = f"It uses {used} of its {stored} bits; they are spread over the greys."
    above = np.count_nonzero(values > top)
    if above:
        said += f" What lies above ({above:,} of {values.size:,} values) is shown white."
    return pixels, used, (said,)
