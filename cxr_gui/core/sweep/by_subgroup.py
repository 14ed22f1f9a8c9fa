"""Does a sweep's result hold for everyone? Its points for each subgroup of the images, and which stand out.

A subgroup is compared with all other images of the same class: sensitivity among the positive ones,
specificity among the negative ones, so that one with more disease in it does not stand out for that. Patients
are dealt to the subgroups anew, and each difference is held against the one that is then the largest of all:
Westfall and Young (1993). Of results in which no attribute matters at most 5 % have a subgroup that stands
out, however many attributes, subgroups and epsilons there are.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from cxr_gui.core.base.errors import DatasetError, SettingsError
from cxr_gui.core.base.numbers import number_text
from cxr_gui.core.base.progress import Event, Pace, Work
from cxr_gui.core.data import Attributes, Dataset, attributes_of
from cxr_gui.core.sweep.points import Point
from cxr_gui.core.sweep.result import SweepResult

Value = float | str | None

LEVEL = 0.05
FEW = 5
"""Patients of a class in a subgroup, and outside it, below which they are not compared."""
MOST = 12
"""Subgroups of an attribute; numbers of more values than that are cut into PARTS of as many images."""
PARTS = 4
REPLICATES = 999
TINY = 1e-9
SIDES = ("specificity", "sensitivity")


@dataclass(frozen=True, eq=False)
class Subgroup:
    """The images of one value of an attribute.

    images  their places in the sweep          points  one for each epsilon of the sweep, of these alone
    chance  [2, K] for specificity and sensitivity: how often chance alone would make some subgroup differ as
            much as this one differs from all other images of that class; NaN where too few were compared
    """

    compared_how: ClassVar[str] = (
        "Sensitivity / specificity. P: how often chance alone would make any of the differences as large as "
        "this subgroup's largest, which is one to all other films of its class (999 deals of the patients, "
        "Westfall and Young). Up to 0.05 the subgroup stands out."
    )

    attribute: str
    value: str
    images: NDArray[np.intp]
    points: tuple[Point, ...]
    chance: NDArray[np.float64]

    @property
    def least(self) -> float:
        """The smallest of its chances; NaN where nothing was compared."""
        return float(np.nanmin(self.chance)) if np.isfinite(self.chance).any() else float("nan")

    @property
    def stands_out(self) -> tuple[str, ...]:
        """In which of SIDES, at any epsilon, beyond chance."""
        return tuple(side for side, row in zip(SIDES, self.chance, strict=True) if (row <= LEVEL).any())


def attributes_of_images(result: SweepResult, dataset: Dataset) -> Work[Attributes]:
    """What is known of the images of a sweep of this dataset, see `data.attributes_of`.

    Raises DatasetError when it holds none of them.
    """
    known = {dataset.below_root(record.path): record for record in dataset.records}
    paths = result.paths or ()
    records = {path: known[path] for path in paths if path in known}
    if not records:
        raise DatasetError("holds none of the films of that sweep.", where=dataset.root)
    found = yield from attributes_of(dataset, list(records.values()))
    places = {path: place for place, path in enumerate(records)}
    return {
        name: tuple(values[places[path]] if path in places else None for path in paths)
        for name, values in found.items()
        if can_part(values)
    }


def can_part(values: Sequence[Value]) -> bool:
    """Whether an attribute of these values makes subgroups: two values or more, and of words no more than
    MOST."""
    known = {value for value in values if value is not None}
    return len(known) > 1 and (len(known) <= MOST or not any(isinstance(value, str) for value in known))


def subgroups(
    result: SweepResult, attributes: Mapping[str, Sequence[Value]], *, seed: int = 0
) -> Work[list[Subgroup]]:
    """Measure each subgroup of each attribute, whose values [N] are given for the images of the sweep.

    Numbers of many values are cut into quarters; images without a value are in no subgroup of that attribute.
    Raises SettingsError for an attribute that cannot part the images, see `can_part`.
    """
    found: list[tuple[str, str, NDArray[np.bool_]]] = []
    sides: list[_Side] = []
    for name, values in attributes.items():
        members = _members(name, values)
        inside = np.array([own for _, own in members])
        for label in (0, 1):
            images = np.flatnonzero(inside.any(axis=0) & (result.labels == label))
            groups = len(found) + np.argmax(inside[:, images], axis=0)
            sides.append(_Side.of(label, images, groups, result))
        found += [(name, value, own) for value, own in members]
    chance = yield from _by_chance(sides, (len(found), 2, len(result.epsilons)), seed)
    return [
        Subgroup(name, value, images, result.only(images).points, chance[number])
        for number, (name, value, own) in enumerate(found)
        for images in (np.flatnonzero(own),)
    ]


@dataclass(frozen=True, eq=False)
class _Side:
    """The images of one class that have a value of an attribute, summed for each patient in a subgroup.

    label   the class           groups  int [U], the subgroup of each          films  [U], how many
    right   [U, K], how many of them are decided rightly at each epsilon
    """

    label: int
    groups: NDArray[np.intp]
    films: NDArray[np.float64]
    right: NDArray[np.float64]

    @classmethod
    def of(cls, label: int, images: NDArray[np.intp], groups: NDArray[np.intp], result: SweepResult) -> _Side:
        """A patient of two subgroups counts as two."""
        units: dict[tuple[object, int], int] = {}
        owners, of_each = result.owners, groups.tolist()
        keys = ((owners[image], group) for image, group in zip(images, of_each, strict=True))
        places = np.array([units.setdefault(key, len(units)) for key in keys], np.intp)
        count = len(units)
        right = [np.bincount(places, row, count) for row in result.correct[:, images].astype(np.float64)]
        return cls(
            label,
            np.array([group for _, group in units], np.intp),
            np.bincount(places, minlength=count).astype(np.float64),
            np.stack(right, axis=1),
        )

    def compared(self) -> NDArray[np.intp]:
        """The subgroups that have enough patients inside and outside."""
        known, counts = np.unique(self.groups, return_counts=True)
        return known[(counts >= FEW) & (len(self.groups) - counts >= FEW)]

    def differences(self, groups: NDArray[np.intp], order: NDArray[np.intp]) -> NDArray[np.float64]:
        """How much larger the share of right decisions is inside each of some subgroups than outside, [G, K],
        with their patients in another order."""
        inside = (self.groups[order] == groups[:, None]).astype(np.float64)
        films, right = inside @ self.films, inside @ self.right
        others = (self.right.sum(axis=0) - right) / (self.films.sum() - films)[:, None]
        differences: NDArray[np.float64] = right / films[:, None] - others
        return differences


def _by_chance(sides: Sequence[_Side], shape: tuple[int, int, int], seed: int) -> Work[NDArray[np.float64]]:
    """[subgroups, 2, K]: P(any difference is as large), if patients had been dealt to the subgroups."""
    random = np.random.default_rng(seed)
    chance, highest, pace = np.full(shape, np.nan), np.zeros(REPLICATES), Pace()
    apart: list[tuple[_Side, NDArray[np.intp], NDArray[np.float64]]] = []
    for number, side in enumerate(sides):
        groups, count = side.compared(), len(side.groups)
        if not len(groups):
            continue
        dealt = np.empty((REPLICATES + 1, len(groups), shape[-1]))
        dealt[0] = side.differences(groups, np.arange(count))
        for replicate in range(1, REPLICATES + 1):
            dealt[replicate] = side.differences(groups, random.permutation(count))
            if pace():
                done = number * REPLICATES + replicate
                yield Event("Comparing subgroups", done, len(sides) * REPLICATES)
        spread = dealt.std(axis=0)  # of all, the real one too: so it is one of them if nothing differs
        dealt = np.abs(dealt) / np.where(spread > TINY, spread, np.inf)
        highest = np.maximum(highest, dealt[1:].max(axis=(1, 2)))
        apart.append((side, groups, dealt[0]))
    for side, groups, differences in apart:
        as_large = (highest >= differences[..., None] - TINY).sum(axis=-1)
        chance[groups, side.label] = (1 + as_large) / (1 + REPLICATES)
    return chance


def _members(name: str, values: Sequence[Value]) -> list[tuple[str, NDArray[np.bool_]]]:
    """The subgroups of an attribute: what each is called, and which images [N] are in it."""
    if not can_part(values):
        hint = f"Choose one of two values or more, of words up to {MOST}."
        raise SettingsError("does not part the images into subgroups.", where=name, hint=hint)
    known = {value for value in values if value is not None}
    if len(known) > MOST:
        return list(_parts(np.array([np.nan if value is None else value for value in values], np.float64)))
    ordered = sorted(known, key=lambda value: (isinstance(value, str), value))
    return [
        (value if isinstance(value, str) else number_text(value), np.array([own == value for own in values]))
        for value in ordered
    ]


def _parts(numbers: NDArray[np.float64]) -> Iterator[tuple[str, NDArray[np.bool_]]]:
    """Quarters of the images by number [N], NaN where it is not known; equal ones are never parted."""
    borders = np.unique(np.nanquantile(numbers, np.linspace(0, 1, PARTS + 1)))
    if len(borders) == 2:  # nearly all are the smallest
        borders = np.insert(borders, 1, numbers[numbers > borders[0]].min())
    for low, high in pairwise(borders.tolist()):
        last = high == borders[-1]
        inside = (numbers >= low) & ((numbers <= high) if last else (numbers < high))
        if inside.any():
            ends = (number_text(float(f"{end:.3g}")) for end in (low, high))
            yield " to ".join(ends), inside
