"""Where a decision flips between two epsilons, found with few looks."""

from __future__ import annotations

from typing import Self

import torch
from torch import Tensor

TOLERANCE = 0.5e-5
"""Width of the last bracket in pixel units: 1e-5 in model units."""


class RootBracket:
    """Intervals [A] at whose low end an image is right and at whose high end it is wrong.

    They are narrowed by the ITP method (Oliveira and Takahashi, 2020): probes near the root of the secant, so
    that a smooth function takes about four instead of bisection's thirteen, but never so far from the middle
    that more than two probes more than bisection's could be needed. Nothing in it waits for the device.
    """

    def __init__(self, low: Tensor, high: Tensor, height_low: Tensor, height_high: Tensor) -> None:
        self.low, self.high = low, high
        self._height_low, self._height_high = height_low, height_high
        self.restart()

    def restart(self) -> None:
        """Count the probes from here; for intervals that were narrowed in another way before."""
        self._width = self.high - self.low
        halvings = (self._width / TOLERANCE).log2().ceil().clamp(min=0)
        self._radius = TOLERANCE * 2**halvings

    @property
    def wide(self) -> Tensor:
        """Which intervals are wider than TOLERANCE, bool [A]."""
        return self.high - self.low > TOLERANCE

    def next_probe(self) -> Tensor:
        """Where to look next in each interval."""
        middle, width = (self.low + self.high) / 2, self.high - self.low
        rise = self._height_high - self._height_low
        secant = (self.low * self._height_high - self.high * self._height_low) / rise
        secant = torch.where(secant.isfinite(), secant.clamp(self.low, self.high), middle)
        inwards = (middle - secant).sign()
        push = (0.2 * width**2 / self._width).clamp(min=0.4 * TOLERANCE)
        pushed = torch.where(push <= (middle - secant).abs(), secant + inwards * push, middle)
        reach = (self._radius - width / 2).clamp(min=0)
        return torch.where((pushed - middle).abs() <= reach, pushed, middle - inwards * reach)

    def narrow(self, probe: Tensor, height: Tensor, flipped: Tensor) -> None:
        """Put one end of each interval where it was probed, by what was found there."""
        self.high = torch.where(flipped, probe, self.high)
        self._height_high = torch.where(flipped, height, self._height_high)
        self.low = torch.where(flipped, self.low, probe)
        self._height_low = torch.where(flipped, self._height_low, height)
        self._radius = self._radius / 2

    def of(self, kept: Tensor) -> Self:
        """The intervals of some of the images."""
        some = object.__new__(type(self))
        vars(some).update({name: value[kept] for name, value in vars(self).items()})
        return some
