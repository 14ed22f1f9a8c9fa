"""Two groups of films: what does not differ is not called different, what was planted is found."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from cxr_gui.core.base.metrics import Bootstrap, auroc
from cxr_gui.core.base.progress import run
from cxr_gui.core.data.telling_apart import TwoGroups, auroc_with_interval, by_chance, held_out_scores

DATASETS, LEVEL = 100, 0.05
AT_MOST = 12
"""Alarms in 100 datasets without a difference: more come twice in a thousand times at a rate of 5 %."""


def groups(seed: int, *, first: int = 60, second: int = 20, traits: int = 6, each: int = 3) -> TwoGroups:
    """Patients with one to `each` films that are much alike; every second trait repeats the one before."""
    random = np.random.default_rng(seed)
    films = np.repeat(np.arange(first + second), random.integers(1, each + 1, first + second))
    values = random.normal(size=(first + second, traits))[films] + 0.3 * random.normal(
        size=(len(films), traits)
    )
    values[:, 1::2] = values[:, ::2] + 0.1 * values[:, 1::2]
    values[:, 0] = np.round(values[:, 0])  # with ties
    return TwoGroups.of(values, films >= first, films.tolist())


def planted(found: TwoGroups, shift: float, trait: int = 2) -> TwoGroups:
    values = found.values.copy()
    values[found.other, trait] += shift
    return TwoGroups(values, found.other, found.patients)


def by_pairs(values: NDArray[np.float64], other: NDArray[np.bool_]) -> NDArray[np.float64]:
    """For each film of the other group (rows) and the first (columns): 1 where it has more, 0.5 as much."""
    more, less = values[other][:, None], values[~other][None]
    return np.where(more > less, 1.0, np.where(more == less, 0.5, 0.0))


@pytest.mark.parametrize("seed", range(4))
def test_the_auroc_and_its_error_are_those_of_all_pairs(seed: int) -> None:
    """Obuchowski's variance, written as she writes it."""
    found = groups(seed)
    values, other = found.values[:, 0], found.other
    area, (low, high) = auroc_with_interval(values, found)
    pairs = by_pairs(values, other)
    assert area == pytest.approx(pairs.mean()) == pytest.approx(auroc(values, other.astype(int)))
    variance = 0.0
    for placed, patients in ((pairs.mean(1), found.patients[other]), (pairs.mean(0), found.patients[~other])):
        sums = [(placed[patients == patient] - area).sum() for patient in np.unique(patients)]
        variance += len(sums) / (len(sums) - 1) * np.square(sums).sum() / len(placed) ** 2
    width = np.log(high / (1 - high)) - np.log(low / (1 - low))
    assert width == pytest.approx(2 * 1.959964 * np.sqrt(variance) / (area * (1 - area)))


@pytest.mark.parametrize("shift", [0.0, 0.5, 1.5])
def test_the_interval_is_about_that_of_the_bootstrap(shift: float) -> None:
    found = planted(groups(1, first=150, second=80), shift)
    values = found.values[:, 2]
    _, interval = auroc_with_interval(values, found)
    resampled = Bootstrap(found.patients.tolist()).auroc_interval(values, found.other.astype(int))
    assert interval == pytest.approx(resampled, abs=0.02)


def test_groups_that_are_told_apart_perfectly_are_not_certain_to_be() -> None:
    found = planted(groups(2), 1000.0)
    area, (low, high) = auroc_with_interval(found.values[:, 2], found)
    assert (area, high) == (1.0, 1.0)
    assert low == pytest.approx(0.025 ** (1 / 20))
    area, (low, high) = auroc_with_interval(-found.values[:, 2], found)
    assert (area, low) == (0.0, 0.0)
    assert high == pytest.approx(1 - 0.025 ** (1 / 20))


@pytest.mark.parametrize("second", [10, 20])
def test_data_without_a_difference_alarms_in_one_of_twenty_at_most(second: int) -> None:
    alarms = 0
    for seed in range(DATASETS):
        families = [groups(seed, second=second), groups(1000 + seed, second=second, traits=2, each=1)]
        chances = run(by_chance(families, replicates=99, seed=seed))
        alarms += min(chance.min() for chance in chances) <= LEVEL
    assert 0 < alarms <= AT_MOST


@pytest.mark.parametrize("seed", range(5))
def test_a_planted_difference_is_found_where_it_is(seed: int) -> None:
    alike = groups(100 + seed, first=200, second=60)
    different = planted(groups(seed, first=200, second=60), 1.0)
    first, second = run(by_chance([alike, different]))
    assert second[2] <= 0.01 < min(first.min(), *np.delete(second, 2))


def test_films_of_one_patient_count_once() -> None:
    """Two patients a group prove nothing, of however many films."""
    random = np.random.default_rng(0)
    patients = np.repeat(np.arange(4), 100)
    values = (patients >= 2)[:, None] + random.normal(size=(400, 1))
    assert run(by_chance([TwoGroups.of(values, patients >= 2, patients.tolist())]))[0].min() > LEVEL


def test_a_patient_of_both_groups_counts_as_two() -> None:
    found = TwoGroups.of(np.zeros((4, 1)), np.array([False, False, True, True]), ["a", "b", "a", "a"])
    assert found.patients.tolist() == [0, 1, 2, 2]
    assert found.of_other.tolist() == [False, False, True]


class TestAllTogether:
    def test_a_difference_that_no_trait_has_alone(self) -> None:
        random = np.random.default_rng(0)
        other = np.arange(400) >= 200
        first = random.normal(size=400)
        values = np.stack([first, first + np.where(other, 0.15, -0.15) + 0.1 * random.normal(size=400)], 1)
        found = TwoGroups.of(values, other, range(400))
        assert auroc_with_interval(values[:, 1], found)[0] < 0.65
        assert auroc_with_interval(held_out_scores(found), found)[1][0] > 0.9

    def test_no_film_is_scored_by_what_has_seen_its_patient(self) -> None:
        """Traits that tell who it is, and nothing else: films of a patient would give each other away."""
        random = np.random.default_rng(0)
        films = np.repeat(np.arange(60), 4)
        values = random.normal(size=(60, 80))[films] + 0.01 * random.normal(size=(240, 80))
        found = TwoGroups.of(values, films >= 30, films.tolist())
        low, high = auroc_with_interval(held_out_scores(found), found)[1]
        assert low < 0.5 < high

    def test_a_trait_that_is_the_same_everywhere_says_nothing(self) -> None:
        found = groups(0)
        more = TwoGroups(
            np.column_stack([found.values, np.ones(len(found.other))]), found.other, found.patients
        )
        assert run(by_chance([more]))[0][-1] == 1.0
        assert held_out_scores(more) == pytest.approx(held_out_scores(found))
