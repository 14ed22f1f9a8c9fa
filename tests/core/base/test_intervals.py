"""The intervals: against formulas written out, exact coverage, simulation, and the naive bootstrap."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy import stats

from cxr_gui.core.base import metrics
from cxr_gui.core.base.metrics import Bootstrap, Interval
from cxr_gui.core.sweep.paired import balanced_difference, paired_difference

Numbers = NDArray[np.float64]


def made(negative: int, positive: int) -> NDArray[np.int64]:
    return np.repeat([0, 1], [negative, positive])


# -- balanced accuracy ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("right", [(234, 0), (0, 390), (234, 390), (0, 0), (82, 386), (1, 1)])
def test_balanced_accuracy_has_newcombes_square_and_add(right: tuple[int, int]) -> None:
    labels = made(234, 390)
    decided = np.concatenate([np.arange(234) < right[0], np.arange(390) < right[1]])
    value, (low, high) = metrics.balanced(decided, labels)
    p, q = right[0] / 234, right[1] / 390
    one, two = (
        stats.binomtest(count, total).proportion_ci(method="wilson")
        for count, total in zip(right, (234, 390), strict=True)
    )
    assert value == pytest.approx((p + q) / 2)
    assert low == pytest.approx(value - math.sqrt((p - one.low) ** 2 + (q - two.low) ** 2) / 2, abs=1e-12)
    assert high == pytest.approx(value + math.sqrt((one.high - p) ** 2 + (two.high - q) ** 2) / 2, abs=1e-12)
    assert 0 <= low <= value <= high <= 1
    assert high - low > 0.005, "never certain"


def test_the_interval_of_balanced_accuracy_covers_what_it_claims() -> None:
    n, m = 30, 50
    tables = [(i, j) for i in range(n + 1) for j in range(m + 1)]
    labels = made(n, m)
    ends = np.array(
        [metrics.balanced(np.r_[np.arange(n) < i, np.arange(m) < j], labels)[1] for i, j in tables]
    )
    covered = []
    for p, q in np.random.default_rng(0).random((400, 2)):
        chances = np.outer(stats.binom.pmf(range(n + 1), n, p), stats.binom.pmf(range(m + 1), m, q)).ravel()
        covered.append(chances[(ends[:, 0] <= (p + q) / 2) & ((p + q) / 2 <= ends[:, 1])].sum())
    assert 0.945 < np.mean(covered) < 0.965
    assert min(covered) > 0.88


def test_of_one_class_nothing_is_balanced() -> None:
    value, interval = metrics.balanced(np.ones(5, bool), np.ones(5, int))
    assert all(map(math.isnan, (value, *interval)))


def test_the_paired_difference_in_balanced_accuracy_is_made_of_both_classes() -> None:
    random = np.random.default_rng(2)
    labels = made(60, 140)
    one, two = random.random(200) < 0.9, random.random(200) < 0.7
    whose = np.repeat(range(100), 2).tolist()
    found = balanced_difference(one, two, labels, whose)
    sides = [paired_difference(one[side], two[side], whose[side]) for side in (slice(60), slice(60, 200))]
    value = sum(side.difference for side in sides) / 2
    below, above = (
        math.sqrt(sum((side.difference - side.interval[end]) ** 2 for side in sides)) / 2 for end in (0, 1)
    )
    assert found.balanced_difference == pytest.approx(value)
    assert found.balanced_interval == pytest.approx((value - below, value + above))
    assert found.balanced_reference == pytest.approx(metrics.balanced(one, labels)[0])
    assert (found.n, found.interval) == (200, paired_difference(one, two, whose).interval)
    assert math.isnan(balanced_difference(one, two, np.ones(200, int)).balanced_difference)


# -- the AUROC -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("negative", "positive"), [(20, 20), (3, 400), (400, 3), (234, 390), (1, 1)])
def test_perfect_separation_is_no_certainty(negative: int, positive: int) -> None:
    labels = made(negative, positive)
    limit = stats.binomtest(*[min(negative, positive)] * 2).proportion_ci(method="exact").low
    bootstrap = Bootstrap(range(len(labels)))
    logits = labels.astype(float)
    assert bootstrap.auroc_interval(logits, labels) == pytest.approx((limit, 1.0))
    assert bootstrap.auroc_interval(-logits, labels) == pytest.approx((0.0, 1 - limit))


@pytest.mark.parametrize("few", [5, 20, 100])
def test_no_worse_classifier_separates_perfectly_more_often_than_the_limit_allows(few: int) -> None:
    """The case that attains the bound: a share of the smaller class lies beyond all of the other."""
    limit = metrics.all_of(few)
    random = np.random.default_rng(few)
    astray = random.random((4000, few)) < 1 - limit  # their AUROC is the limit
    assert np.mean(~astray.any(axis=1)) == pytest.approx(metrics.TAIL, abs=0.01)


@pytest.mark.parametrize("area", [0.9, 0.97, 0.997])
def test_the_interval_of_the_auroc_covers_near_perfect_separation(area: float) -> None:
    labels = made(20, 20)
    distance = stats.norm.ppf(area) * math.sqrt(2)
    random = np.random.default_rng(0)
    covered = 0
    for _ in range(150):
        logits = random.normal(size=40) + distance * labels
        low, high = Bootstrap(range(40), replicates=200).auroc_interval(logits, labels)
        covered += low <= area <= high
    assert covered / 150 > 0.9, "the percentiles alone cover 94, 83 and 39 % of these"


def test_films_of_few_patients_prove_no_more_than_the_patients_do() -> None:
    labels = made(100, 100)
    logits = labels.astype(float)
    of_five = Bootstrap(np.repeat(range(10), 20).tolist())
    assert of_five.auroc_interval(logits, labels)[0] == pytest.approx(metrics.TAIL ** (1 / 5))
    for count in (4, 5):  # each of them has films of both classes: two pairs of patients
        mixed = Bootstrap(list(range(count)) * (200 // count))
        assert mixed.auroc_interval(logits, labels)[0] == pytest.approx(metrics.TAIL ** (1 / 2))


def test_of_no_trials_nothing_is_known() -> None:
    assert metrics.all_of(0) == 0.0


@pytest.mark.parametrize("low", [0.0, -1.0])
def test_only_an_end_that_is_certain_moves(low: float) -> None:
    least = 0.3
    for interval, expected in {
        (0.2, 0.9): (0.2, 0.9),
        (0.4, 0.9): (0.4, 0.9),
        (0.4, 1.0): (least, 1.0),
        (0.2, 1.0): (0.2, 1.0),
        (low, low + 0.1): (low, 1 + low - least),
        (low, 0.95): (low, 0.95),
    }.items():
        assert metrics._no_certainty(interval, least, low=low) == pytest.approx(expected)


# -- MCC, calibration error, median --------------------------------------------------------------------------


def naive(statistic: Callable[[NDArray[np.int64]], float], patients: list[int], replicates: int) -> Interval:
    """The percentiles over resamples of patients, drawn as `Bootstrap` draws them, image by image."""
    names = list(dict.fromkeys(patients))
    random = np.random.default_rng(5)
    counts = random.multinomial(len(names), np.full(len(names), 1 / len(names)), size=replicates)
    found = [
        statistic(np.repeat(range(len(patients)), [row[names.index(who)] for who in patients]))
        for row in counts
    ]
    low, high = np.nanpercentile(found, [2.5, 97.5])
    return float(low), float(high)


def test_the_bootstraps_of_mcc_calibration_and_median_are_the_naive_ones() -> None:
    random = np.random.default_rng(3)
    patients = random.integers(0, 25, 80).tolist()
    labels = random.integers(0, 2, 80)
    probabilities = random.random(80)
    positive = probabilities + 0.3 * labels > 0.6
    critical = random.random(80)
    bootstrap = Bootstrap(patients, replicates=200, seed=5)

    def correlation(images: NDArray[np.int64]) -> float:
        return metrics.matthews(*metrics.confusion(positive[images], labels[images]))

    def error(images: NDArray[np.int64]) -> float:
        return metrics.calibration_error(probabilities[images], labels[images])

    def median(images: NDArray[np.int64]) -> float:
        kept = np.sort(critical[images[labels[images] == 1]])
        return float(kept[(len(kept) - 1) // 2]) if len(kept) else math.nan

    assert bootstrap.matthews_interval(positive, labels) == pytest.approx(naive(correlation, patients, 200))
    high = naive(error, patients, 200)[1]
    assert bootstrap.calibration_interval(probabilities, labels)[1] == pytest.approx(high, abs=1e-6)
    assert bootstrap.median_interval(critical, labels == 1) == pytest.approx(naive(median, patients, 200))


@pytest.mark.parametrize("few", [1, 2, 3])
def test_the_median_of_few_images_leaves_out_resamples_without_any(few: int) -> None:
    patients, chosen = list(range(8)), np.arange(8) < few
    values = np.random.default_rng(1).random(8)

    def median(images: NDArray[np.int64]) -> float:
        kept = np.sort(values[images[chosen[images]]])
        return float(kept[(len(kept) - 1) // 2]) if len(kept) else math.nan

    found = Bootstrap(patients, replicates=200, seed=5).median_interval(values, chosen)
    assert found == pytest.approx(naive(median, patients, 200))


def test_infinite_ends_are_the_numbers_at_their_places() -> None:
    found = np.append(np.arange(99.0), np.inf)[::-1]
    assert metrics._percentiles(found) == (2.0, 97.0)
    assert metrics._percentiles(np.append(found, np.full(3, np.inf))) == (2.0, np.inf)
    assert metrics._percentiles(np.append(found, np.full(7, np.nan))) == (2.0, 97.0)


def test_the_interval_of_the_calibration_error_is_of_as_many_bins_as_it_is_asked_for() -> None:
    random = np.random.default_rng(2)
    labels, probabilities = random.integers(0, 2, 60), random.random(60)
    bootstrap = Bootstrap(range(60), replicates=200)
    gaps = probabilities - labels
    drawn = bootstrap._sums(np.stack([np.ones(60), gaps], axis=1))
    moved = np.percentile(np.abs(drawn[:, 1] / drawn[:, 0] - gaps.mean()), 97.5)
    low, high = bootstrap.calibration_interval(probabilities, labels, 1)
    assert low == pytest.approx(max(0.0, abs(gaps.mean()) - moved))
    assert high >= abs(gaps.mean()) == metrics.calibration_error(probabilities, labels, 1)


@pytest.mark.parametrize(("negative", "positive"), [(40, 60), (60, 40), (5, 95), (95, 5)])
def test_decisions_that_are_all_right_or_all_wrong_have_no_certain_mcc(negative: int, positive: int) -> None:
    labels = made(negative, positive)
    bootstrap = Bootstrap(range(100))
    few = metrics.all_of(negative), metrics.all_of(positive)
    least = min(
        metrics.matthews(positive * few[1], 0, negative, positive * (1 - few[1])),
        metrics.matthews(positive, negative * (1 - few[0]), negative * few[0], 0),
    )
    assert 0.3 < least < 1
    assert bootstrap.matthews_interval(labels == 1, labels) == pytest.approx((least, 1.0))
    assert bootstrap.matthews_interval(labels == 0, labels) == pytest.approx((-1.0, -least))
    assert all(map(math.isnan, bootstrap.matthews_interval(np.ones(100, bool), labels)))
    assert all(map(math.isnan, bootstrap.matthews_interval(labels == 1, np.zeros(100, int))))


@pytest.mark.parametrize("off", [0.0, 0.1, 0.3])
def test_the_interval_of_the_calibration_error_covers_it_where_there_is_none_too(off: float) -> None:
    random = np.random.default_rng(0)
    covered, started_above = 0, 0
    for _ in range(60):
        truth = 0.05 + 0.6 * random.random(200)
        labels = (random.random(200) < truth).astype(int)
        low, high = Bootstrap(range(200), replicates=200).calibration_interval(truth + off, labels)
        assert low <= metrics.calibration_error(truth + off, labels) <= high
        covered += low <= off <= high
        started_above += low > 0
    assert covered / 60 > 0.9
    assert (started_above / 60 > 0.9) == (off == 0.3), "an error as large as that is seen"


def test_a_median_beyond_the_grid_stays_beyond_it() -> None:
    values = np.array([0.01] * 5 + [np.inf] * 15)
    everyone = np.ones(20, bool)
    assert Bootstrap(range(20)).median_interval(values, everyone) == (np.inf, np.inf)
    low, high = Bootstrap(range(20)).median_interval(np.array([0.01] * 10 + [np.inf] * 10), everyone)
    assert (low, high) == (0.01, np.inf)
    assert math.isnan(Bootstrap(range(20)).median_interval(values, ~everyone)[0])


def test_of_one_patient_nothing_can_be_resampled() -> None:
    labels = made(3, 3)
    alone = Bootstrap(["somebody"] * 6)
    for interval in (
        alone.auroc_interval(labels.astype(float), labels),
        alone.matthews_interval(labels == 1, labels),
        alone.calibration_interval(labels / 2, labels),
        alone.median_interval(labels / 2, labels == 1),
    ):
        assert all(map(math.isnan, interval))
