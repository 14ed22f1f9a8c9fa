"""The paired interval: against a published example, another way to work it out, and images simulated."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy.stats import binomtest, bootstrap

from cxr_gui.core.sweep.paired import design_effect, paired_difference


def pair(both: int, first: int, second: int, neither: int) -> tuple[np.ndarray, np.ndarray]:
    """Right decisions of two classifiers with these counts of images."""
    one = np.repeat([True, True, False, False], [both, first, second, neither])
    two = np.repeat([True, False, True, False], [both, first, second, neither])
    return one, two


def newcombe(e: int, f: int, g: int, h: int) -> tuple[float, float]:
    """Newcombe (1998), method 10, from the counts in his own letters, for p1 - p2 with n = e + f + g + h."""
    n = e + f + g + h
    low1, high1 = binomtest(e + f, n).proportion_ci(method="wilson")
    low2, high2 = binomtest(e + g, n).proportion_ci(method="wilson")
    p1, p2 = (e + f) / n, (e + g) / n
    denominator = math.sqrt((e + f) * (g + h) * (e + g) * (f + h))
    numerator = e * h - f * g
    numerator = max(numerator - n / 2, 0) if numerator > 0 else numerator
    phi = numerator / denominator if denominator else 0.0
    delta = (p1 - low1) ** 2 - 2 * phi * (p1 - low1) * (high2 - p2) + (high2 - p2) ** 2
    epsilon = (p2 - low2) ** 2 - 2 * phi * (p2 - low2) * (high1 - p1) + (high1 - p1) ** 2
    return p1 - p2 - math.sqrt(delta), p1 - p2 + math.sqrt(epsilon)


def simulate(
    random: np.random.Generator, shares: tuple[float, float, float], patients: int, tied: float
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Two classifiers on patients of one to four images, a share `tied` of which go the patient's way.

    shares  of images that both, only the first and only the second decide rightly
    """
    whose = np.repeat(np.arange(patients), random.integers(1, 5, patients))
    chances = [*shares, 1 - sum(shares)]
    own, patient = random.choice(4, len(whose), p=chances), random.choice(4, patients, p=chances)[whose]
    kind = np.where(random.random(len(whose)) < tied, patient, own)
    return np.isin(kind, (0, 1)), np.isin(kind, (0, 2)), whose


def test_the_published_example_comes_out():
    """Airway hyper-responsiveness of 21 children: Fagerland, Lydersen and Laake (2014), -0.507 to -0.026."""
    before_only, after_only = 1, 7
    after, before = pair(1, after_only, before_only, 12)
    found = paired_difference(after, before)
    assert found.difference == pytest.approx(2 / 21 - 8 / 21)
    assert found.interval == pytest.approx((-0.507, -0.026), abs=5e-4)
    assert (found.only_reference, found.only_other, found.n) == (7, 1, 21)


@pytest.mark.parametrize(
    "counts",
    [
        (400, 60, 90, 74),
        (36, 12, 2, 0),
        (1, 30, 40, 2),
        (0, 0, 29, 1),
        (0, 0, 0, 50),
        (50, 0, 0, 0),
        (20, 0, 0, 30),
        (0, 20, 30, 0),
        (0, 50, 0, 0),
        (0, 0, 0, 1),
    ],
)
def test_without_patients_it_is_newcombes(counts):
    both, first, second, neither = counts
    found = paired_difference(*pair(*counts))
    # p1 is the one that the difference is taken from: the other, not the reference.
    low, high = newcombe(both, second, first, neither)
    assert found.interval == pytest.approx((max(low, -1), min(high, 1)), abs=1e-12)
    assert found.interval[0] <= found.difference <= found.interval[1]
    assert found.distinct == (low > 0 or high < 0)


def test_the_other_way_round_is_the_mirror_image():
    random = np.random.default_rng(3)
    one, two, whose = simulate(random, (0.5, 0.2, 0.1), 80, 0.5)
    there, back = paired_difference(one, two, whose), paired_difference(two, one, whose)
    assert there.difference == -back.difference
    assert there.interval == pytest.approx((-back.interval[1], -back.interval[0]))


def test_where_nothing_tells_them_apart_the_interval_still_has_a_width():
    found = paired_difference(*pair(0, 0, 0, 200))
    assert found.difference == 0
    assert found.interval == pytest.approx((-found.interval[1], found.interval[1]))
    assert 0.01 < found.interval[1] < 0.03
    assert not found.distinct


def test_images_copied_within_patients_tell_nothing_new():
    one, two = pair(40, 12, 25, 23)
    once = paired_difference(one, two)
    patients = np.repeat(np.arange(100), 4)
    copied = paired_difference(np.repeat(one, 4), np.repeat(two, 4), patients)
    assert copied.difference == once.difference
    assert copied.interval == pytest.approx(once.interval, abs=1e-3)
    ignorant = paired_difference(np.repeat(one, 4), np.repeat(two, 4))
    assert np.ptp(ignorant.interval) == pytest.approx(np.ptp(copied.interval) / 2, rel=0.02)


def test_nothing_but_copies_of_one_answer_counts_once_a_patient():
    same = np.zeros(90, bool)
    found = paired_difference(same, same, np.repeat(np.arange(30), 3))
    assert found.interval == pytest.approx(paired_difference(same[:30], same[:30]).interval)
    alone = paired_difference(*pair(5, 3, 1, 1), [0] * 10)
    assert alone.interval[0] < -0.6


def test_the_design_effect_is_what_scipys_bootstrap_of_patients_finds():
    one, two, whose = simulate(np.random.default_rng(5), (0.55, 0.1, 0.2), 300, 0.6)
    differences = two.astype(float) - one
    sums, sizes = np.bincount(whose, differences), np.bincount(whose)

    def mean(total: np.ndarray, size: np.ndarray, axis: int) -> np.ndarray:
        return total.sum(axis) / size.sum(axis)

    resampled = bootstrap(
        (sums, sizes), mean, paired=True, vectorized=True, n_resamples=20_000, rng=7, method="percentile"
    )
    simple = differences.var() / len(differences)
    effect = design_effect(differences, whose)
    assert effect > 1.3
    assert effect == pytest.approx(resampled.standard_error**2 / simple, rel=0.04)


def test_patients_that_spread_images_out_never_narrow_the_interval():
    one, two = pair(10, 20, 20, 10)
    mixed = np.concatenate([np.arange(10), np.arange(20), np.arange(20), np.arange(10)])
    assert design_effect(two.astype(float) - one, mixed) == 1.0
    assert paired_difference(one, two, mixed).interval == paired_difference(one, two).interval


@pytest.mark.parametrize(
    ("shares", "patients"),
    [((0.6, 0.05, 0.08), 250), ((0.9, 0.002, 0.005), 250), ((0.0, 0.0, 0.01), 250), ((0.5, 0.1, 0.15), 40)],
)
def test_nineteen_of_twenty_intervals_hold_the_truth(shares, patients):
    """Where images of a patient go together, and where almost none tells the classifiers apart."""
    random = np.random.default_rng(11)
    truth = shares[2] - shares[1]
    intervals = [paired_difference(*simulate(random, shares, patients, 0.5)).interval for _ in range(400)]
    held = np.mean([low <= truth <= high for low, high in intervals])
    assert held > 0.93
