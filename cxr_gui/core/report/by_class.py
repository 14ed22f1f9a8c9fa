"""The sections that look at each class by itself: decisions, confusion matrices, critical epsilons."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from matplotlib.figure import Figure

from cxr_gui.core.base.metrics import share, wilson
from cxr_gui.core.base.wording import NONE, percent
from cxr_gui.core.report import charts
from cxr_gui.core.report.blocks import Block, Illustration, Paragraph, Section, Table
from cxr_gui.core.report.confusion import confusion_chart
from cxr_gui.core.report.drawing import once
from cxr_gui.core.report.source import ReportSource
from cxr_gui.core.report.wording import counted, epsilon_range, model_units, number
from cxr_gui.core.sweep import SweepResult


def decisions(sources: Sequence[ReportSource]) -> Section:
    """Results by class: the confusion matrices."""
    blocks: list[Block] = []
    for source in sources:
        result = source.sweep
        points = charts.ordered(result)
        first, last = points[0], points[-1]
        negative, positive = result.classes
        blocks += [
            Paragraph(
                f"Of {counted(first.tp + first.fn, f'{positive} image')}, {first.tp} are recognised at "
                f"epsilon {model_units(first.epsilon)} and {last.tp} at epsilon "
                f"{model_units(last.epsilon)}; of {counted(first.tn + first.fp, f'{negative} image')}, "
                f"{first.tn} and {last.tn}.",
                lead=f"Sweep {source.number}." if source.number else "",
            ),
            Illustration(
                _confusion(result),
                f"Confusion matrices{source.whose} at each epsilon (model units): images, and share of the "
                "true class.",
                width=0.78,
            ),
            class_table(result, source.whose),
        ]
    return Section("Decisions by class", tuple(blocks))


def class_table(result: SweepResult, whose: str = "") -> Table:
    """For each class and epsilon: how many are recognised, what a decision for it is worth, how many flip."""
    rows = []
    for label, name in enumerate(result.classes):
        attacked = result.right_at_start & (result.labels == label)
        for place in np.argsort(result.epsilons, kind="stable"):
            right = result.correct[place]
            recognised = int(np.sum(right & (result.labels == label)))
            images = int(np.sum(result.labels == label))
            decided = recognised + int(np.sum(~right & (result.labels != label)))
            flipped = int(np.sum(attacked & ~right))
            rows.append(
                (
                    name,
                    model_units(float(result.epsilons[place])),
                    percent(share(recognised, images), wilson(recognised, images)),
                    percent(share(recognised, decided), wilson(recognised, decided)),
                    number(share(2 * recognised, images + decided)),
                    percent(share(flipped, int(attacked.sum())), wilson(flipped, int(attacked.sum()))),
                )
            )
    columns = ("Class", "Epsilon", "Recognised", "Decisions right", "F1", "Flipped")
    return Table(
        columns,
        tuple(rows),
        f"Results{whose} by class, with Wilson 95 % intervals.",
        numeric=frozenset(columns[1:]),
    )


def fragility(sources: Sequence[ReportSource]) -> Section | None:
    """How much it takes to flip a decision; None when no sweep looked for critical epsilons."""
    blocks: list[Block] = []
    for source in sources:
        result = source.sweep
        if result.critical is None:
            continue
        columns = ("Class", "Right at 0", "A quarter by", "Half by", "Three quarters by")
        blocks += [
            Illustration(
                _critical(result),
                f"Share of the images{source.whose} right at epsilon 0 whose decision has flipped by x, by "
                "true class.",
                width=0.8,
            ),
            Table(
                columns,
                tuple(_flips(result, label) for label in (0, 1)),
                f"The epsilon (model units) by which a share of each class's right decisions"
                f"{source.whose} has flipped, with a bootstrap 95 % interval of the median, grouped by "
                f"patient; {NONE} where no tested epsilon does that.",
                frozenset(columns[1:]),
            ),
        ]
    if not blocks:
        return None
    return Section("Critical epsilon", (Paragraph("How much does it take to flip a decision?"), *blocks))


def _flips(result: SweepResult, label: int) -> tuple[str, ...]:
    chosen = result.right_at_start & (result.labels == label)
    critical = np.sort(result.critical[chosen]) if result.critical is not None else np.empty(0)
    if not len(critical):
        return (result.classes[label], "0", NONE, NONE, NONE)
    low, median, high = (_reached(critical[int(part * (len(critical) - 1))]) for part in (0.25, 0.5, 0.75))
    if median != NONE:
        median += epsilon_range(result.median_interval(chosen))
    return (result.classes[label], f"{len(critical):,}", low, median, high)


def _reached(epsilon: float) -> str:
    return model_units(epsilon) if math.isfinite(epsilon) else NONE


@once
def _confusion(result: SweepResult) -> Figure:
    return confusion_chart(charts.ordered(result), result.classes)


_critical = once(charts.critical_epsilon_chart)
