"""A dataset's records as columns, so that counting, filtering and sorting 100,000 takes milliseconds."""

from __future__ import annotations

import os
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from cxr_gui.core.data.records import Record

UNLABELLED = "label unknown"
NOWHERE = np.array([], np.intp)


@dataclass(frozen=True)
class SplitCount:
    """How many records of each class (in the dataset's order, then unlabelled ones) a split has."""

    split: str
    by_class: tuple[int, ...]

    @property
    def total(self) -> int:
        return sum(self.by_class)

    @property
    def majority(self) -> float:
        """The share of the largest class: the accuracy of always answering it."""
        return max(self.by_class) / self.total if self.total else 0.0


@dataclass(frozen=True, eq=False)
class Patients:
    """Whose the records are.

    numbers  of each record's patient, counted as they appear; a record without one is a patient of its own
    names    of each number, in lower case and as `encoded`, "" for a record without a patient
    """

    numbers: NDArray[np.intp]
    names: NDArray[np.bytes_]

    @property
    def known(self) -> bool:
        """False when no record has a patient."""
        return bool((self.names != b"").any())

    def containing(self, word: str) -> NDArray[np.bool_]:
        """Which records are of patients whose names contain a word, whatever its case."""
        passing: NDArray[np.bool_] = np.strings.find(self.names, encoded(word)) >= 0
        return passing[self.numbers]


class Columns:
    """What is made once of each record and never changes.

    labels    the dataset's classes, then UNLABELLED where some record has no label
    splits    those that have records, in the order that was given
    """

    def __init__(self, records: Sequence[Record], classes: Iterable[str], splits: Iterable[str]) -> None:
        self.records = records
        labels = [record.label or UNLABELLED for record in records]
        own = [record.split for record in records]
        self.labels = _in_order(classes, labels)
        self.splits = _in_order(splits, own)
        self.label_codes = _codes(labels, self.labels)
        self.split_codes = _codes(own, self.splits)

    def make_all(self) -> None:
        """Make those that are made when first needed, on the thread that scans: the window has no time."""
        _ = self.names, self.name_orders, self.split_order, self.patients, self.places, self.groups
        _ = self.counts
        _ = np.strings  # which numpy imports when it is first asked for

    @cached_property
    def paths(self) -> list[str]:
        return [os.fspath(record.path) for record in self.records]

    @cached_property
    def places(self) -> dict[str, int]:
        """Where the record of a path is."""
        return {path: place for place, path in enumerate(self.paths)}

    def places_of(self, paths: Iterable[str]) -> NDArray[np.intp]:
        """Where the records of these paths are; others are passed over."""
        return np.array([self.places[path] for path in paths if path in self.places], np.intp)

    @cached_property
    def names(self) -> NDArray[np.bytes_]:
        """The files' names, in lower case, as `encoded`."""
        return np.array([encoded(path.rpartition(os.sep)[2]) for path in self.paths], np.bytes_)

    @cached_property
    def name_orders(self) -> dict[bool, NDArray[np.intp]]:
        """All records by name; {whether descending: places}."""
        return orders(np.unique(self.names, return_inverse=True)[1])

    @cached_property
    def split_order(self) -> NDArray[np.intp]:
        """All records split by split, each as in the folder."""
        return np.argsort(self.split_codes, kind="stable")

    @cached_property
    def patients(self) -> Patients:
        numbers: dict[str | int, int] = {}
        of_each = [
            numbers.setdefault(record.patient or place, len(numbers))
            for place, record in enumerate(self.records)
        ]
        names = [encoded(patient) if isinstance(patient, str) else b"" for patient in numbers]
        return Patients(np.array(of_each, np.intp), np.array(names, np.bytes_))

    @cached_property
    def groups(self) -> dict[tuple[str, str | None], NDArray[np.intp]]:
        """{(split, label): places of its records, in order}; a label of None means the whole split."""
        return {
            (split, label): np.flatnonzero(self.where(split, label))
            for split in self.splits
            for label in (None, *self.labels)
        }

    @cached_property
    def counts(self) -> tuple[SplitCount, ...]:
        """Records per split and class."""
        return tuple(
            SplitCount(split, tuple(len(self.groups[split, label]) for label in self.labels))
            for split in self.splits
        )

    def group(self, split: str, label: str | None = None) -> NDArray[np.intp]:
        """Where the records of a split are, or of one class in it."""
        return self.groups.get((split, label), NOWHERE)

    def where(self, split: str | None, label: str | None) -> NDArray[np.bool_]:
        """Which records are of a split and a class; None means all."""
        keep = np.ones(len(self.records), bool)
        for wanted, names, codes in (
            (split, self.splits, self.split_codes),
            (label, self.labels, self.label_codes),
        ):
            if wanted is not None:
                keep &= codes == (names.index(wanted) if wanted in names else -1)
        return keep


def encoded(name: str) -> bytes:
    """A name to search and sort by: its bytes order and contain as its letters in lower case do."""
    return name.lower().encode(errors="surrogatepass")


def orders(values: NDArray[Any]) -> dict[bool, NDArray[np.intp]]:
    """{whether descending: places of all values in order}; NaN comes last and ties stay, either way."""
    return {down: np.argsort(-values if down else values, kind="stable") for down in (False, True)}


def _in_order(order: Iterable[str], found: Collection[str]) -> tuple[str, ...]:
    present = set(found)
    known = [name for name in order if name in present]
    return (*known, *sorted(present.difference(known)))


def _codes(values: Sequence[str], names: Sequence[str]) -> NDArray[np.int64]:
    code = {name: number for number, name in enumerate(names)}
    return np.fromiter(map(code.__getitem__, values), np.int64, len(values))
