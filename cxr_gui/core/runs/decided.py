"""What a sweep's logits say at every threshold: ROC, precision and recall, calibration, at each epsilon."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from cxr_gui.core.base import metrics
from cxr_gui.core.base.decisions import probability

if TYPE_CHECKING:
    from cxr_gui.core.sweep import SweepResult

Curve = tuple[NDArray[np.floating], NDArray[np.floating]]

MOST_POINTS = 2000
"""Of a curve: more than a screen has dots. With more images every so many-th is left out."""


@dataclass(frozen=True, eq=False)
class DecisionCurves:
    """Of one sweep at one epsilon (pixel units), 0 for the clean images. Shares are 0..1.

    roc               1 - specificity and sensitivity          auroc
    precision_recall  recall and precision, to draw as steps   average_precision
    calibration       mean P(positive) and share of positives  calibration_error
    """

    name: str
    epsilon: float
    roc: Curve
    auroc: float
    precision_recall: Curve
    average_precision: float
    calibration: Curve
    calibration_error: float


def decision_curves(name: str, result: SweepResult) -> Iterator[DecisionCurves]:
    """The curves of the clean images, then those at each epsilon above 0, as it rises."""
    labels = result.labels
    for epsilon, logits in swept_logits(result):
        p = probability(logits)
        mean, observed, _ = metrics.calibration_curve(p, labels)
        yield DecisionCurves(
            name,
            epsilon,
            _thinned(metrics.roc_curve(logits, labels)),
            metrics.auroc(logits, labels),
            _thinned(metrics.precision_recall_curve(logits, labels)),
            metrics.average_precision(logits, labels),
            (mean, observed),
            metrics.calibration_error(p, labels),
        )


def swept_logits(result: SweepResult) -> Iterator[tuple[float, NDArray[np.float32]]]:
    """(epsilon in pixel units, logits [N]) of a sweep, the clean ones first."""
    yield 0.0, result.clean_logits
    for place in np.argsort(result.epsilons, kind="stable"):
        if result.epsilons[place] > 0:
            yield float(result.epsilons[place]), result.logits[place]


def _thinned(curve: Curve) -> Curve:
    x, y = curve
    if len(x) <= MOST_POINTS:
        return curve
    kept = np.linspace(0, len(x) - 1, MOST_POINTS).round().astype(int)
    return x[kept], y[kept]
