"""The checks of the audit that compare groups of films by their traits: the classes, and the splits."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import chain

import numpy as np

from cxr_gui.core.base.metrics import Interval, auroc
from cxr_gui.core.base.progress import Work
from cxr_gui.core.data.examination import Examined
from cxr_gui.core.data.findings import (
    NO_LABELS,
    NOTHING_READ,
    PROBLEM,
    WARNING,
    Finding,
    not_made,
    passed,
    told,
)
from cxr_gui.core.data.patients import series_of
from cxr_gui.core.data.telling_apart import TwoGroups, auroc_with_interval, by_chance, held_out_scores
from cxr_gui.core.data.traits import (
    SERIES,
    Floats,
    Traits,
    as_numbers,
    block_means,
    border,
    borders,
    framing,
    in_words,
    is_counted,
)

FILE_AUROC, BRIGHTNESS_AUROC = 0.65, 0.8
"""How well one trait alone may tell the classes apart. Size and format should not at all; brightness may a
little, for consolidated lungs are brighter."""

LEVEL, SLIGHT, SEVERE = 0.05, 0.1, 0.4
"""Splits differ where chance makes as much of a difference this rarely, and an AUROC is this far from 0.5."""

FEW = 20  # images of a class, FEW_PATIENTS patients in a split, below which no trait is judged
FEW_PATIENTS = 10
NAMED = 4  # traits that are said; all are among the numbers


def shortcuts(examined: Sequence[Examined], classes: tuple[str, str]) -> Finding:
    """Traits of the file that tell the classes apart: a classifier may learn the scanner, not the disease."""
    name = "Shortcuts"
    files = [file for file in examined if file.record.label is not None]
    if not files:
        return told(name, NO_LABELS) if examined else not_made(name, NOTHING_READ)
    labels = np.array([classes.index(file.record.label or "") for file in files], np.int64)
    if min(np.sum(labels == 0), np.sum(labels == 1)) < FEW:
        return not_made(name, f"fewer than {FEW} readable images of a class.")
    columns = _of_the_files(files)
    areas = {trait: auroc(values, labels) for trait, values in columns.items()}
    aurocs = {trait: max(area, 1 - area) for trait, area in areas.items()}
    telling = {
        trait: area
        for trait, area in aurocs.items()
        if area >= (BRIGHTNESS_AUROC if trait == "brightness" else FILE_AUROC)
    }
    ranked = sorted(telling or aurocs, key=aurocs.__getitem__, reverse=True)
    said = ", ".join(f"{trait} {aurocs[trait]:.2f}" for trait in ranked[:4])
    if not telling:
        return passed(
            name, f"No trait of the files tells the classes apart (AUROC, 0.5 is chance: {said}).", aurocs
        )
    values = columns[ranked[0]]
    start = border(values, labels)
    beyond = values >= start
    side = f"{ranked[0]} {start:g} or more" if start not in (0, 1) else ranked[0]
    shares = [f"{100 * np.mean(beyond[labels == number]):.0f} % of {classes[number]}" for number in (0, 1)]
    return Finding(
        name,
        PROBLEM,
        f"The classes can be told apart without looking for disease (AUROC, 0.5 is chance: {said}). "
        f"The files listed are those of {side}: {shares[0]}, {shares[1]}.",
        "A classifier may learn this; see whether the classes come from different places or devices.",
        aurocs,
        tuple(files[place].record.path for place in np.flatnonzero(beyond)),
    )


def likeness_of_splits(examined: Sequence[Examined], classes: tuple[str, str]) -> Work[Finding]:
    """Traits that tell films of one class apart by their split: what is measured there is this, too."""
    name = "Likeness of splits"
    if not any(file.record.label for file in examined):
        return told(name, NO_LABELS) if examined else not_made(name, NOTHING_READ)
    if len({file.record.split for file in examined}) < 2:
        return told(name, "There is one split alone.")
    pairs = list(_pairs(examined, classes))
    if not pairs:
        few = f"readable images of {FEW_PATIENTS} patients"
        return not_made(name, f"no class has {few} in train and in another split.")
    chances = yield from by_chance([pair.groups for pair in pairs])
    seen = [_compare(pair, chance) for pair, chance in zip(pairs, chances, strict=True)]
    numbers = dict(chain(*(comparison.numbers() for comparison in seen)))
    different = [comparison for comparison in seen if comparison.apart >= SLIGHT]
    if not different:
        alike = ", ".join(f"{one.pair.label} of {one.pair.split} {_area(*one.together)}" for one in seen)
        said = f"Films of a class are alike in all splits (AUROC of all traits, 0.5 is chance: {alike})."
        return passed(name, said, numbers)
    worst = max(different, key=lambda comparison: comparison.apart)
    files, which = worst.most_unlike()
    return Finding(
        name,
        PROBLEM if worst.apart >= SEVERE else WARNING,
        f"{' '.join(comparison.sentence() for comparison in different)} {which}",
        "They may come from other devices, exposures or ages. Results there measure this difference too, and "
        "patients held out of train will look better: say so beside the numbers, or train on images that are "
        "varied by as much.",
        numbers,
        files,
    )


@dataclass(frozen=True, eq=False)
class _Pair:
    """The films of one class in train and in another split, with what they are compared by.

    groups  its columns are those of the traits, then those of block means, which have no name
    """

    label: str
    split: str
    files: list[Examined]
    traits: Traits
    groups: TwoGroups


@dataclass(frozen=True, eq=False)
class _Comparison:
    """What a pair was found to differ in.

    areas     {trait: (AUROC, interval)}      told  traits beyond chance, the farthest apart first
    together  AUROC of all traits with its interval
    apart     how far from 0.5 the farthest AUROC is; 0 where chance may have made all of it
    """

    pair: _Pair
    areas: dict[str, tuple[float, Interval]]
    told: list[str]
    together: tuple[float, Interval]
    apart: float

    def numbers(self) -> Iterator[tuple[str, float]]:
        where = f"{self.pair.label} of {self.pair.split}"
        for trait, (area, _) in self.areas.items():
            yield f"{where}: {trait}", area
        yield f"{where}: all together", self.together[0]

    def sentence(self) -> str:
        films, together = f"{self.pair.label} films of {self.pair.split}", _area(*self.together)
        if not self.told:
            lack = "differ from those of train in no trait alone, but in all together"
            return f"{films} {lack} (AUROC {together})."
        first, *others = ((in_words(trait, more=self._more(trait)), self._said(trait)) for trait in self.told)
        said = [f"{first[0]} than those of train (AUROC {first[1]})"]
        said += [f"{words} ({area})" for words, area in others[: NAMED - 1]]
        return f"{films} {', '.join(said)}; all traits together: {together}."

    def most_unlike(self) -> tuple[tuple[str, ...], str]:
        """The files of the other split beyond the border of the most telling trait, and what they are."""
        if not self.told:
            return (), ""
        trait, other = self.told[0], self.pair.groups.other
        values, more = self.pair.traits[trait], self._more(trait)
        start = border(values, other.astype(np.int64))
        beyond = values >= start if more else values < start
        paths = tuple(self.pair.files[place].record.path for place in np.flatnonzero(beyond & other))
        films = f"{len(paths):,} {self.pair.label} films of {self.pair.split}"
        share = 100 * np.mean(beyond[~other])
        if is_counted(trait):
            return paths, f"Listed are the {films} of {trait}; of those of train {share:.0f} % are."
        than = f"than {100 - share:.0f} % of those of train"
        return paths, f"Listed are {films} that {in_words(trait, more=more)} {than}."

    def _more(self, trait: str) -> bool:
        return self.areas[trait][0] > 0.5

    def _said(self, trait: str) -> str:
        """Its AUROC as of the word that says which way."""
        area, (low, high) = self.areas[trait]
        return _area(area, (low, high)) if self._more(trait) else _area(1 - area, (1 - high, 1 - low))


def _pairs(examined: Sequence[Examined], classes: tuple[str, str]) -> Iterator[_Pair]:
    """Each class in train beside each other split, where both have patients enough."""
    for split in ("validation", "test"):
        for label in classes:
            files = [
                file
                for file in examined
                if file.record.label == label and file.record.split in ("train", split)
            ]
            other = np.array([file.record.split == split for file in files], bool)
            groups = TwoGroups.of(np.empty((len(files), 0)), other, [file.record.owner for file in files])
            if np.bincount(groups.of_other, minlength=2).min() >= FEW_PATIENTS:
                thumbnails = np.stack([file.thumbnail for file in files])
                traits = {
                    **_of_the_files(files),
                    **_of_the_films(files),
                    **borders(thumbnails),
                    **framing(thumbnails),
                }
                traits = {trait: values for trait, values in traits.items() if np.ptp(values)}
                values = np.column_stack([*traits.values(), block_means(thumbnails)])
                yield _Pair(label, split, files, traits, TwoGroups(values, other, groups.patients))


def _compare(pair: _Pair, chances: Floats) -> _Comparison:
    areas = {trait: auroc_with_interval(values, pair.groups) for trait, values in pair.traits.items()}
    apart = {trait: abs(area - 0.5) for trait, (area, _) in areas.items()}
    told = [
        trait
        for trait, chance in zip(areas, chances, strict=False)  # block means follow, which have no name
        if chance <= LEVEL and (areas[trait][0] > 0.5 or not is_counted(trait))
    ]
    told.sort(key=apart.__getitem__, reverse=True)
    together = auroc_with_interval(held_out_scores(pair.groups), pair.groups)
    farthest = max([together[1][0] - 0.5, *(apart[trait] for trait in told)])
    return _Comparison(pair, areas, told, together, farthest if chances.min() <= LEVEL else 0.0)


def _of_the_files(files: Sequence[Examined]) -> Traits:
    found = (as_numbers(trait, [file.traits[trait] for file in files]) for trait in files[0].traits)
    return dict(chain(*(columns.items() for columns in found)))


def _of_the_films(files: Sequence[Examined]) -> Traits:
    """How they look, and the series that their names tell, where names repeat."""
    looks = {look: np.array([file.looks[look] for file in files]) for look in files[0].looks}
    series = as_numbers(
        "series", [series_of(file.record.path.replace("\\", "/").rpartition("/")[2]) for file in files]
    )
    return looks | (series if len(series) <= SERIES else {})


def _area(area: float, interval: Interval) -> str:
    return f"{area:.2f}, {interval[0]:.2f}–{interval[1]:.2f}"
