"""What the chart draws of a sweep: one quantity a curve."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt

from cxr_gui.core.base.units import from_pixel
from cxr_gui.core.sweep import QUANTITIES

if TYPE_CHECKING:
    from cxr_gui.core.sweep import Point, Quantity, SweepResult

DASHES = {
    "solid": Qt.PenStyle.SolidLine,
    "dash": Qt.PenStyle.DashLine,
    "dot": Qt.PenStyle.DotLine,
    "dash dot": Qt.PenStyle.DashDotLine,
    "dash dot dot": Qt.PenStyle.DashDotDotLine,
}

DRAWN = tuple(quantity for quantity in QUANTITIES.values() if quantity.dash)
"""The quantities that the chart can draw."""


@dataclass(frozen=True, eq=False)
class Curves:
    """The points of one sweep, finished or on its way (then `result` is None)."""

    title: str
    points: Sequence[Point]
    result: SweepResult | None = None

    @property
    def vacuous(self) -> bool:
        """Whether nothing was proven at any epsilon above 0: then a floor would look like fragility."""
        proven = QUANTITIES["certified"].known([p for p in self.points if p.epsilon > 0])
        return bool(proven) and not any(p.certified_accuracy for p in proven)

    @property
    def undecided(self) -> tuple[list[float], list[float], list[float]]:
        """(epsilons in model units, per cent proven, per cent never broken); between them nobody knows."""
        known = [] if self.vacuous else QUANTITIES["certified"].known(self.points)
        return (
            [from_pixel(p.epsilon, "model") for p in known],
            [100 * p.certified_accuracy for p in known],
            [100 * p.unbroken for p in known],
        )

    def shows(self, quantity: Quantity) -> bool:
        """Whether there is anything to draw of a quantity."""
        return not (self.vacuous and quantity.name.startswith("certified"))

    def line(self, quantity: Quantity) -> tuple[list[float], list[float]]:
        """(epsilons in model units, per cent) where the quantity is known."""
        known = quantity.known(self.points)
        return [from_pixel(p.epsilon, "model") for p in known], [100 * quantity.value(p) for p in known]

    def band(self, quantity: Quantity) -> tuple[list[float], list[float], list[float]]:
        """(epsilons in model units, lower per cent, upper per cent) where the interval is known."""
        known = quantity.bounded(self.points)
        return (
            [from_pixel(p.epsilon, "model") for p, _ in known],
            [100 * low for _, (low, _) in known],
            [100 * high for _, (_, high) in known],
        )


def sweep_title(result: SweepResult) -> str:
    """A sweep in a few words: "demo: FGSM, rgb, n = 624"."""
    name = f"{result.about['classifier']}: " if result.about.get("classifier") else ""
    unfinished = "" if result.complete else ", not finished"
    count = f"n = {len(result.labels)}".replace(" ", "\N{NO-BREAK SPACE}")
    return f"{name}{result.attack_title}, {result.threat_title}, {count}{unfinished}"


def point_in_words(curves: Curves, quantity: Quantity, index: int) -> str:
    """One point of a curve for people: where it is, its value, and its interval."""
    point = curves.points[index]
    model, level = from_pixel(point.epsilon, "model"), from_pixel(point.epsilon, "255")
    name = quantity.detailed(quantity.title, [point]).split(",")[0]
    words = f"epsilon {model:.3g} ({level:.2g}/255): {name} {100 * quantity.value(point):.1f} %"
    for _, (low, high) in quantity.bounded([point]):
        words += f" ({100 * low:.1f} to {100 * high:.1f})"
    return f"{curves.title}: {words}"
