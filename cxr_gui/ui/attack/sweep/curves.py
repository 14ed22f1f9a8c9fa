"""What the chart can draw of a sweep: one quantity a curve, apart from how it is drawn."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt

from cxr_gui.core.base.units import from_pixel
from cxr_gui.core.sweep import noise_kinds

if TYPE_CHECKING:
    from cxr_gui.core.sweep import Point, SweepResult


@dataclass(frozen=True)
class Quantity:
    """A quantity of a Point as a curve. shown: whether it is drawn until somebody says otherwise.

    details  what else there is to say of it, for some points
    """

    name: str
    title: str
    meaning: str
    value: Callable[[Point], float]
    dash: Qt.PenStyle
    symbol: str
    interval: Callable[[Point], tuple[float, float]] | None = None
    shown: bool = True
    details: Callable[[Sequence[Point]], str] | None = None

    def named(self, points: Sequence[Point]) -> str:
        """The title with what there is to say of these points: "Random noise (blocks of 4 x 4)"."""
        details = self.details(points) if self.details is not None else ""
        return f"{self.title} ({details})" if details else self.title


QUANTITIES = (
    Quantity("accuracy", "Accuracy, 95 % band", "Right decisions of all images, with Wilson's 95 % interval",
         lambda p: p.accuracy, Qt.PenStyle.SolidLine, "o", lambda p: p.accuracy_ci),
    Quantity("balanced", "Balanced accuracy", "The mean of sensitivity and specificity, with an interval "
         "made of theirs; a constant answer has 50 %",
         lambda p: p.balanced_accuracy, Qt.PenStyle.DashDotLine, "t3", lambda p: p.balanced_accuracy_ci),
    Quantity("noise", "Random noise", "The control: accuracy under random noise of the same epsilon, of the "
         "kind that does most harm to the first images: signs for pixels, for blocks, or for the whole film",
         lambda p: p.noise_accuracy, Qt.PenStyle.DashLine, "s", lambda p: p.noise_accuracy_ci,
         details=noise_kinds),
    Quantity("unbroken", "Never broken so far", "Images that are right at this and every smaller epsilon",
         lambda p: p.unbroken, Qt.PenStyle.DotLine, "t", lambda p: p.unbroken_ci),
    Quantity("unbroken_balanced", "Never broken, balanced", "The mean of both classes' shares of those",
         lambda p: p.unbroken_balanced, Qt.PenStyle.DotLine, "t2", lambda p: p.unbroken_balanced_ci,
         shown=False),
    Quantity("constant", "Constant answer", "Accuracy of answering the larger class, whatever the film; its "
         "balanced accuracy is 50 %",
         lambda p: p.constant, Qt.PenStyle.SolidLine, "+", shown=False),
    Quantity("sensitivity", "Sensitivity", "Right decisions of the images of the positive class",
         lambda p: p.sensitivity, Qt.PenStyle.DashDotDotLine, "t1", lambda p: p.sensitivity_ci, shown=False),
    Quantity("specificity", "Specificity", "Right decisions of the images of the negative class",
         lambda p: p.specificity, Qt.PenStyle.DashDotDotLine, "d", lambda p: p.specificity_ci, shown=False),
    Quantity("success", "Attack success", "Wrong decisions of the images that were right at epsilon 0",
         lambda p: p.attack_success, Qt.PenStyle.DashLine, "x", lambda p: p.attack_success_ci, shown=False),
    Quantity("auroc", "AUROC", "Area under the ROC curve, as a percentage of 1",
         lambda p: p.auroc, Qt.PenStyle.DotLine, "star", lambda p: p.auroc_ci, shown=False),
)  # fmt: skip


@dataclass(frozen=True, eq=False)
class Curves:
    """The points of one sweep, finished or on its way (then `result` is None)."""

    title: str
    points: Sequence[Point]
    result: SweepResult | None = None

    def line(self, quantity: Quantity) -> tuple[list[float], list[float]]:
        """(epsilons in model units, per cent) where the quantity is known."""
        known = [point for point in self.points if not math.isnan(quantity.value(point))]
        return [from_pixel(p.epsilon, "model") for p in known], [100 * quantity.value(p) for p in known]

    def band(self, quantity: Quantity) -> tuple[list[float], list[float], list[float]]:
        """(epsilons in model units, lower per cent, upper per cent) where the interval is known."""
        if quantity.interval is None:
            return [], [], []
        known = [(p, quantity.interval(p)) for p in self.points if not math.isnan(quantity.interval(p)[0])]
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
    name = quantity.named([point]).split(",")[0]
    words = f"epsilon {model:.3g} ({level:.2g}/255): {name} {100 * quantity.value(point):.1f} %"
    if quantity.interval is not None and not math.isnan(quantity.interval(point)[0]):
        low, high = quantity.interval(point)
        words += f" ({100 * low:.1f} to {100 * high:.1f})"
    return f"{curves.title}: {words}"
