"""Folder -> dataset: an index of its images with split, label and patient, made from names alone."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import replace
from pathlib import Path

from cxr_gui.core.base.errors import DatasetError
from cxr_gui.core.base.progress import Event, Pace, Work
from cxr_gui.core.base.published import CLASSES
from cxr_gui.core.base.spelling import folded
from cxr_gui.core.data import label_table, labelling
from cxr_gui.core.data.carving import with_test_split
from cxr_gui.core.data.contradictions import contradictions
from cxr_gui.core.data.folders import Listing, Parts, walk
from cxr_gui.core.data.indexing import records_of
from cxr_gui.core.data.patients import patient_of
from cxr_gui.core.data.reading import Choices, ClassesError, Reading
from cxr_gui.core.data.records import Dataset, Problem, Record
from cxr_gui.core.data.vocabulary import class_order, split_of
from cxr_gui.core.images import formats_in_words

StrPath = str | os.PathLike[str]
Records = tuple[Record, ...]

ONE = "Two are needed: choose a folder with one sub-folder for each of two classes."
TWO = "Two are needed: say which two, or choose a folder with one sub-folder for each of them."


def scan(
    folder: StrPath | Sequence[StrPath],
    *,
    classes: tuple[str, str] | None = None,
    positive: str | None = None,
    patient_pattern: str | None = None,
    patient_column: str | None = None,
    previous: Dataset | None = None,
) -> Work[Dataset]:
    """Index a folder, a CSV file of labels beside its images, or a list of image files. Opens no image.

    Understands SPLIT/CLASS, CLASS/SPLIT, CLASS alone and a flat folder, inside wrappers; a copy of the
    dataset inside itself counts once, a folder that links put into several splits is in each, and masks are
    left out. Labels come from the folders, or else from a CSV file in the folder (styles of NIH, RSNA,
    CheXpert and PadChest; or any column that names files and one of known classes). A class is one however it
    is spelled; a file with two labels has none; `problems` says so. Without splits, a fifth of the patients
    becomes test and the rest train; a flat folder without labels is all test.

    classes, positive, patient_pattern, patient_column  see Reading
    previous  an earlier index of the same folder: folders that have not changed are not listed again

    Raises DatasetError for a folder that is missing or empty, that has one class only, or of which nobody is
    the patient that was asked for; ClassesError for one of more than two classes.
    """
    if not isinstance(folder, str | os.PathLike):
        return (yield from _of_files([Path(path) for path in folder]))
    reading = Reading(classes, positive, patient_pattern, patient_column)
    root, opened = Path(folder), None
    if root.is_file():
        root, opened = root.parent, root
        label_table.check_table(opened)
    check_there(root)
    listings, real = yield from _listings(root, previous)
    images = {parts: listing.files for parts, listing in listings.items() if listing.files}
    if not images:
        hint = f"Choose the folder that holds the images: {formats_in_words('or')}."
        raise DatasetError("has no images in it.", where=root, hint=hint)
    records, problems = records_of(root, images, real, patient_pattern)
    files = labelling.stems(records)
    if opened is None:
        tables, unused = labelling.tables_in(root, listings[()].tables, files, reading)
    else:
        tables, unused = [labelling.table_at(opened, files, reading)], []
    said, by_folder = labelling.Labelled(records), {}
    if opened is not None or not any(record.label for record in records):
        by_folder = {record.path: record.label for record in records if record.label is not None}
        said = labelling.labelled(root, records, tables, reading, must_fit=opened is not None)
        records = said.records
    problems += [*said.problems, *unused]
    if patient_column is not None:
        records = labelling.with_patients(root, records, tables, patient_column)
    problems += [
        Problem(str(root.joinpath(*parts, name)), what)
        for parts, listing in listings.items()
        for name, what in listing.problems
    ]
    labels = sorted({record.label for record in records if record.label is not None})
    choices = labelling.choices(tables, labels, said.findings)
    records, named, guessed, about = _of_two_classes(root, records, reading, choices)
    others = [table for table in tables if table not in said.tables]
    about += contradictions(root, records, named, by_folder, others, guessed=guessed)
    unsplit = sum(not record.split for record in records) if split_of(root.name) is None else 0
    return Dataset(
        root,
        _with_splits(root, records),
        named,
        (*problems, *about),
        guessed,
        listings,
        reading,
        choices,
        opened,
        unsplit,
    )


def check_there(folder: Path) -> None:
    """Raise DatasetError where no dataset can be: it is told before anything is loaded."""
    if not folder.exists():
        raise DatasetError("does not exist.", where=folder, hint="Choose the folder that holds the images.")


def _of_files(paths: Sequence[Path]) -> Work[Dataset]:
    """A list of files: unlabelled, all test."""
    yield Event("Indexing", 0, len(paths))
    if not paths:
        raise DatasetError("There are no files in the list.", hint="Choose at least one image.")
    root = Path(os.path.commonpath([path.absolute().parent for path in paths]))
    records = tuple(Record(str(path), "test", None, patient_of(path.name)) for path in paths)
    return Dataset(root, records, CLASSES)


def _listings(root: Path, previous: Dataset | None) -> Work[tuple[dict[Parts, Listing], dict[Parts, str]]]:
    """What each folder holds, and where those with images really lie."""
    known = previous.listings if previous is not None and previous.root == root else {}
    listings: dict[Parts, Listing] = {}
    places: dict[Parts, str] = {}
    files, pace = 0, Pace()
    yield Event("Indexing", 0, None)
    for parts, real, listing in walk(str(root), known):
        listings[parts] = listing
        if listing.files:
            places[parts] = real
        files += len(listing.files)
        if pace():
            yield Event("Indexing", files, None)
    return listings, places


def _of_two_classes(
    root: Path, records: Records, reading: Reading, choices: Choices
) -> tuple[Records, tuple[str, str], bool, list[Problem]]:
    """Records of the two classes, (negative, positive), whether their order is a guess, what was left out."""
    classes, positive = reading.classes, reading.positive
    found = Counter(record.label for record in records if record.label is not None)
    if not found:
        return records, classes or CLASSES, False, []
    if classes is not None:
        names = {_known(root, name, found) for name in classes}
        other = [label for label in found if label not in names]
        problems = [Problem(str(root), f"holds {found[label]} images of class {label}.") for label in other]
        records = tuple(record for record in records if record.label is None or record.label in names)
    else:
        names, problems = set(found), []
    if len(names) != 2:
        listed = ", ".join(sorted(names))
        raise ClassesError(
            f"has only one class, {listed}." if len(names) == 1 else f"has {len(names)} classes: {listed}.",
            where=root,
            hint=TWO if len(names) > 2 else ONE,
            choices=choices,
        )
    if positive is not None:
        name = _known(root, positive, names)
        return records, (next(iter(names - {name})), name), False, problems
    if classes is not None:
        return records, (_known(root, classes[0], names), _known(root, classes[1], names)), False, problems
    order = class_order(names)
    first, second = sorted(names)
    return records, order or (first, second), order is None, problems


def _known(root: Path, name: str, names: Collection[str]) -> str:
    for known in names:
        if folded(known) == folded(name):
            return known
    raise DatasetError(f"has no class '{name}'.", where=root, hint=f"Choose from {', '.join(sorted(names))}.")


def _with_splits(root: Path, records: Records) -> Records:
    """Give a split to records whose folders and tables named none."""
    without = tuple(record for record in records if not record.split)
    if not without:
        return records
    own = split_of(root.name)
    placed = tuple(replace(record, split=own) for record in without) if own else with_test_split(without)
    splits = {record.path: record for record in placed}
    return tuple(splits.get(record.path, record) for record in records)
