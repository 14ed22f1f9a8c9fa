"""What a sweep has to show before it passes: "accuracy@0.03>=0.75", a gate for programs that wait for it."""

from __future__ import annotations

import math
import operator
import re
from collections.abc import Sequence
from dataclasses import dataclass, fields

from cxr_gui.core.base.errors import SettingsError
from cxr_gui.core.base.numbers import parse_number
from cxr_gui.core.base.registry import refuse_unknown
from cxr_gui.core.base.units import parse_epsilon
from cxr_gui.core.sweep.points import Point
from cxr_gui.core.sweep.result import SweepResult

FORM = re.compile(r"\s*(\w+)\s*@\s*([^<>=]+?)\s*(>=|<=)\s*(\S+)\s*")
RELATIONS = {">=": operator.ge, "<=": operator.le}

METRICS = tuple(
    entry.name
    for entry in fields(Point)
    if entry.type in ("float", "int") and entry.name not in ("epsilon", "noise_scale")
)
"""The numbers of a point, by their names in sweep.json."""

PROVEN = ("certified_accuracy", "certified_balanced", "undecided")
"""Those that are measured with a certificate alone."""


@dataclass(frozen=True)
class Requirement:
    """A metric of METRICS at an epsilon (pixel units), and its limit: at least, or at most, so much."""

    text: str
    metric: str
    epsilon: float
    relation: str
    limit: float

    @classmethod
    def parse(cls, text: str, unit: str = "model") -> Requirement:
        """METRIC@EPSILON>=NUMBER, or <=, the epsilon in `unit`. Raises SettingsError for anything else."""
        found = FORM.fullmatch(text)
        if found is None:
            raise SettingsError(
                f"'{text}' is no requirement.", hint="For instance: accuracy@0.03>=0.75, or ece@0<=0.1"
            )
        metric, epsilon, relation, limit = found.groups()
        refuse_unknown([metric], METRICS, "A sweep has no metric")
        return cls(text.strip(), metric, parse_epsilon(epsilon, unit), relation, parse_number(limit))

    def check_measured(self, epsilons: Sequence[float], *, certify: bool) -> None:
        """Raise SettingsError unless a sweep over `epsilons` (pixel units) measures this."""
        if self._place(epsilons) is None:
            raise SettingsError(
                f"'{self.text}' is about an epsilon that the sweep does not measure.",
                hint="Add it to the epsilons.",
            )
        if self.metric in PROVEN and not certify:
            raise SettingsError(
                f"'{self.text}' is about what is proven, and nothing is.", hint="Add --certify."
            )

    def failure(self, result: SweepResult) -> str | None:
        """A sentence when `result` falls short of this, else None. What is undefined does."""
        place = self._place(result.epsilons.tolist())
        value = math.nan if place is None else float(getattr(result.points[place], self.metric))
        if RELATIONS[self.relation](value, self.limit):
            return None
        found = "undefined" if math.isnan(value) else f"{value:.6g}"
        return f"{result.title}: {self.metric} is {found}, required was {self.text}."

    def _place(self, epsilons: Sequence[float]) -> int | None:
        """Which of the epsilons it is about."""
        alike = (
            place
            for place, epsilon in enumerate(epsilons)
            if math.isclose(epsilon, self.epsilon, abs_tol=1e-12)
        )
        return next(alike, None)
