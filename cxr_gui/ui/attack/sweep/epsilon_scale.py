"""Where an epsilon stands on the chart's axis: in proportion, or by its logarithm with 0 set apart."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from cxr_gui.core.base.units import from_pixel, to_pixel

GAP = 0.3  # decades between 0, which has no logarithm, and the smallest epsilon above it
STEPS = (1, 2, 5)
INTERVALS = 7  # at most so many between the ticks of an axis in proportion
Ticks = list[tuple[float, str]]


@dataclass(frozen=True)
class EpsilonScale:
    """Model units to places and back. smallest: the least epsilon above 0; log: by logarithm."""

    smallest: float = 0.01
    largest: float = 0.1
    log: bool = False

    @classmethod
    def of(cls, epsilons: Iterable[float], *, log: bool) -> EpsilonScale:
        """The scale for these epsilons in model units."""
        above = sorted(epsilon for epsilon in epsilons if epsilon > 0)
        return cls(above[0], above[-1], log) if above else cls(log=log)

    def place(self, epsilon: float) -> float:
        """Where an epsilon in model units stands; all below the smallest one towards 0's place."""
        if not self.log:
            return epsilon
        zero = math.log10(self.smallest) - GAP
        if epsilon >= self.smallest:
            return math.log10(epsilon)
        return zero + GAP * max(epsilon, 0.0) / self.smallest

    def epsilon(self, place: float) -> float:
        """The epsilon in model units at a place; never below 0."""
        if not self.log:
            return max(place, 0.0)
        low = math.log10(self.smallest)
        if place >= low:
            return float(10**place)
        return max(self.smallest * (1 - (low - place) / GAP), 0.0)

    @property
    def ends(self) -> tuple[float, float]:
        """The places of 0 and of the largest epsilon."""
        return self.place(0.0), self.place(self.largest)

    def ticks(self, unit: str = "model") -> Ticks:
        """(place, words) of 0 and of numbers that are round in `unit`; by logarithm 1, 2 and 5 times the
        powers of ten.
        """
        per_model_unit = from_pixel(to_pixel(1.0, "model"), unit)
        if not self.log:
            high = self.largest * per_model_unit
            step = next(size for size in _round_numbers(high / INTERVALS) if size >= high / INTERVALS)
            values = [number * step for number in range(math.floor(high / step * (1 + 1e-9)) + 1)]
            return [(self.place(value / per_model_unit), f"{value:.6g}") for value in values]
        low, high = self.smallest * per_model_unit, self.largest * per_model_unit
        values = [
            step * 10.0**power
            for power in range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)
            for step in STEPS
        ]
        inside = [value for value in values if low * (1 - 1e-9) <= value <= high * (1 + 1e-9)]
        return [
            (self.place(0.0), "0"),
            *((self.place(value / per_model_unit), f"{value:g}") for value in inside),
        ]


def _round_numbers(around: float) -> Iterator[float]:
    """1, 2 and 5 times the powers of ten, rising from below `around`."""
    power = math.floor(math.log10(around))
    for exponent in (power, power + 1):
        yield from (step * 10.0**exponent for step in STEPS)
