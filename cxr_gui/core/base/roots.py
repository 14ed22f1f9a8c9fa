"""Where a decision flips between two epsilons, found with few looks."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

TOLERANCE = 0.5e-5
"""Width of the last bracket in pixel units: 1e-5 in model units."""

Numbers = NDArray[np.floating]


class RootBracket:
    """Intervals [A] at whose low end an image is right and at whose high end it is wrong.

    They are narrowed by the ITP method (Oliveira and Takahashi, 2020): probes near the root of the secant, so
    that a smooth function takes about four instead of bisection's thirteen, but never so far from the middle
    that more than one probe more than bisection's could be needed.
    """

    def __init__(
        self, low: NDArray[np.float64], high: NDArray[np.float64], height_low: Numbers, height_high: Numbers
    ) -> None:
        self.low, self.high = low, high
        self._height_low, self._height_high = height_low, height_high
        self.restart()

    def restart(self) -> None:
        """Count the probes from here; for intervals that were narrowed in another way before."""
        self._width = self.high - self.low
        halvings = np.ceil(np.log2(self._width / TOLERANCE)).clip(min=0)
        self._radius = TOLERANCE * 2**halvings

    def next_probe(self) -> NDArray[np.float64]:
        """Where to look next in each interval."""
        middle, width = (self.low + self.high) / 2, self.high - self.low
        rise = self._height_high - self._height_low
        with np.errstate(divide="ignore", invalid="ignore"):
            secant = (self.low * self._height_high - self.high * self._height_low) / rise
        secant = np.where(np.isfinite(secant), secant.clip(self.low, self.high), middle)
        inwards = np.sign(middle - secant)
        push = np.maximum(0.2 * width**2 / self._width, 0.4 * TOLERANCE)
        pushed = np.where(push <= np.abs(middle - secant), secant + inwards * push, middle)
        reach = (self._radius - width / 2).clip(min=0)
        return np.where(np.abs(pushed - middle) <= reach, pushed, middle - inwards * reach)

    def narrow(self, probe: NDArray[np.float64], height: Numbers, flipped: NDArray[np.bool_]) -> None:
        """Put one end of each interval where it was probed, by what was found there."""
        self.high = np.where(flipped, probe, self.high)
        self._height_high = np.where(flipped, height, self._height_high)
        self.low = np.where(flipped, self.low, probe)
        self._height_low = np.where(flipped, self._height_low, height)
        self._radius = self._radius / 2

    def of(self, kept: NDArray[np.bool_]) -> RootBracket:
        """The intervals of some of the images."""
        some = object.__new__(RootBracket)
        vars(some).update({name: value[kept] for name, value in vars(self).items()})
        return some
