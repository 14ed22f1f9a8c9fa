"""A dataset's records as columns, so that counting, filtering and sorting 100,000 takes milliseconds."""

from __future__ import annotations

import os
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from cxr_gui.core.data.records import SPLITS
from cxr_gui.core.inspecting.outcomes import OUTCOMES, STATES, Outcomes

if TYPE_CHECKING:
    from cxr_gui.core.dataset import Dataset, Record

UNLABELLED = "unlabelled"
ORDERS = ("name", "probability", "critical epsilon")
"""What records can be sorted by; the last two are known of the images of a sweep."""


@dataclass(frozen=True)
class Filter:
    """Which records to show. None and "" mean all; paths are those of an audit's finding.

    patient passes the images of the patient of this name, or of all whose names contain it when nobody's is.
    predicted, outcome, state and critical pass only what the latest sweep attacked: the class it was taken
    for, one of OUTCOMES, one of STATES, and (lowest, highest) critical epsilon in pixel units, both included.
    """

    split: str | None = None
    label: str | None = None
    text: str = ""
    paths: frozenset[str] | None = None
    predicted: str | None = None
    outcome: str | None = None
    state: str | None = None
    critical: tuple[float, float] | None = None
    patient: str = ""


@dataclass(frozen=True)
class Arrangement:
    """In which order to show records: as they lie in the folder, or by one of ORDERS.

    What is not known of a record comes last either way. by_patient puts the images of a patient together,
    where the first of them would be.
    """

    by: str = ""
    descending: bool = False
    by_patient: bool = False


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
    """The columns of a dataset's records: split, class, file name, patient, and what a sweep found.

    labels    the dataset's classes, then "unlabelled" where some record has no label
    splits    those that have records, in the order train, validation, test
    outcomes  of the latest sweep, None before
    """

    def __init__(self, dataset: Dataset) -> None:
        self.outcomes: Outcomes | None = None
        self.records: Sequence[Record] = dataset.records
        labels = [record.label or UNLABELLED for record in self.records]
        splits = [record.split for record in self.records]
        self.labels = _in_order(dataset.classes, labels)
        self.splits = _in_order(SPLITS, splits)
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

    @cached_property
    def _name_ranks(self) -> NDArray[np.intp]:
        """Each record's place among the names."""
        ranks = np.empty(len(self), np.intp)
        ranks[sorted(range(len(self)), key=self._names.__getitem__)] = np.arange(len(self))
        return ranks

    @cached_property
    def _patients(self) -> tuple[NDArray[np.intp], list[str]]:
        """`patients`, and the name of each number in lower case, "" for a record without a patient."""
        codes: dict[str | int, int] = {}
        numbers = np.array(
            [codes.setdefault(record.patient or n, len(codes)) for n, record in enumerate(self.records)],
            np.intp,
        )
        return numbers, [patient.lower() if isinstance(patient, str) else "" for patient in codes]

    @property
    def patients(self) -> NDArray[np.intp]:
        """A number for each record's patient; a record without one is a patient of its own."""
        return self._patients[0]

    @property
    def knows_patients(self) -> bool:
        """False when no record has a patient."""
        return any(record.patient for record in self.records)

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
        if chosen.patient.strip():
            keep &= self._of_patient(chosen.patient.strip().lower())
        if chosen.predicted or chosen.outcome or chosen.state or chosen.critical:
            keep &= self._attacked(chosen)
        return np.flatnonzero(keep)

    def _of_patient(self, words: str) -> NDArray[np.bool_]:
        """The records of the patient of this name, or of all whose names contain it."""
        numbers, names = self._patients
        passing = _mask(name == words for name in names)
        if not passing.any():
            passing = _mask(words in name for name in names)
        shown: NDArray[np.bool_] = passing[numbers]
        return shown

    def _attacked(self, chosen: Filter) -> NDArray[np.bool_]:
        """The records whose outcome passes."""
        found = self.outcomes
        keep = np.full(len(self), found is not None)
        if found is None:
            return keep
        if chosen.predicted is not None:
            keep &= found.predicted == found.classes.index(chosen.predicted)
        if chosen.outcome is not None:
            keep &= found.outcome == OUTCOMES.index(chosen.outcome)
        if chosen.state is not None:
            keep &= found.state == STATES.index(chosen.state)
        if chosen.critical is not None:
            low, high = chosen.critical
            keep &= (found.critical >= low) & (found.critical <= high)  # false for NaN
        return keep

    def arranged(self, rows: NDArray[np.intp], chosen: Arrangement) -> NDArray[np.intp]:
        """The same rows in another order; ties stay in the folder's."""
        if (values := self._values(chosen.by)) is not None:
            values = values[rows]
            rows = rows[np.argsort(-values if chosen.descending else values, kind="stable")]
        if chosen.by_patient:
            _, first, group = np.unique(self.patients[rows], return_index=True, return_inverse=True)
            rows = rows[np.argsort(first[group], kind="stable")]
        return rows

    def _values(self, by: str) -> NDArray[Any] | None:
        if by == "name":
            return self._name_ranks
        if by == "probability" and self.outcomes is not None:
            return self.outcomes.probability
        if by == "critical epsilon" and self.outcomes is not None:
            return self.outcomes.critical
        return None


def _in_order(order: Iterable[str], found: Collection[str]) -> tuple[str, ...]:
    present = set(found)
    known = [name for name in order if name in present]
    return (*known, *sorted(present.difference(known)))


def _codes(values: Sequence[str], names: Sequence[str]) -> NDArray[np.int64]:
    code = {name: number for number, name in enumerate(names)}
    return np.fromiter(map(code.__getitem__, values), np.int64, len(values))


def _mask(truths: Iterable[bool]) -> NDArray[np.bool_]:
    return np.fromiter(truths, bool)
