"""The unit in which the window types and shows epsilons. Inside the program they are in pixel units.

Whoever shows one connects `epsilons().changed` to what shows it anew. Files, reports and what is written into
them stay as they are, model units first.
"""

from __future__ import annotations

from functools import cache

from PySide6.QtCore import QObject, Signal

from cxr_gui.core.base.units import describe_epsilon, epsilon_text, from_pixel, to_pixel

UNITS = {"model": "Model units (0.03)", "255": "Grey levels (3.8/255)"}
"""unit -> what a choice says of it, with the same epsilon in each"""

NAMES = {"model": "model units", "255": "grey levels"}
_ON_AXES = {"model": "model units", "255": "n/255"}


class Epsilons(QObject):
    """The chosen unit, and how epsilons (pixel units) are written in it."""

    changed = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.unit = "model"

    @property
    def other(self) -> str:
        """The unit that comes second."""
        return "model" if self.unit == "255" else "255"

    @property
    def name(self) -> str:
        """The unit in words: "model units" or "grey levels"."""
        return NAMES[self.unit]

    def set_unit(self, unit: str) -> None:
        """Choose "model" or "255", and have every epsilon shown anew."""
        if unit not in UNITS:
            raise ValueError(f"Epsilons are shown in {' or '.join(UNITS)}, not in '{unit}'.")
        if unit != self.unit:
            self.unit = unit
            self.changed.emit()

    def value(self, epsilon: float) -> float:
        """The number that stands for an epsilon."""
        return from_pixel(epsilon, self.unit)

    def pixel(self, value: float) -> float:
        """The epsilon that a number stands for."""
        return to_pixel(value, self.unit)

    def shown(self, epsilon: float, digits: int | None = None) -> str:
        """ "0.03" or "3.82/255"."""
        return epsilon_text(epsilon, self.unit, digits)

    def both(self, epsilon: float) -> str:
        """ "0.03 (3.82/255)" or "3.82/255 (0.03)"."""
        return describe_epsilon(epsilon, self.unit)


def axis_title(unit: str, detail: str = "") -> str:
    """ "Epsilon (model units)", of an axis in that unit."""
    return f"Epsilon ({_ON_AXES[unit]}{detail})"


@cache
def epsilons() -> Epsilons:
    """The window's one unit."""
    return Epsilons()
