"""Folder -> dataset: an index of its images with split, label and patient, made from names alone."""

from __future__ import annotations

import os
from collections import Counter, defaultdict
from collections.abc import Collection, Sequence
from dataclasses import replace
from pathlib import Path

from cxr_gui.core.data import label_table, layout
from cxr_gui.core.data.carving import carve_validation, with_test_split
from cxr_gui.core.data.folders import Listing, Parts, walk
from cxr_gui.core.data.indexing import records_of
from cxr_gui.core.data.label_table import LabelTable, Row
from cxr_gui.core.data.patients import patient_of
from cxr_gui.core.data.records import SPLITS, Dataset, Problem, Record
from cxr_gui.core.errors import DatasetError
from cxr_gui.core.progress import Event, Pace, Work

__all__ = ["SPLITS", "Dataset", "Problem", "Record", "carve_validation", "scan"]

StrPath = str | os.PathLike[str]
Records = tuple[Record, ...]

CLASSES = ("NORMAL", "PNEUMONIA")
"""The classes of a folder without labels: those of the published study."""


def scan(
    folder: StrPath | Sequence[StrPath],
    *,
    classes: tuple[str, str] | None = None,
    positive: str | None = None,
    patient_pattern: str | None = None,
    previous: Dataset | None = None,
) -> Work[Dataset]:
    """Index a folder, a CSV file of labels beside its images, or a list of image files. Opens no image.

    Understands SPLIT/CLASS, CLASS/SPLIT, CLASS alone and a flat folder, inside wrappers; a copy of the
    dataset inside itself counts once. Labels come from the folders, or else from a CSV file in the folder
    (styles of NIH, RSNA and CheXpert). Without splits, a fifth of the patients becomes test and the rest
    train; a flat folder without labels is all test.

    classes          (negative, positive): use these two and leave out others
    positive         the positive class; by default the one whose name says so, such as PNEUMONIA
    patient_pattern  regular expression on the path below the folder; its group, or all of it, is the patient
    previous         an earlier index of the same folder: folders that have not changed are not listed again

    Raises DatasetError for a folder that is missing or empty, or that has one class only or more than two.
    """
    if not isinstance(folder, str | os.PathLike):
        return (yield from _of_files([Path(path) for path in folder]))
    root = Path(folder)
    if root.is_file():
        root, tables, must_fit = root.parent, [_table_at(root)], True
    else:
        tables, must_fit = [], False
    if not root.is_dir():
        raise DatasetError("does not exist.", where=root, hint="Choose the folder that holds the images.")
    listings = yield from _listings(root, previous)
    images = {parts: listing.files for parts, listing in listings.items() if listing.files}
    if not images:
        hint = "Choose the folder that holds the images: JPEG, PNG, TIFF, BMP, WebP or DICOM."
        raise DatasetError("has no images in it.", where=root, hint=hint)
    records, problems = records_of(root, images, patient_pattern)
    if must_fit or not any(record.label for record in records):
        tables = tables or _tables(root, listings)
        chosen = positive or (classes[1] if classes else None)
        records, about = _labelled(root, records, tables, chosen, must_fit=must_fit)
        problems += about
    problems += [
        Problem(str(root.joinpath(*parts, name)), what)
        for parts, listing in listings.items()
        for name, what in listing.problems
    ]
    records, named, guessed, about = _of_two_classes(root, records, classes, positive)
    return Dataset(root, _with_splits(root, records), named, (*problems, *about), guessed, listings)


def _of_files(paths: Sequence[Path]) -> Work[Dataset]:
    """A list of files: unlabelled, all test."""
    yield Event("Indexing", 0, len(paths))
    if not paths:
        raise DatasetError("There are no files in the list.", hint="Choose at least one image.")
    root = Path(os.path.commonpath([path.absolute().parent for path in paths]))
    records = tuple(Record(str(path), "test", None, patient_of(path.name)) for path in paths)
    return Dataset(root, records, CLASSES)


def _listings(root: Path, previous: Dataset | None) -> Work[dict[Parts, Listing]]:
    known = previous.listings if previous is not None and previous.root == root else {}
    listings: dict[Parts, Listing] = {}
    files, pace = 0, Pace()
    yield Event("Indexing", 0, None)
    for parts, listing in walk(str(root), known):
        listings[parts] = listing
        files += len(listing.files)
        if pace():
            yield Event("Indexing", files, None)
    return listings


def _table_at(path: Path) -> LabelTable:
    table = label_table.recognise(path)
    if table is None:
        raise DatasetError(
            "is not a folder, and not a table of labels.",
            where=path,
            hint="A table is a CSV file with a column of files and one of labels.",
        )
    return table


def _tables(root: Path, listings: dict[Parts, Listing]) -> list[LabelTable]:
    """The tables of labels that lie in the folder itself."""
    found = (label_table.recognise(root / name) for name in listings[()].tables if not name.endswith(".txt"))
    return [table for table in found if table is not None]


def _labelled(
    root: Path, records: Records, tables: Sequence[LabelTable], positive: str | None, *, must_fit: bool
) -> tuple[Records, list[Problem]]:
    """Records with the labels, patients and splits of the tables that fit the most of them.

    Tables with the same columns, such as CheXpert's train.csv and valid.csv, are one.
    """
    alike: dict[tuple[str, ...], list[LabelTable]] = defaultdict(list)
    for table in tables:
        alike[table.columns].append(table)
    names = {_below(root, record): record for record in records}
    best: dict[str, Row] = {}
    problems: list[Problem] = []
    for group in alike.values():
        try:
            rows = [row for table in group for row in table.rows(positive)]
        except DatasetError as error:
            if must_fit:
                raise
            problems.append(Problem(str(group[0].path), error.what))
            continue
        matched, missing = label_table.match(rows, list(names))
        if len(matched) > len(best):
            best = matched
            what = f"names {missing} files that are not in the folder."
            problems = [Problem(str(group[0].path), what)] if missing else []
    if must_fit and not best:
        raise DatasetError(
            "names none of the images beside it.", where=tables[0].path, hint="Move it to them."
        )
    lists = _listed_splits(root) if best else {}
    return tuple(
        _with_row(record, best.get(name), lists.get(name.rpartition("/")[2]))
        for name, record in names.items()
    ), problems


def _with_row(record: Record, row: Row | None, listed: str | None) -> Record:
    if row is None:
        return record
    split = row.split or record.split or listed or ""
    return replace(record, label=row.label, patient=row.patient or record.patient, split=split)


def _listed_splits(root: Path) -> dict[str, str]:
    """The lists of file names that come with NIH's table."""
    splits: dict[str, str] = {}
    for name, split in (("train_val_list.txt", "train"), ("test_list.txt", "test")):
        path = root / name
        if path.is_file():
            lines = path.read_text(encoding="utf-8", errors="replace").splitlines()
            splits.update((line.strip(), split) for line in lines)
    return splits


def _of_two_classes(
    root: Path, records: Records, classes: tuple[str, str] | None, positive: str | None
) -> tuple[Records, tuple[str, str], bool, list[Problem]]:
    """Records of the two classes, (negative, positive), whether their order is a guess, what was left out."""
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
        raise DatasetError(
            f"has only one class, {listed}." if len(names) == 1 else f"has {len(names)} classes: {listed}.",
            where=root,
            hint="Two are needed: choose a folder with one sub-folder for each of two classes.",
        )
    if positive is not None:
        name = _known(root, positive, names)
        return records, (next(iter(names - {name})), name), False, problems
    if classes is not None:
        return records, (_known(root, classes[0], names), _known(root, classes[1], names)), False, problems
    order = layout.ordered(names)
    first, second = sorted(names)
    return records, order or (first, second), order is None, problems


def _known(root: Path, name: str, names: Collection[str]) -> str:
    for known in names:
        if known.casefold() == name.casefold():
            return known
    raise DatasetError(f"has no class '{name}'.", where=root, hint=f"Choose from {', '.join(sorted(names))}.")


def _with_splits(root: Path, records: Records) -> Records:
    """Give a split to records whose folders and tables named none."""
    without = tuple(record for record in records if not record.split)
    if not without:
        return records
    own = layout.SPLITS.get(root.name.casefold())
    placed = tuple(replace(record, split=own) for record in without) if own else with_test_split(without)
    splits = {record.path: record for record in placed}
    return tuple(splits.get(record.path, record) for record in records)


def _below(root: Path, record: Record) -> str:
    return record.path[len(str(root)) :].replace(os.sep, "/").lstrip("/")
