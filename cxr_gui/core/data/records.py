"""What a dataset is: an index of images with their split, label and patient."""

# Paths are strings here: as Path objects they take ten times the time and memory.
# ruff: noqa: PTH116, PTH118

from __future__ import annotations

import hashlib
import os
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path

from cxr_gui.core.data.columns import UNLABELLED, Columns
from cxr_gui.core.data.folders import Listing, Parts
from cxr_gui.core.data.reading import Choices, Reading

SPLITS = ("train", "validation", "test")

SPELLING, CONTRADICTION = "Spelling of classes", "Contradictory labels"
NO_FILE, NO_ROW, UNUSED = "Rows without a file", "Files without a label", "Tables that were not used"
"""The checks of the audit that list what was found while a folder was read."""


@dataclass(frozen=True, slots=True)
class Record:
    """One file of a dataset.

    path    where it is          split    train, validation or test
    label   its class, or None   patient  whose it is, or None
    """

    path: str
    split: str
    label: str | None = None
    patient: str | None = None

    @property
    def owner(self) -> str:
        """Whose it is: its patient, or nobody else's than its own where that is not known."""
        return self.patient or self.path


@dataclass(frozen=True, slots=True)
class Problem:
    """Something in a folder that cannot be used, or was not taken as it stands, and why.

    check  the check of the audit that lists it; one without is in the folder and not in the dataset
    paths  the files concerned, where it is not `path` itself
    """

    path: str
    what: str
    check: str = ""
    paths: tuple[str, ...] = ()


@dataclass(frozen=True, eq=False)
class Dataset:
    """The records of a folder.

    classes   (negative, positive)
    problems  what lies in the folder and could not be used, or not as it stands
    guessed   True when no word said which class is the positive one
    listings  what each folder held, for a quicker next scan
    reading   what somebody said about it      choices  what could have been said instead
    table     the table of labels that was opened in place of the folder, or None
    unsplit   images whose split no folder and no table names: it was made
    """

    root: Path
    records: tuple[Record, ...]
    classes: tuple[str, str]
    problems: tuple[Problem, ...] = ()
    guessed: bool = False
    listings: Mapping[Parts, Listing] = field(default_factory=dict, repr=False)
    reading: Reading = field(default=Reading())
    choices: Choices = field(default=Choices(), repr=False)
    table: Path | None = None
    unsplit: int = 0

    @property
    def opened(self) -> Path:
        """What to scan to have this again: the table of labels that was opened, or the folder."""
        return self.table or self.root

    @cached_property
    def columns(self) -> Columns:
        """Its records column by column."""
        return Columns(self.records, self.classes, SPLITS)

    def of(self, split: str, label: str | None = None) -> tuple[Record, ...]:
        """The records of a split, or of one class in it."""
        return tuple(self.records[place] for place in self.columns.group(split, label).tolist())

    def first(self, split: str, label: str | None = None) -> Record | None:
        """The first record of a split, or of one class in it, if there is one."""
        there = self.columns.group(split, label)
        return self.records[int(there[0])] if there.size else None

    def counts(self) -> dict[str, dict[str, int]]:
        """{split: {class: images}} of the splits there are; images without a label are "unknown"."""
        names = ["unknown" if label == UNLABELLED else label for label in self.columns.labels]
        return {
            count.split: {label: n for label, n in zip(names, count.by_class, strict=True) if n}
            for count in self.columns.counts
        }

    def below_root(self, path: str) -> str:
        """A record's path as seen from the dataset's folder, with / on every system."""
        return path.removeprefix(str(self.root)).replace(os.sep, "/").lstrip("/")

    def in_root(self, name: str) -> str:
        """The path of a record as seen from the dataset's folder: `below_root` the other way round."""
        return os.path.join(self.root, *name.split("/"))

    def without(self, names: Collection[str]) -> Dataset:
        """The dataset less the records of these names, paths below its folder; others are not looked for."""
        if not names:
            return self
        left_out = frozenset(names)
        kept = tuple(record for record in self.records if self.below_root(record.path) not in left_out)
        return replace(self, records=kept)

    def fingerprint(self) -> str:
        """SHA-256 of names, sizes, splits and labels, wherever the folder lies. Another one: other data.

        Patients that somebody has set count too: they decide what is carved for validation.
        """
        digest = hashlib.sha256(repr(self.classes).encode())
        if any(self.reading.about_patients):
            digest.update(repr([record.patient for record in self.records]).encode(errors="surrogateescape"))
        for record in self.records:
            name = record.path.removeprefix(str(self.root)).replace(os.sep, "/")
            digest.update(f"{name}\0{_size(record.path)}\0{record.split}\0{record.label}\n".encode())
        return digest.hexdigest()


def _size(path: str) -> int:
    """Bytes of a file; -1 when it is gone."""
    try:
        return os.stat(path).st_size
    except OSError:
        return -1
