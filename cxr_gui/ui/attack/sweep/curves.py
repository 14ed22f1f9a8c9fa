"""What the chart draws of a sweep: one quantity a curve."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import zip_longest
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt

from cxr_gui.core.base.units import from_pixel
from cxr_gui.core.sweep import QUANTITIES
from cxr_gui.ui.attack.sweep.coinciding import TOGETHER
from cxr_gui.ui.widgets.epsilon_unit import epsilons

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
    """The points of one sweep, finished or on its way (then `result` is None).

    parts   of its title, see `SweepResult.parts`; as many as are known      number  by which it is coloured
    in_use  whether it attacked the classifier in use                        shown   whether it is drawn
    """

    title: str
    points: Sequence[Point]
    result: SweepResult | None = None
    parts: tuple[str, ...] = ()
    number: int = 0
    in_use: bool = True
    shown: bool = True

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
        vacuous = self.vacuous and quantity.name.startswith("certified")
        return not vacuous and bool(quantity.known(self.points))

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


def brief_titles(sweeps: Sequence[Curves]) -> list[str]:
    """For each sweep what tells it from the others: the classifier, the attack, or whatever differs."""
    columns = list(zip_longest(*(curves.parts for curves in sweeps), fillvalue=""))
    differing = [column for column in columns if len(set(column)) > 1] or columns[1:2]
    brief = zip(*differing, strict=True) if differing else ((),) * len(sweeps)
    found = [
        ", ".join(filter(None, parts)) or curves.title for curves, parts in zip(sweeps, brief, strict=True)
    ]
    alike = [found[:place].count(words) for place, words in enumerate(found)]
    return [f"{words} ({1 + n})" if n else words for words, n in zip(found, alike, strict=True)]


def same_as(sweeps: Sequence[Curves], chosen: Sequence[Quantity]) -> dict[str, Quantity]:
    """{a quantity: the one before it whose curves are the same, of each of the sweeps}."""
    return {
        quantity.name: other
        for place, quantity in enumerate(chosen)
        for other in chosen[:place][::-1]
        if all(_same(curves.line(quantity), curves.line(other)) for curves in sweeps)
    }


def _same(line: Sequence[list[float]], other: Sequence[list[float]]) -> bool:
    (epsilons, values), (others, where) = line, other
    return epsilons == others and all(abs(a - b) <= TOGETHER for a, b in zip(values, where, strict=True))


def points_in_words(points: Sequence[tuple[Curves, Quantity, int]]) -> str:
    """A point of a curve for people: where it is, its value, its interval, and which others are there too."""
    (curves, quantity, index), *others = points
    point = curves.points[index]
    name = quantity.detailed(_name(quantity), [point])
    words = f"epsilon {epsilons().both(point.epsilon)}: {name} {100 * quantity.value(point):.1f} %"
    for _, (low, high) in quantity.bounded([point]):
        words += f" ({100 * low:.1f} to {100 * high:.1f})"
    there = [
        _name(other) if whose is curves else f"{whose.title}: {_name(other)}" for whose, other, _ in others
    ]
    return f"{curves.title}: {words}" + (f"; here too: {'; '.join(there)}" if there else "")


def _name(quantity: Quantity) -> str:
    return quantity.title.partition(",")[0]
