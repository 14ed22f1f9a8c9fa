"""Do two groups of films differ? AUROC of each trait and of all together, with patients kept whole.

AUROC is P(a film of the other group has more of it than one of the first), 0.5 where they are alike.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from cxr_gui.core.base.metrics import Z_95, Interval, all_of
from cxr_gui.core.base.progress import Event, Pace, Work

Floats = NDArray[np.float64]

FOLDS, RIDGE = 5, 0.01
REPLICATES = 999


@dataclass(frozen=True, eq=False)
class TwoGroups:
    """Two groups of films.

    values    [N, T], a column a trait      other  bool [N], of the group that is compared with the first
    patients  int [N], from 0, each in one group alone
    """

    values: Floats
    other: NDArray[np.bool_]
    patients: NDArray[np.intp]

    @classmethod
    def of(cls, values: Floats, other: NDArray[np.bool_], patients: Sequence[Hashable]) -> TwoGroups:
        """A patient of both groups counts as two: numbers may be given anew in each."""
        numbers: dict[Hashable, int] = {}
        keys = zip(patients, other.tolist(), strict=True)
        return cls(values, other, np.array([numbers.setdefault(key, len(numbers)) for key in keys], np.intp))

    def total(self, columns: Floats) -> Floats:
        """The sums of columns [N, C] over each patient's films, [P, C]."""
        return np.stack([np.bincount(self.patients, weights=column) for column in columns.T], axis=1)

    @property
    def of_other(self) -> NDArray[np.bool_]:
        """Which patients are of the other group, [P]."""
        return np.bincount(self.patients, weights=self.other) > 0


def auroc_with_interval(values: Floats, groups: TwoGroups) -> tuple[float, Interval]:
    """AUROC of values [N] and its 95 % interval: DeLong's, on the scale of the logit, with patients whole.

    Obuchowski (1997, Biometrics 53:567) for films of one patient, which are not independent. Of groups that
    are told apart perfectly it would claim certainty; there the limit is Clopper and Pearson's for as many
    pairs of patients as there are in the smaller group.
    """
    other, count = groups.other, len(values)
    ranks, own = _ranks(values), np.empty(count)
    for group in (other, ~other):
        own[group] = _ranks(values[group])
    facing = np.where(other, count - other.sum(), other.sum())
    placed = (ranks - own) / facing  # share of the films it faces that have less than each
    area = float(placed[other].mean())
    of_other = groups.of_other
    patients = np.array([(~of_other).sum(), of_other.sum()])
    if area in (0.0, 1.0):
        least = all_of(int(patients.min()))
        return area, (least, 1.0) if area else (0.0, 1 - least)
    off = groups.total(np.where(other, placed - area, placed - 1 + area)[:, None])[:, 0]
    parts = [(off[of_other == group] ** 2).sum() / (other == group).sum() ** 2 for group in (False, True)]
    error = float(np.sqrt(parts @ (patients / np.maximum(patients - 1, 1)))) / (area * (1 - area))
    middle = np.log(area / (1 - area))
    low, high = 1 / (1 + np.exp(-(middle + Z_95 * error * np.array([-1, 1]))))
    return area, (float(low), float(high))


def by_chance(
    families: Sequence[TwoGroups], *, replicates: int = REPLICATES, seed: int = 0
) -> Work[list[Floats]]:
    """P(any trait of any family differs as much), for each trait, if the groups were dealt out by chance.

    Patients are dealt to the groups anew, and each trait is held against the one that then differs most:
    Westfall and Young (1993). At a level of 0.05 at most 5 % of data without a difference have a trait that
    is called different, however many traits there are; unlike Holm's, it loses nothing to traits that say the
    same. Returns [T] for each family.
    """
    random = np.random.default_rng(seed)
    highest, pace = np.zeros(replicates), Pace()
    found: list[Floats] = []
    for groups in families:
        totals = groups.total(np.column_stack([*map(_ranks, groups.values.T), np.ones(len(groups.other))]))
        patients = np.flatnonzero(groups.of_other)
        areas = np.empty((replicates + 1, groups.values.shape[1]))
        for row in range(replicates + 1):
            if pace():
                yield Event("Comparing splits", len(found) * replicates + row, len(families) * replicates)
            *ranks, films = totals[patients].sum(axis=0)
            areas[row] = (ranks - films * (films + 1) / 2) / (films * (len(groups.other) - films))
            patients = random.choice(len(totals), len(patients), replace=False, shuffle=False)
        spread = areas.std(axis=0)  # of all, the real one too: so it is one of them if nothing differs
        apart = np.abs(areas - 0.5) / np.where(spread > 1e-12, spread, np.inf)
        found.append(apart[0])
        highest = np.maximum(highest, apart[1:].max(axis=1))
    return [(1 + (highest[:, None] >= apart - 1e-9).sum(axis=0)) / (1 + replicates) for apart in found]


def held_out_scores(groups: TwoGroups, *, seed: int = 0) -> Floats:
    """How much each film is like those of the other group, [N], by all traits together.

    A ridge regression on standardised traits in which both groups weigh alike, cross-validated: no film is
    scored by what has seen its patient.
    """
    random, of_other = np.random.default_rng(seed), groups.of_other
    fold = np.empty(len(of_other), int)
    for group in (False, True):  # each gives every fold its share
        fold[of_other == group] = random.permutation((of_other == group).sum()) % FOLDS
    values, target = groups.values - groups.values.mean(axis=0), np.where(groups.other, 1.0, -1.0)
    spread = values.std(axis=0)
    values = values / np.where(spread > 1e-12, spread, np.inf)
    scores = np.empty(len(target))
    for number in range(FOLDS):
        left_out = fold[groups.patients] == number
        seen, answers = values[~left_out], target[~left_out]
        weights = np.where(answers > 0, 0.5 / (answers > 0).sum(), 0.5 / (answers < 0).sum())
        middle = weights @ seen  # the mean answer is 0
        weighed = (seen - middle).T * weights
        gram = weighed @ seen + RIDGE * np.eye(seen.shape[1])
        scores[left_out] = (values[left_out] - middle) @ np.linalg.solve(gram, weighed @ answers)
    return scores


def _ranks(values: Floats) -> Floats:
    """Ranks from 1, the mean of their ranks for those that are equal."""
    _, place, count = np.unique(values, return_inverse=True, return_counts=True)
    ranks: Floats = (np.cumsum(count) - (count - 1) / 2)[place]
    return ranks
