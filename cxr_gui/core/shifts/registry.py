"""The shifts by name, with their severities in a unit that people know."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from cxr_gui.core.base.errors import SettingsError
from cxr_gui.core.base.numbers import number_text
from cxr_gui.core.base.registry import Registry
from cxr_gui.core.shifts.film import SpacedImage

Change = Callable[[SpacedImage, float, np.random.Generator], NDArray[np.floating]]
Place = Literal["film", "input"]
FAMILIES = ("exposure", "sharpness", "geometry", "storage", "medmnist-c")


@dataclass(frozen=True)
class Shift:
    """A change of a film by an amount, which rises or falls from one severity to the next.

    quantity, unit  what the amount is of          amounts  one for each severity, the mildest first
    change          from film, amount and what is random about it to grey values [H, W]
    family          one of FAMILIES
    at              "film": before it is resized to a classifier's input, as in life; "input": after
    """

    name: str
    title: str
    summary: str
    change: Change
    quantity: str
    amounts: tuple[float, ...]
    family: str
    unit: str = ""
    at: Place = "film"

    def severity(self, number: int) -> float:
        """The amount of a severity, counted from 1. Raises SettingsError where there is none."""
        if not 1 <= number <= len(self.amounts):
            accepted = f"Accepted: a whole number from 1 to {len(self.amounts)}."
            raise SettingsError(f"is {number}.", where=f"severity of {self.name}", hint=accepted)
        return self.amounts[number - 1]

    @property
    def span(self) -> str:
        """From its mildest amount to its most severe one, for people: "angle 2 to 16 degrees"."""
        ends = dict.fromkeys(number_text(amount) for amount in (self.amounts[0], self.amounts[-1]))
        return f"{self.quantity} {' to '.join(ends)} {self.unit}".rstrip()


SHIFTS: Registry[Shift] = Registry("shift", package="cxr_gui.core.shifts")


def in_families(shifts: Sequence[Shift]) -> list[Shift]:
    """Shifts of one family beside one another."""
    return sorted(shifts, key=lambda shift: FAMILIES.index(shift.family))


def register_shift(
    name: str,
    title: str,
    summary: str,
    *,
    quantity: str,
    amounts: tuple[float, ...],
    family: str,
    unit: str = "",
    at: Place = "film",
) -> Callable[[Change], Change]:
    """Decorate the function that makes the change. Raises ArgumentError for a taken name."""

    def add(change: Change) -> Change:
        SHIFTS.add(name, Shift(name, title, summary, change, quantity, amounts, family, unit, at))
        return change

    return add
