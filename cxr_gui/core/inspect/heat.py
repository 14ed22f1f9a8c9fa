"""An explanation as colours: opaque where much speaks, clear where nothing does. No torch, no Qt."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

# Matplotlib's viridis without its darkest end, which would sink into the film, and ColorBrewer's PuOr: seen
# by people with any colour vision, and unlike the difference view's blue and red.
STRENGTH = ("31688e", "21918c", "35b779", "90d743", "fde725")
SIDES = ("8073ac", "b2abd2", "f7f7f7", "fdb863", "e08214")

OF_THE_MODEL = "An explanation of the model, not of the disease."
OPACITY = 0.6
"""How much an explanation covers an image unless somebody says otherwise."""

CLEAR_BELOW = 0.05
"""The share of its maximum from which an explanation is seen at all."""
OPAQUE_FROM = 0.5
BRIGHTEST = 99.5
"""The percentile of a signed explanation that counts as its maximum: single pixels would dwarf the rest."""


def colour_ramp(anchors: tuple[str, ...]) -> NDArray[np.uint8]:
    """uint8 [256, 3] through the anchors."""
    colours = np.array([list(bytes.fromhex(anchor)) for anchor in anchors], float)
    steps = np.linspace(0, len(anchors) - 1, 256)
    channels = [np.interp(steps, np.arange(len(anchors)), colours[:, channel]) for channel in range(3)]
    return np.round(np.stack(channels, axis=1)).astype(np.uint8)


def shares_of(values: NDArray[np.floating], *, signed: bool) -> NDArray[np.floating]:
    """An explanation [H, W] as shares of its own maximum: -1..1, 0..1 unless signed."""
    strength = np.abs(values)
    limit = float(np.percentile(strength, BRIGHTEST) if signed else strength.max(initial=0.0))
    shares: NDArray[np.floating] = np.clip(values / (limit or 1.0), -1.0, 1.0)
    return shares


def agreement(values: NDArray[np.floating], others: NDArray[np.floating]) -> float:
    """Pearson's correlation of two explanations [H, W] by one method: 1 where they differ by a scale alone.

    NaN where one of them is the same everywhere, or of another size.
    """
    if values.shape != others.shape:
        return math.nan
    one, other = (each.astype(np.float64) - each.mean(dtype=np.float64) for each in (values, others))
    length = math.sqrt(float((one**2).sum()) * float((other**2).sum()))
    return float((one * other).sum()) / length if length else math.nan


def colours_of(shares: NDArray[np.floating], *, signed: bool) -> NDArray[np.uint8]:
    """RGBA uint8 [H, W, 4] of shares [H, W], transparent where they say little."""
    place = (shares + 1) / 2 if signed else shares
    colours = colour_ramp(SIDES if signed else STRENGTH)[np.round(place * 255).astype(np.uint8)]
    alpha = np.clip((np.abs(shares) - CLEAR_BELOW) / (OPAQUE_FROM - CLEAR_BELOW), 0, 1)
    pixels = np.dstack([colours, np.round(alpha * 255).astype(np.uint8)])
    return np.ascontiguousarray(pixels.astype(np.uint8))
