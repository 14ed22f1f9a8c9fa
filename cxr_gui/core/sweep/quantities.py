"""What can be shown of a point: an entry here is a curve of the window's chart, its words in legend, key and
guide, a column of the report's tables, and a line of the report's chart. No Qt, no torch.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

from cxr_gui.core.base.metrics import Interval
from cxr_gui.core.base.registry import Registry
from cxr_gui.core.sweep.points import Point, noise_kinds

Dash = Literal["", "solid", "dash", "dot", "dash dot", "dash dot dot"]
TableName = Literal["decisions", "attack", "bracket", "ranking"]


@dataclass(frozen=True)
class ReportColumn:
    """Where it stands in the report. digits: of a number that is no share; note: for the table's caption."""

    table: TableName
    heading: str
    digits: int | None = None
    note: str = ""


@dataclass(frozen=True)
class Line:
    """What the legend of the report's chart calls it. control: one line without a band, of a sweep alone."""

    label: str
    control: bool = False


@dataclass(frozen=True)
class Quantity:
    """A quantity of a Point; NaN where it is undefined.

    details        what else there is to say of it, for some points
    dash, symbol   of its curve in the window, pyqtgraph's name of the latter; no dash: it is not drawn there
    shown          whether it is drawn until somebody says otherwise
    column, line   in the report; None: not there
    """

    name: str
    title: str
    meaning: str
    value: Callable[[Point], float]
    interval: Callable[[Point], Interval] | None = None
    details: Callable[[Sequence[Point]], str] | None = None
    dash: Dash = ""
    symbol: str = ""
    shown: bool = True
    column: ReportColumn | None = None
    line: Line | None = None

    def detailed(self, title: str, points: Sequence[Point]) -> str:
        """A title with what there is to say of these points: "Random noise (blocks of 4 x 4)"."""
        details = self.details(points) if self.details is not None else ""
        return f"{title} ({details})" if details else title

    def known(self, points: Sequence[Point]) -> list[Point]:
        """Those of the points where it is defined."""
        return [point for point in points if not math.isnan(self.value(point))]

    def bounded(self, points: Sequence[Point]) -> list[tuple[Point, Interval]]:
        """Those of the points where its interval is defined, with it."""
        if self.interval is None:
            return []
        found = ((point, self.interval(point)) for point in points)
        return [(point, interval) for point, interval in found if not math.isnan(interval[0])]


QUANTITIES: Registry[Quantity] = Registry("quantity")

for _quantity in (
    Quantity(
        "accuracy", "Accuracy, 95 % band", "Right decisions of all images, with Wilson's 95 % interval",
        lambda p: p.accuracy, lambda p: p.accuracy_ci,
        dash="solid", symbol="o", column=ReportColumn("decisions", "Accuracy"), line=Line("Accuracy"),
    ),
    Quantity(
        "balanced", "Balanced accuracy", "The mean of sensitivity and specificity, with an interval made of "
        "theirs; a constant answer has 50 %",
        lambda p: p.balanced_accuracy, lambda p: p.balanced_accuracy_ci,
        dash="dash dot", symbol="t3", column=ReportColumn("decisions", "Balanced"),
        line=Line("Balanced accuracy"),
    ),
    Quantity(
        "noise", "Random noise", "The control: accuracy under random noise of the same epsilon, of the kind "
        "that does most harm to the first images: signs for pixels, for blocks, or for the whole film",
        lambda p: p.noise_accuracy, lambda p: p.noise_accuracy_ci, noise_kinds,
        dash="dash", symbol="s", column=ReportColumn("attack", "Random noise"),
        line=Line("Accuracy, random noise of the same epsilon", control=True),
    ),
    Quantity(
        "unbroken", "Correct at all smaller epsilons",
        "Images that are right at this and every smaller epsilon",
        lambda p: p.unbroken, lambda p: p.unbroken_ci,
        dash="dot", symbol="t", column=ReportColumn("attack", "Not broken"),
        line=Line("Not broken by any epsilon up to x", control=True),
    ),
    Quantity(
        "unbroken_balanced", "Correct at all smaller, weighted equally",
        "The mean of both classes' shares of images that are right at this and every smaller epsilon",
        lambda p: p.unbroken_balanced, lambda p: p.unbroken_balanced_ci,
        dash="dot", symbol="t2", shown=False, column=ReportColumn("attack", "Not broken, balanced"),
    ),
    Quantity(
        "certified", "Certified", "Right decisions that no attack within epsilon can change, proven",
        lambda p: p.certified_accuracy, lambda p: p.certified_accuracy_ci,
        dash="solid", symbol="h", column=ReportColumn("bracket", "Certified"),
    ),
    Quantity(
        "certified_balanced", "Certified, weighted equally", "The mean of both classes' shares of those",
        lambda p: p.certified_balanced, lambda p: p.certified_balanced_ci,
        dash="dash dot", symbol="p", shown=False, column=ReportColumn("bracket", "Certified, balanced"),
    ),
    Quantity(
        "undecided", "Undecided", "Images that are neither proven nor broken by any epsilon up to this one",
        lambda p: p.undecided, lambda p: p.undecided_ci,
        column=ReportColumn("bracket", "Undecided"),
    ),
    Quantity(
        "broken", "Broken", "Images that are wrong at this or a smaller epsilon",
        lambda p: p.broken, lambda p: p.broken_ci,
        column=ReportColumn("bracket", "Broken"),
    ),
    Quantity(
        "constant", "Constant answer", "Accuracy of answering the larger class, whatever the film; its "
        "balanced accuracy is 50 %",
        lambda p: p.constant,
        dash="solid", symbol="+", shown=False,
    ),
    Quantity(
        "sensitivity", "Sensitivity", "Right decisions of the images of the positive class",
        lambda p: p.sensitivity, lambda p: p.sensitivity_ci,
        dash="dash dot dot", symbol="t1", shown=False, column=ReportColumn("decisions", "Sensitivity"),
    ),
    Quantity(
        "specificity", "Specificity", "Right decisions of the images of the negative class",
        lambda p: p.specificity, lambda p: p.specificity_ci,
        dash="dash dot dot", symbol="d", shown=False, column=ReportColumn("decisions", "Specificity"),
    ),
    Quantity(
        "success", "Attack success", "Wrong decisions of the images that were right at epsilon 0",
        lambda p: p.attack_success, lambda p: p.attack_success_ci,
        dash="dash", symbol="x", shown=False, column=ReportColumn("attack", "Attack success"),
    ),
    Quantity(
        "auroc", "AUROC", "Area under the ROC curve, as a percentage of 1",
        lambda p: p.auroc, lambda p: p.auroc_ci,
        dash="dot", symbol="star", shown=False, column=ReportColumn("ranking", "AUROC", 3),
    ),
    Quantity(
        "mcc", "MCC", "Matthews correlation coefficient",
        lambda p: p.mcc, lambda p: p.mcc_ci,
        column=ReportColumn("ranking", "MCC", 2, "MCC: Matthews correlation coefficient"),
    ),
    Quantity(
        "calibration", "Calibration", "Expected calibration error",
        lambda p: p.ece, lambda p: p.ece_ci,
        column=ReportColumn("ranking", "Calibration", 3, "calibration: expected calibration error"),
    ),
):  # fmt: skip
    QUANTITIES.add(_quantity.name, _quantity)
