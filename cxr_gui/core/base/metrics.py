"""The numbers of a chart, from decisions, logits and labels. Pure numpy; what is undefined is NaN."""

from __future__ import annotations

import math
from collections.abc import Hashable, Iterable, Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

Bools = NDArray[np.bool_]
Floats = NDArray[np.floating]
Interval = tuple[float, float]

Z_95 = 1.959963984540054
TAIL = 0.025
UNDEFINED: Interval = (float("nan"), float("nan"))
NUMBERS_AT_ONCE = 4_000_000
"""How many weights of a bootstrap are in memory at a time."""


def share(count: int, total: int) -> float:
    """count / total; NaN of nothing."""
    return count / total if total else float("nan")


def wilson(count: int, total: int) -> Interval:
    """Wilson's 95 % interval of the share count / total (Wilson, 1927)."""
    return wilson_of_share(count / total, total) if total else UNDEFINED


def wilson_of_share(share: float, n: float) -> Interval:
    """The same of a share of n images, n any number above 0."""
    z2 = Z_95**2
    centre = (share + z2 / (2 * n)) / (1 + z2 / n)
    half = Z_95 * math.sqrt(share * (1 - share) / n + z2 / (4 * n**2)) / (1 + z2 / n)
    return 0.0 if share == 0 else centre - half, 1.0 if share == 1 else centre + half


def all_of(count: int) -> float:
    """The lower 95 % limit of a share of which `count` independent trials out of `count` were a success.

    Clopper and Pearson's (1934) limit has a closed form there, the one behind the rule of three; 0 of none.
    """
    return TAIL ** (1 / count) if count else 0.0


def mean_of_two(one: float, one_ci: Interval, two: float, two_ci: Interval) -> tuple[float, Interval]:
    """The mean of two independent estimates, and the 95 % interval that their own intervals make for it.

    The distances to the ends are squared and added: MOVER (Zou and Donner, 2008, Statistics in Medicine
    27:1693), which for two shares with Wilson's intervals is Newcombe's square-and-add (1998, 17:873,
    method 10). Unlike mean and standard error it does not shrink to nothing at 0 and 100 %.
    """
    mean = (one + two) / 2
    below = math.hypot(one - one_ci[0], two - two_ci[0]) / 2
    above = math.hypot(one_ci[1] - one, two_ci[1] - two) / 2
    return mean, (mean - below, mean + above)


def balanced(right: Bools, labels: NDArray[np.integer]) -> tuple[float, Interval]:
    """The mean of both classes' shares of `right` decisions [N], and its interval by `mean_of_two`.

    NaN where a class of the labels 0/1 [N] has no image.
    """
    counts = [(int(np.sum(right & (labels == label))), int(np.sum(labels == label))) for label in (0, 1)]
    (negative, positive) = counts
    return mean_of_two(share(*negative), wilson(*negative), share(*positive), wilson(*positive))


def confusion(positive: NDArray[np.bool_], labels: NDArray[np.integer]) -> tuple[int, int, int, int]:
    """(tp, fp, tn, fn) of decisions [N] against labels 0/1 [N]."""
    truth = labels.astype(bool)
    tp, fp = int(np.sum(positive & truth)), int(np.sum(positive & ~truth))
    return tp, fp, int(np.sum(~truth)) - fp, int(np.sum(truth)) - tp


def matthews(tp: float, fp: float, tn: float, fn: float) -> float:
    """Matthews' correlation of decisions and labels; NaN when a row or column of the table is empty."""
    return float(_matthews(np.array([[tp, fp, tn, fn]], np.float64))[0])


def calibration_error(probabilities: Floats, labels: NDArray[np.integer], bins: int = 15) -> float:
    """Expected calibration error of P(positive) [N] in `bins` equal bins (Naeini et al., 2015)."""
    if not len(labels):
        return float("nan")
    gaps = _gaps(probabilities, labels, bins)
    return float(np.abs(gaps.sum(axis=0)).sum() / len(labels))


def auroc(logits: Floats, labels: NDArray[np.integer]) -> float:
    """Area under the ROC curve: P(a positive's logit > a negative's), ties counting half."""
    return float(_weighted_auroc(logits, labels, np.ones((1, len(labels))))[0])


def ranked(logits: Floats, labels: NDArray[np.integer]) -> tuple[Floats, Floats, Floats]:
    """(thresholds, tp, fp), each [M + 1]: how many are rightly and wrongly positive where a logit from the
    threshold on is. Thresholds fall from infinity, where nothing is, over the M distinct logits of [N].
    """
    thresholds, place = np.unique(-np.asarray(logits, np.float64), return_inverse=True)
    truth = labels.astype(bool)
    counts = (np.bincount(place[side], minlength=len(thresholds)) for side in (truth, ~truth))
    tp, fp = (np.concatenate([[0.0], np.cumsum(found)]) for found in counts)
    return np.concatenate([[np.inf], -thresholds]), tp, fp


def roc_curve(logits: Floats, labels: NDArray[np.integer]) -> tuple[Floats, Floats]:
    """(1 - specificity, sensitivity), each [M + 1] from (0, 0) to (1, 1), of M distinct logits of [N]: joined
    by straight lines, the area below is `auroc`. NaN where a class has no image.
    """
    _, tp, fp = ranked(logits, labels)
    with np.errstate(invalid="ignore"):
        return fp / fp[-1], tp / tp[-1]


def precision_recall_curve(logits: Floats, labels: NDArray[np.integer]) -> tuple[Floats, Floats]:
    """(recall, precision), each [M], by rising recall, of M distinct logits of [N].

    Between its points a curve of precision is no straight line (Davis and Goadrich, 2006): draw steps, of the
    right one's height, as `average_precision` adds them up. NaN where there is no positive.
    """
    _, tp, fp = ranked(logits, labels)
    with np.errstate(invalid="ignore"):
        return tp[1:] / tp[-1], tp[1:] / (tp[1:] + fp[1:])


def average_precision(logits: Floats, labels: NDArray[np.integer]) -> float:
    """The area below the steps of `precision_recall_curve`; of one that guesses, the share of positives."""
    recall, precision = precision_recall_curve(logits, labels)
    return float((np.diff(recall, prepend=0.0) * precision).sum()) if len(recall) else float("nan")


def calibration_curve(
    probabilities: Floats, labels: NDArray[np.integer], bins: int = 15
) -> tuple[Floats, Floats, NDArray[np.int64]]:
    """(mean P(positive), share of positives, number of images) of those of `bins` equal bins that have any.

    The mean of |share - mean P|, weighted by the numbers, is `calibration_error`.
    """
    place = _bins(probabilities, bins)
    counts = np.bincount(place, minlength=bins)
    filled = counts > 0
    sums = (np.bincount(place, weights=values, minlength=bins)[filled] for values in (probabilities, labels))
    mean, observed = (total / counts[filled] for total in sums)
    return mean, observed, counts[filled]


class Bootstrap:
    """Resamples of patients, drawn once and used for every epsilon, so that the points stay comparable.

    Images of one patient are drawn together: they are not independent. Of a single patient nothing can be
    resampled, and every interval is undefined.
    """

    def __init__(self, patients: Sequence[Hashable], *, replicates: int = 1000, seed: int = 0) -> None:
        numbers: dict[Hashable, int] = {}
        self._patient = np.array(
            [numbers.setdefault(patient, len(numbers)) for patient in patients], dtype=int
        )
        count = len(numbers)
        self._counts = np.empty((0, count), np.float32)
        if count > 1:
            random = np.random.default_rng(seed)
            drawn = random.multinomial(count, np.full(count, 1 / count), size=replicates)
            self._counts = drawn.astype(np.float32)

    def auroc_interval(self, logits: Floats, labels: NDArray[np.integer]) -> Interval:
        """The 95 % interval of the AUROC of logits [N] against labels [N].

        The percentiles of the bootstrap, but where those reach 1 the lower end is at most TAIL ** (1 / k),
        and where they reach 0 the upper end at least 1 less that. Resamples of classes that are told apart
        perfectly are perfect, too, so the percentiles alone would claim certainty: (1, 1). k is the number
        of pairs of a patient with a positive image and another with a negative one, each used once. Such
        pairs are independent and each is in order with probability AUROC, so all images are in order with
        probability AUROC ** k at most, whatever the distributions: Clopper and Pearson's limit for k
        successes of k. It is attained where 1 - AUROC of the smaller class lies beyond all of the other.
        """
        areas = _together(_weighted_auroc(logits, labels, weights) for weights in self._weights())
        return _no_certainty(_percentiles(areas), all_of(self._pairs(labels)), low=0.0)

    def matthews_interval(self, positive: Bools, labels: NDArray[np.integer]) -> Interval:
        """The 95 % interval of Matthews' correlation of decisions [N] and labels [N].

        The percentiles of the bootstrap. Where they reach 1 (all right) or -1 (all wrong) the other end is at
        least as far away as the correlation would be if one class's share were at its `all_of` limit.
        """
        truth = labels.astype(bool)
        cells = np.stack([positive & truth, positive & ~truth, ~positive & ~truth, ~positive & truth], axis=1)
        total, patients = np.bincount(labels, minlength=2), self._patients(labels)
        (n, p), (m, q) = total, (all_of(len(those)) for those in patients)
        least = min(matthews(p * q, 0, n, p - p * q), matthews(p, n - n * m, n * m, 0)) if n and p else 0.0
        return _no_certainty(_percentiles(_matthews(self._sums(cells))), least, low=-1.0)

    def calibration_interval(
        self, probabilities: Floats, labels: NDArray[np.integer], bins: int = 15
    ) -> Interval:
        """The 95 % interval of the calibration error of P(positive) [N] against labels [N].

        The upper end is the bootstrap's percentile. For the lower one that would not do: chance in a bin adds
        to the error, which is never negative, so that the percentiles leave out 0 even where there is no
        error. By the triangle inequality the true error is at least the estimate less what chance has moved
        the bins' gaps, all together; the lower end is that with the bootstrap's 97.5 % of it.
        """
        gaps = _gaps(probabilities, labels, bins)
        drawn = self._sums(np.ones((len(labels), 1)))
        found = self._sums(gaps) / drawn
        moved = np.abs(found - gaps.mean(axis=0)).sum(axis=1) if len(found) else np.empty(0)
        error = calibration_error(probabilities, labels, bins)
        low, high = error - _percentiles(moved)[1], _percentiles(np.abs(found).sum(axis=1))[1]
        return (max(0.0, low), max(high, error)) if len(found) else UNDEFINED

    def median_interval(self, values: Floats, chosen: Bools) -> Interval:
        """The 95 % percentile interval of the (lower) median of values [N], which may be infinite, of the
        chosen [N] images.
        """
        images = np.argsort(values, kind="stable")
        images = images[chosen[images]]
        medians = []
        for weights in self._weights(images) if len(images) else ():
            reached = np.cumsum(weights, axis=1)
            some = reached[:, -1] > 0  # or none of them was drawn
            middle = (2 * reached >= reached[:, -1:]).argmax(axis=1)
            medians.append(values[images[middle[some]]])
        return _percentiles(_together(medians))

    def _weights(self, images: NDArray[np.intp] | None = None) -> Iterator[Floats]:
        """How often each image [N], or each of some, is drawn in each replicate [R, N], some R at a time."""
        patient = self._patient if images is None else self._patient[images]
        step = max(1, NUMBERS_AT_ONCE // max(len(patient), 1))
        for start in range(0, len(self._counts), step):
            yield self._counts[start : start + step, patient]

    def _sums(self, columns: Floats | Bools) -> Floats:
        """The sums of columns [N, C] over the images that each replicate draws, [R, C]."""
        patients = self._counts.shape[1]
        own = [np.bincount(self._patient, weights=column, minlength=patients) for column in columns.T]
        return (self._counts @ np.stack(own, axis=1).astype(np.float32)).astype(np.float64)

    def _patients(self, labels: NDArray[np.integer]) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
        """The patients with an image of class 0, and those with one of class 1."""
        return np.unique(self._patient[labels == 0]), np.unique(self._patient[labels == 1])

    def _pairs(self, labels: NDArray[np.integer]) -> int:
        """How many pairs of different patients there are, one with each class, if each is in one pair."""
        negative, positive = self._patients(labels)
        return min(len(negative), len(positive), len(np.union1d(negative, positive)) // 2)


def _together(parts: Iterable[Floats]) -> Floats:
    return np.concatenate([np.empty(0), *parts])


def _percentiles(found: Floats) -> Interval:
    """The central 95 % of what replicates found, NaN left out; infinity is a number like others."""
    found = np.sort(found[~np.isnan(found)])
    if not len(found):
        return UNDEFINED
    if np.isinf(found).any():  # which cannot be interpolated
        last = len(found) - 1
        return float(found[math.floor(TAIL * last)]), float(found[math.ceil((1 - TAIL) * last)])
    low, high = np.percentile(found, [100 * TAIL, 100 - 100 * TAIL])
    return float(low), float(high)


def _no_certainty(interval: Interval, least: float, *, low: float) -> Interval:
    """An interval of what is between `low` and 1, which reaches from 1 down to `least` at least, and so from
    `low` up.
    """
    start, end = interval
    if end > 1 - 1e-9:
        start = min(start, least)
    if start < low + 1e-9:
        end = max(end, 1 + low - least)
    return start, end


def _matthews(tables: Floats) -> Floats:
    """Matthews' correlation [R] of rows of tp, fp, tn, fn."""
    tp, fp, tn, fn = tables.T
    with np.errstate(invalid="ignore", divide="ignore"):
        found: Floats = (tp * tn - fp * fn) / np.sqrt((tp + fp) * (tp + fn) * (tn + fp) * (tn + fn))
    return found


def _gaps(probabilities: Floats, labels: NDArray[np.integer], bins: int) -> Floats:
    """P(positive) less the label of each image [N], in the column of its bin, [N, bins]."""
    place = _bins(probabilities, bins)
    gaps = np.zeros((len(labels), bins))
    gaps[np.arange(len(labels)), place] = probabilities - labels
    return gaps


def _bins(probabilities: Floats, bins: int) -> NDArray[np.intp]:
    """The number of the bin that each probability [N] falls into; 1 into the last."""
    return np.minimum((probabilities * bins).astype(np.intp), bins - 1)


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
