"""A dataset's records as columns, so that counting and filtering 100,000 of them takes milliseconds."""

from __future__ import annotations

import os
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from cxr_gui.core.dataset import Dataset, Record

SPLIT_ORDER = ("train", "validation", "test")
UNLABELLED = "unlabelled"


@dataclass(frozen=True)
class Filter:
    """Which records to show. None and "" mean all; paths are those of an audit's finding."""

    split: str | None = None
    label: str | None = None
    text: str = ""
    paths: frozenset[str] | None = None


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


class RecordIndex:
    """The columns of a dataset's records: split, class and file name.

    labels  the dataset's classes, then "unlabelled" where some record has no label
    splits  those that have records, in the order train, validation, test
    """

    def __init__(self, dataset: Dataset) -> None:
        self.records: Sequence[Record] = dataset.records
        labels = [record.label or UNLABELLED for record in self.records]
        splits = [record.split for record in self.records]
        self.labels = _in_order(dataset.classes, labels)
        self.splits = _in_order(SPLIT_ORDER, splits)
        self._label_codes = _codes(labels, self.labels)
        self._split_codes = _codes(splits, self.splits)

    def __len__(self) -> int:
        return len(self.records)

    @cached_property
    def paths(self) -> list[str]:
        return [os.fspath(record.path) for record in self.records]

    @cached_property
    def _names(self) -> list[str]:
        return [path.rpartition(os.sep)[2].lower() for path in self.paths]

    def counts(self) -> tuple[SplitCount, ...]:
        """Records per split and class."""
        width = len(self.labels)
        table = np.bincount(self._split_codes * width + self._label_codes, minlength=len(self.splits) * width)
        rows = table.reshape(len(self.splits), width).tolist()
        return tuple(SplitCount(split, tuple(row)) for split, row in zip(self.splits, rows, strict=True))

    def where(self, chosen: Filter) -> NDArray[np.intp]:
        """The rows of the records that pass the filter, in order."""
        keep = np.ones(len(self), bool)
        if chosen.split is not None:
            keep &= self._split_codes == self.splits.index(chosen.split)
        if chosen.label is not None:
            keep &= self._label_codes == self.labels.index(chosen.label)
        if chosen.paths is not None:
            keep &= _mask(path in chosen.paths for path in self.paths)
        if chosen.text.strip():
            words = chosen.text.lower().split()
            for word in words:
                keep &= _mask(word in name for name in self._names)
        return np.flatnonzero(keep)


def _in_order(order: Iterable[str], found: Collection[str]) -> tuple[str, ...]:
    present = set(found)
    known = [name for name in order if name in present]
    return (*known, *sorted(present.difference(known)))


def _codes(values: Sequence[str], names: Sequence[str]) -> NDArray[np.int64]:
    code = {name: number for number, name in enumerate(names)}
    return np.fromiter(map(code.__getitem__, values), np.int64, len(values))


def _mask(truths: Iterable[bool]) -> NDArray[np.bool_]:
    return np.fromiter(truths, bool)
