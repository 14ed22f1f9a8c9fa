"""Sweeps brought in line: which images are the same ones, what is left out, what is refused."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from cxr_gui.core.base.errors import SettingsError
from cxr_gui.core.sweep.comparison import align, can_be_compared, shared_epsilons
from cxr_gui.core.sweep.result import SweepResult
from tests.support.report_samples import sweep_result


def rearranged(result: SweepResult, places: np.ndarray) -> SweepResult:
    """The sweep over these of its images, in this order."""
    assert result.paths is not None
    assert result.critical is not None
    assert result.noise_logits is not None
    return replace(
        result,
        logits=result.logits[:, places],
        clean_logits=result.clean_logits[places],
        labels=result.labels[places],
        rows=result.rows[places],
        noise_logits=result.noise_logits[:, places],
        critical=result.critical[places],
        paths=tuple(result.paths[place] for place in places),
    )


def test_the_same_images_in_another_order_are_put_in_the_firsts():
    result = sweep_result(negative=10, positive=15)
    shuffled = rearranged(result, np.random.default_rng(0).permutation(25))
    comparison = align([result, shuffled])
    assert comparison.left_out == (0, 0)
    assert comparison.reference is result
    second = comparison.sweeps[1]
    assert second.paths == result.paths
    for name in ("logits", "clean_logits", "labels", "rows", "noise_logits", "critical"):
        assert np.array_equal(getattr(second, name), getattr(result, name))


def test_only_images_that_all_attacked_are_kept():
    result = sweep_result(negative=10, positive=10)
    comparison = align(
        [result, rearranged(result, np.arange(5, 20)), rearranged(result, np.arange(12)[::-1])]
    )
    assert comparison.left_out == (13, 8, 5)
    assert result.paths is not None
    assert [each.paths for each in comparison.sweeps] == [result.paths[5:12]] * 3
    assert all(each.points[0].n == 7 for each in comparison.sweeps)


def test_an_image_of_another_class_is_another_image():
    result = sweep_result(negative=5, positive=5)
    labels = result.labels.copy()
    labels[0] = 1
    assert align([result, replace(result, labels=labels)]).left_out == (1, 1)


@pytest.mark.parametrize(
    ("others", "why"),
    [
        ((), "at least two"),
        (({"paths": None},), "does not say which images"),
        (({"paths": tuple(f"elsewhere/{number}" for number in range(10))},), "no image in common"),
        (({"paths": ("a",) * 10},), "Sweep 2 names an image twice"),
        (({}, {"classes": ("PNEUMONIA", "NORMAL")}), "Sweep 3 decides between PNEUMONIA and NORMAL"),
    ],
)
def test_what_cannot_be_compared_is_refused_and_says_why(others, why):
    result = sweep_result(negative=5, positive=5)
    sweeps = [result, *(replace(result, **changes) for changes in others)]
    with pytest.raises(SettingsError, match=why):
        align(sweeps)
    assert not can_be_compared(sweeps)
    assert can_be_compared([result, result])


def test_epsilons_are_shared_whatever_their_order_and_last_digits():
    result = sweep_result()
    other = replace(result, epsilons=np.array([0.05 * (1 + 1e-12), 0.2, 0.0, 0.015]))
    assert [(mine, theirs) for _, mine, theirs in shared_epsilons(result, other)] == [(0, 2), (2, 3), (4, 0)]
    assert shared_epsilons(result, replace(other, epsilons=other.epsilons + 0.001)) == []


def test_patients_come_from_the_first_sweep_that_knows_them():
    result = sweep_result(negative=2, positive=2)
    knowing = replace(result, patients=("a", "a", None, None))
    assert align([result, result]).patients is None
    patients = align([result, knowing]).patients
    assert patients is not None
    assert patients[0] == patients[1]
    assert len(set(patients)) == 3


def test_differences_are_those_of_the_common_images():
    result = sweep_result(negative=10, positive=10)
    worse = replace(result, logits=np.where(result.labels == 1, -1.0, result.logits).astype(np.float32))
    found = align([result, worse]).differences(1)
    assert [epsilon for epsilon, _ in found] == pytest.approx(sorted(result.epsilons))
    for place, (_, paired) in enumerate(found):
        one, two = result.correct[place], worse.correct[place]
        assert (paired.only_reference, paired.only_other) == (np.sum(one & ~two), 0)
        assert paired.difference == pytest.approx(two.mean() - one.mean())
