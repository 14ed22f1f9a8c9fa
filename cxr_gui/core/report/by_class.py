"""The sections that look at each class by itself: decisions, confusion matrices, critical epsilons."""

from __future__ import annotations

import math

import numpy as np

from cxr_gui.core.base.metrics import share, wilson
from cxr_gui.core.base.units import describe_epsilon
from cxr_gui.core.base.wording import percent
from cxr_gui.core.report import charts
from cxr_gui.core.report.blocks import Illustration, Paragraph, Section, Table
from cxr_gui.core.report.confusion import confusion_chart
from cxr_gui.core.report.wording import counted, epsilon_range, model_units, number
from cxr_gui.core.sweep import SweepResult


def decisions(result: SweepResult) -> Section:
    """Results by class: the confusion matrices."""
    points = charts.ordered(result)
    first, last = points[0], points[-1]
    negative, positive = result.classes
    return Section(
        "Decisions by class",
        (
            Paragraph(
                f"Of {counted(first.tp + first.fn, f'{positive} image')}, {first.tp} are recognised at "
                f"epsilon {model_units(first.epsilon)} and {last.tp} at epsilon "
                f"{model_units(last.epsilon)}; of {counted(first.tn + first.fp, f'{negative} image')}, "
                f"{first.tn} and {last.tn}."
            ),
            class_table(result),
            Illustration(
                confusion_chart(points, result.classes),
                "Confusion matrices at each epsilon (model units): images, and share of the true class.",
                width=0.9,
            ),
        ),
    )


def class_table(result: SweepResult) -> Table:
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
        "Results by class, with Wilson 95 % intervals. Recognised: share of the class's images that are "
        "decided rightly; decisions right: share of the decisions for the class that are right; F1: the "
        "harmonic mean of the two; flipped: share of its images right at epsilon 0 that are wrong here.",
        numeric=frozenset(columns[1:]),
    )


def fragility(result: SweepResult) -> Section | None:
    """How much it takes to flip a decision; None when the sweep did not look for critical epsilons."""
    if result.critical is None:
        return None
    sentences = []
    for label, name in enumerate(result.classes):
        chosen = result.right_at_start & (result.labels == label)
        critical = np.sort(result.critical[chosen])
        if not len(critical):
            sentences.append(f"{name}: no image is right at epsilon 0.")
            continue
        quartiles = [critical[int(share * (len(critical) - 1))] for share in (0.25, 0.5, 0.75)]
        low, median, high = (_reached(value, result) for value in quartiles)
        sentences.append(
            f"{name}: half of the {counted(len(critical), 'image')} right at epsilon 0 have flipped by "
            f"{median}{epsilon_range(result.median_interval(chosen))}, a quarter by {low}, three quarters by "
            f"{high}."
        )
    return Section(
        "Critical epsilon",
        (
            Paragraph(
                "The critical epsilon of an image is the smallest at which its decision flips, found on "
                "the tested epsilons and then narrowed down inside the first interval in which it flips. "
                + " ".join(sentences)
                + " The range in brackets is a 95 % interval, a bootstrap grouped by patient."
            ),
            Illustration(
                charts.critical_epsilon_chart(result),
                "Share of the images right at epsilon 0 whose decision has flipped by x, by true class.",
                width=0.85,
            ),
        ),
    )


def _reached(epsilon: float, result: SweepResult) -> str:
    largest = float(result.epsilons.max())
    return (
        f"epsilon {describe_epsilon(epsilon)}"
        if math.isfinite(epsilon)
        else f"no epsilon up to {model_units(largest)}"
    )
