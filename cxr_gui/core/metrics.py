"""The numbers of a chart, from decisions, logits and labels. Pure numpy; what is undefined is NaN."""

from __future__ import annotations

from collections.abc import Hashable, Sequence

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.floating]
Interval = tuple[float, float]

Z_95 = 1.959963984540054
UNDEFINED: Interval = (float("nan"), float("nan"))
NUMBERS_AT_ONCE = 4_000_000
"""How many weights of a bootstrap are in memory at a time."""


def share(count: int, total: int) -> float:
    """count / total; NaN of nothing."""
    return count / total if total else float("nan")


def wilson(count: int, total: int) -> Interval:
    """Wilson's 95 % interval of the share count / total (Wilson, 1927)."""
    if not total:
        return UNDEFINED
    p, z2 = count / total, Z_95**2
    centre = (p + z2 / (2 * total)) / (1 + z2 / total)
    half = Z_95 * np.sqrt(p * (1 - p) / total + z2 / (4 * total**2)) / (1 + z2 / total)
    low = 0.0 if count == 0 else float(centre - half)
    high = 1.0 if count == total else float(centre + half)
    return low, high


def confusion(positive: NDArray[np.bool_], labels: NDArray[np.integer]) -> tuple[int, int, int, int]:
    """(tp, fp, tn, fn) of decisions [N] against labels 0/1 [N]."""
    truth = labels.astype(bool)
    tp, fp = int(np.sum(positive & truth)), int(np.sum(positive & ~truth))
    return tp, fp, int(np.sum(~truth)) - fp, int(np.sum(truth)) - tp


def matthews(tp: int, fp: int, tn: int, fn: int) -> float:
    """Matthews' correlation of decisions and labels; NaN when a row or column of the table is empty."""
    denominator = (tp + fp) * (tp + fn) * (tn + fp) * (tn + fn)
    return (tp * tn - fp * fn) / denominator**0.5 if denominator else float("nan")


def calibration_error(probabilities: Floats, labels: NDArray[np.integer], bins: int = 15) -> float:
    """Expected calibration error of P(positive) [N] in `bins` equal bins (Naeini et al., 2015)."""
    if not len(labels):
        return float("nan")
    place = np.minimum((probabilities * bins).astype(int), bins - 1)
    gaps = np.bincount(place, weights=probabilities - labels, minlength=bins)
    return float(np.abs(gaps).sum() / len(labels))


def auroc(logits: Floats, labels: NDArray[np.integer]) -> float:
    """Area under the ROC curve: P(a positive's logit > a negative's), ties counting half."""
    return float(_weighted_auroc(logits, labels, np.ones((1, len(labels))))[0])


class Bootstrap:
    """Resamples of patients, drawn once and used for every epsilon, so that the points stay comparable.

    Images of one patient are drawn together: they are not independent.
    """

    def __init__(self, patients: Sequence[Hashable], *, replicates: int = 1000, seed: int = 0) -> None:
        numbers: dict[Hashable, int] = {}
        self._patient = np.array(
            [numbers.setdefault(patient, len(numbers)) for patient in patients], dtype=int
        )
        random = np.random.default_rng(seed)
        chances = np.full(len(numbers), 1 / max(len(numbers), 1))
        self._counts = random.multinomial(len(numbers), chances, size=replicates).astype(np.float32)

    def auroc_interval(self, logits: Floats, labels: NDArray[np.integer]) -> Interval:
        """The 95 % percentile interval of the AUROC of logits [N] against labels [N]."""
        step = max(1, NUMBERS_AT_ONCE // max(len(labels), 1))
        areas = np.concatenate(
            [
                _weighted_auroc(logits, labels, self._counts[start : start + step, self._patient])
                for start in range(0, len(self._counts), step)
            ]
        )
        areas = areas[np.isfinite(areas)]
        if not len(areas):
            return UNDEFINED
        low, high = np.percentile(areas, [2.5, 97.5])
        return float(low), float(high)


def _weighted_auroc(logits: Floats, labels: NDArray[np.integer], weights: Floats) -> Floats:
    """AUROC [R] of the same images under R rows of weights [R, N]; NaN where a class weighs nothing."""
    order = np.argsort(logits, kind="stable")
    _, first = np.unique(logits[order], return_index=True)
    if not len(first):
        return np.full(len(weights), np.nan)
    weights = weights[:, order].astype(np.float64)
    truth = labels[order].astype(bool)
    positive = np.add.reduceat(weights * truth, first, axis=1)
    negative = np.add.reduceat(weights * ~truth, first, axis=1)
    below = np.cumsum(negative, axis=1) - negative
    pairs = positive.sum(axis=1) * negative.sum(axis=1)
    won = (positive * (below + negative / 2)).sum(axis=1)
    with np.errstate(invalid="ignore"):
        areas: Floats = won / pairs
    return areas
