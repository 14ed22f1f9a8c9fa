"""The numbers against scipy, brute force and hand-made tables."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from cxr_gui.core.base import metrics
from cxr_gui.core.base.metrics import Bootstrap
from cxr_gui.core.sweep.points import measure


@given(st.integers(1, 2000).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))))
def test_wilson_is_scipys(case: tuple[int, int]) -> None:
    count, total = case
    expected = stats.binomtest(count, total).proportion_ci(method="wilson")
    assert metrics.wilson(count, total) == pytest.approx((expected.low, expected.high), abs=1e-12)
    assert 0 <= metrics.wilson(count, total)[0] <= count / total <= metrics.wilson(count, total)[1] <= 1


def test_shares_of_nothing_are_undefined() -> None:
    assert math.isnan(metrics.share(0, 0))
    assert all(math.isnan(bound) for bound in metrics.wilson(0, 0))


def test_the_confusion_matrix_is_counted() -> None:
    positive = np.array([1, 1, 1, 0, 0, 0, 0], bool)
    labels = np.array([1, 1, 0, 0, 0, 0, 1])
    assert metrics.confusion(positive, labels) == (2, 1, 3, 1)


@given(st.lists(st.tuples(st.booleans(), st.booleans()), min_size=2, max_size=50))
def test_matthews_is_the_correlation(pairs: list[tuple[bool, bool]]) -> None:
    positive, labels = np.array(pairs).T
    value = metrics.matthews(*metrics.confusion(positive, labels.astype(int)))
    if len({*positive}) == 1 or len({*labels}) == 1:
        assert math.isnan(value)
    else:
        assert value == pytest.approx(np.corrcoef(positive, labels)[0, 1])


logits_and_labels = st.lists(st.tuples(st.integers(-5, 5), st.booleans()), min_size=1, max_size=40)


@given(logits_and_labels)
def test_auroc_is_the_share_of_pairs_in_order(rows: list[tuple[int, bool]]) -> None:
    logits, labels = np.array([row[0] for row in rows], float), np.array([int(row[1]) for row in rows])
    positive, negative = logits[labels == 1], logits[labels == 0]
    value = metrics.auroc(logits, labels)
    if not len(positive) or not len(negative):
        assert math.isnan(value)
        return
    won = (positive[:, None] > negative).mean() + (positive[:, None] == negative).mean() / 2
    assert value == pytest.approx(won)
    statistic = stats.mannwhitneyu(positive, negative).statistic
    assert value == pytest.approx(statistic / len(positive) / len(negative))


def test_auroc_of_nothing_is_undefined() -> None:
    assert math.isnan(metrics.auroc(np.empty(0), np.empty(0, int)))


def test_calibration_error_is_the_gap_in_each_bin() -> None:
    probabilities = np.array([0.05, 0.05, 0.95, 0.95, 1.0])
    assert metrics.calibration_error(probabilities, np.array([0, 0, 1, 1, 1])) == pytest.approx(0.04)
    assert metrics.calibration_error(probabilities, np.array([1, 1, 0, 0, 0])) == pytest.approx(0.96)
    assert metrics.calibration_error(np.full(10, 0.5), np.arange(10) % 2) == pytest.approx(0)
    # Certain ones belong to the last bin, where their gap makes up for another's; the bin below has its own.
    assert metrics.calibration_error(np.array([1.0, 0.9]), np.array([0, 1]), 10) == pytest.approx(0.45)
    assert metrics.calibration_error(np.array([0.85, 0.95]), np.array([0, 1]), 10) == pytest.approx(0.45)
    assert math.isnan(metrics.calibration_error(np.array([]), np.array([], int)))


def test_the_bootstrap_is_the_naive_one() -> None:
    random = np.random.default_rng(3)
    labels = random.integers(0, 2, 60)
    logits = (random.normal(size=60) + labels).round(1)
    patients = random.integers(0, 25, 60).tolist()
    names = list(dict.fromkeys(patients))
    counts = np.random.default_rng(5).multinomial(len(names), np.full(len(names), 1 / len(names)), size=200)
    areas = []
    for row in counts:
        drawn = [
            i
            for name, times in zip(names, row, strict=True)
            for _ in range(times)
            for i in _of(patients, name)
        ]
        areas.append(metrics.auroc(logits[drawn], labels[drawn]))
    expected = tuple(np.percentile(areas, [2.5, 97.5]))
    found = Bootstrap(patients, replicates=200, seed=5).auroc_interval(logits, labels)
    assert found == pytest.approx(expected)


def _of(patients: list[int], name: int) -> list[int]:
    return [i for i, patient in enumerate(patients) if patient == name]


def test_images_of_one_patient_count_as_one() -> None:
    random = np.random.default_rng(1)
    labels = random.integers(0, 2, 40)
    logits = random.normal(size=40) + labels
    low, high = Bootstrap(range(40)).auroc_interval(logits, labels)
    many = Bootstrap(np.repeat(np.arange(40), 9).tolist())
    assert many.auroc_interval(logits.repeat(9), labels.repeat(9)) == pytest.approx((low, high), abs=1e-9)
    alone = Bootstrap(range(360)).auroc_interval(logits.repeat(9), labels.repeat(9))
    assert alone[1] - alone[0] < 0.6 * (high - low)


def test_large_bootstraps_are_worked_through_in_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    random = np.random.default_rng(1)
    labels, logits = random.integers(0, 2, 50), random.normal(size=50)
    whole = Bootstrap(range(50)).auroc_interval(logits, labels)
    monkeypatch.setattr(metrics, "NUMBERS_AT_ONCE", 50 * 7)
    assert Bootstrap(range(50)).auroc_interval(logits, labels) == whole


def test_the_points_of_a_sweep_worked_out_by_hand() -> None:
    labels = np.array([1, 1, 1, 0, 0])
    clean = np.array([2.0, 1.0, -1.0, -2.0, 1.0], np.float32)  # right, right, wrong, right, wrong
    weak = np.array([1.0, -1.0, -2.0, -1.0, 2.0], np.float32)  # the second flips
    strong = np.array([-1.0, 1.0, -3.0, 1.0, 3.0], np.float32)  # first and fourth flip, the second comes back
    zero, one, two = measure(
        np.array([0.0, 0.1, 0.2]),
        np.stack([clean, weak, strong]),
        labels,
        clean=clean,
        noise=np.stack([clean, clean, weak]),
        threshold=0.0,
    )
    assert [(p.tp, p.fp, p.tn, p.fn) for p in (zero, one, two)] == [(2, 1, 1, 1), (1, 1, 1, 2), (1, 2, 0, 2)]
    assert [p.accuracy for p in (zero, one, two)] == [0.6, 0.4, 0.2]
    assert [p.attack_success for p in (zero, one, two)] == [0, 1 / 3, 2 / 3]
    assert {p.attacked for p in (zero, one, two)} == {3}
    assert [p.broken_by_smaller for p in (zero, one, two)] == [0.4, 0.6, 1.0]
    assert [p.noise_accuracy for p in (zero, one, two)] == [0.6, 0.6, 0.4]
    assert zero.accuracy_ci == metrics.wilson(3, 5)
    assert one.attack_success_ci == metrics.wilson(1, 3)
    assert (zero.sensitivity, zero.specificity) == (2 / 3, 1 / 2)
    assert zero.balanced_accuracy == pytest.approx((2 / 3 + 1 / 2) / 2)
    assert zero.auroc == pytest.approx(4.5 / 6)
    assert zero.auroc_ci[0] <= zero.auroc <= zero.auroc_ci[1]


def test_broken_by_smaller_does_not_ask_for_an_order_of_epsilons() -> None:
    labels, clean = np.array([1]), np.array([1.0], np.float32)
    logits = np.array([[1.0], [-1.0], [1.0]], np.float32)
    points = measure(np.array([0.2, 0.1, 0.0]), logits, labels, clean=clean, noise=None, threshold=0.0)
    assert [point.broken_by_smaller for point in points] == [1.0, 1.0, 0.0]
    assert math.isnan(points[0].noise_accuracy)


@settings(max_examples=20, deadline=None)
@given(st.floats(-800, 800))
def test_extreme_logits_have_probabilities(logit: float) -> None:
    (point,) = measure(
        np.zeros(1),
        np.array([[logit]], np.float32),
        np.array([1]),
        clean=np.array([logit], np.float32),
        noise=None,
        threshold=0.0,
    )
    assert 0 <= point.ece <= 1


# -- curves over all thresholds ------------------------------------------------------------------------------


def test_curves_of_a_few_images_by_hand() -> None:
    logits, labels = np.array([3.0, 2.0, 2.0, 1.0]), np.array([1, 0, 1, 0])
    thresholds, tp, fp = metrics.ranked(logits, labels)
    assert thresholds.tolist() == [np.inf, 3.0, 2.0, 1.0]
    assert (tp.tolist(), fp.tolist()) == ([0, 1, 2, 2], [0, 0, 1, 2])
    assert [curve.tolist() for curve in metrics.roc_curve(logits, labels)] == [[0, 0, 0.5, 1], [0, 0.5, 1, 1]]
    recall, precision = metrics.precision_recall_curve(logits, labels)
    assert recall.tolist() == [0.5, 1, 1]
    assert precision.tolist() == pytest.approx([1, 2 / 3, 1 / 2])
    assert metrics.average_precision(logits, labels) == pytest.approx(0.5 * 1 + 0.5 * 2 / 3)
    upside_down = metrics.roc_curve(-logits, labels)
    assert [curve.tolist() for curve in upside_down] == [[0, 0.5, 1, 1], [0, 0, 0.5, 1]]


@pytest.mark.parametrize("seed", range(5))
def test_curves_are_what_counting_at_each_threshold_finds(seed: int) -> None:
    random = np.random.default_rng(seed)
    labels = random.integers(0, 2, 200)
    logits = np.round(random.normal(labels, 1.0), 1)  # with ties
    x, y = metrics.roc_curve(logits, labels)
    for threshold, fpr, tpr in zip(metrics.ranked(logits, labels)[0], x, y, strict=True):
        tp, fp, tn, fn = metrics.confusion(logits >= threshold, labels)
        assert (fpr, tpr) == pytest.approx((fp / (fp + tn), tp / (tp + fn)))
    assert np.trapezoid(y, x) == pytest.approx(metrics.auroc(logits, labels))
    expected = 0.0
    for threshold in sorted(set(logits), reverse=True):  # what is gained in recall, at that precision
        tp, fp, _, _ = metrics.confusion(logits >= threshold, labels)
        gained = np.sum(labels[logits == threshold]) / labels.sum()
        expected += gained * tp / (tp + fp)
    assert metrics.average_precision(logits, labels) == pytest.approx(expected)


def test_a_guess_has_the_share_of_positives_as_its_average_precision() -> None:
    labels = np.arange(1000) % 4 == 0
    assert metrics.average_precision(np.zeros(1000), labels.astype(int)) == pytest.approx(0.25)


def test_curves_without_one_of_the_classes_are_undefined() -> None:
    logits, ones = np.array([1.0, 2.0]), np.ones(2, int)
    assert np.isnan(metrics.roc_curve(logits, ones)[0]).all()
    assert np.isnan(metrics.average_precision(logits, 1 - ones))
    assert np.isnan(metrics.average_precision(np.empty(0), np.empty(0, int)))


def test_a_calibration_curve_makes_the_calibration_error() -> None:
    random = np.random.default_rng(0)
    p = random.random(5000)
    labels = (random.random(5000) < p**2).astype(int)
    mean, observed, counts = metrics.calibration_curve(p, labels)
    assert counts.sum() == 5000
    error = (np.abs(observed - mean) * counts).sum() / 5000
    assert error == pytest.approx(metrics.calibration_error(p, labels))
    assert observed == pytest.approx(mean**2, abs=0.08)
    assert metrics.calibration_curve(np.array([0.0, 1.0]), np.array([0, 1]))[0].tolist() == [0.0, 1.0]
