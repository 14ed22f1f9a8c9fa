"""Training films once more, each after one shift: what befalls films without an attacker is learned from."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from cxr_gui.core.base.randomness import Purpose, derived_seed
from cxr_gui.core.images import Radiograph
from cxr_gui.core.shifts import SHIFTS, Shift, SpacedImage, chance_of, shifted

VERSION = 1
"""Raised when a shift gives other pixels for the same film and amount."""


@dataclass(frozen=True)
class OneShift:
    """A `data.Change`: of all shifts one is drawn for each film, and a severity, by seed and number."""

    seed: int

    @property
    def key(self) -> str:
        """Of the seed and all that can be drawn."""
        shifts = [(shift.name, *shift.amounts) for shift in self._shifts]
        return f"shifted-{hashlib.sha256(repr((VERSION, self.seed, shifts)).encode()).hexdigest()[:16]}"

    def draw(self, number: int) -> tuple[Shift, float]:
        """The shift of the film of that number, and its amount."""
        draws = np.random.default_rng(derived_seed(self.seed, Purpose.SHIFT, number))
        shift = self._shifts[int(draws.integers(len(self._shifts)))]
        return shift, shift.amounts[int(draws.integers(len(shift.amounts)))]

    def __call__(self, radiograph: Radiograph, number: int, size: tuple[int, int]) -> NDArray[np.uint8]:
        shift, amount = self.draw(number)
        film = SpacedImage(radiograph.pixels, radiograph.source.spacing)
        return shifted(film, shift, amount, size, chance_of(shift, self.seed, number))

    @property
    def _shifts(self) -> Sequence[Shift]:
        return sorted(SHIFTS.values(), key=lambda shift: shift.name)
