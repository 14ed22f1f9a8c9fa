"""What the tables of labels beside the images say about them: class, patient and split."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from cxr_gui.core.base.errors import DatasetError
from cxr_gui.core.data import label_table
from cxr_gui.core.data.label_table import Files, LabelTable, Row
from cxr_gui.core.data.matching import match, stem
from cxr_gui.core.data.naming import enumerated
from cxr_gui.core.data.reading import Choices, ClassesError, Reading
from cxr_gui.core.data.records import CONTRADICTION, NO_FILE, NO_ROW, SPELLING, UNUSED, Problem, Record
from cxr_gui.core.data.testimony import Testimony, about_files, alike, below, heard

Records = tuple[Record, ...]


@dataclass(frozen=True)
class Labelled:
    """Records as the tables label them; findings are those that any of which may be the positive class.

    tables  those that labelled them
    """

    records: Records
    problems: tuple[Problem, ...] = ()
    findings: tuple[str, ...] = ()
    tables: tuple[LabelTable, ...] = ()


def stems(records: Records) -> Files:
    """The stems of the records' files, made when first asked for."""
    made: list[frozenset[str]] = []

    def files() -> frozenset[str]:
        if not made:
            made.append(frozenset(stem(record.path.rpartition(os.sep)[2]) for record in records))
        return made[0]

    return files


def table_at(path: Path, files: Files, reading: Reading) -> LabelTable:
    """The table of labels in a file that somebody opened. Raises DatasetError when it is none."""
    try:
        table = label_table.recognise(path, files, reading.patient_column)
    except DatasetError as error:
        what = f"is not a folder, and not a table of labels: it {error.what}"
        raise DatasetError(what, where=path, hint=error.hint) from error
    if not table.has_labels:
        raise DatasetError(
            f"is not a folder, and not a table of labels: {_without_labels(table)}",
            where=path,
            hint=f"{label_table.EXPECTED}.",
        )
    return table


def tables_in(
    root: Path, names: Sequence[str], files: Files, reading: Reading
) -> tuple[list[LabelTable], list[Problem]]:
    """The tables among the files that lie in the folder itself, and why others are none."""
    tables, problems = [], []
    for name in names:
        if name.casefold().endswith(".txt"):
            continue
        try:
            tables.append(label_table.recognise(root / name, files, reading.patient_column))
        except DatasetError as error:
            problems.append(Problem(str(root / name), f"{error.what} {error.hint}", UNUSED))
    return tables, problems


def labelled(
    root: Path, records: Records, tables: Sequence[LabelTable], reading: Reading, *, must_fit: bool
) -> Labelled:
    """Records with the labels, patients and splits of the tables that fit the most of them.

    Tables with the same columns, such as CheXpert's train.csv and valid.csv, are one. must_fit: raise
    DatasetError when the tables cannot be used, instead of going on without them.
    """
    positive = reading.positive or (reading.classes[1] if reading.classes else None)
    names = {below(root, record): record for record in records}
    readings: list[Testimony] = []
    problems: list[Problem] = []
    findings: tuple[str, ...] = ()
    for group in alike(table for table in tables if table.has_labels):
        try:
            readings.append(heard(group, positive, list(names)))
        except DatasetError as error:
            if must_fit:
                raise
            problems.append(Problem(str(group[0].path), f"{error.what} {error.hint}", UNUSED))
            if isinstance(error, ClassesError):
                findings = findings or error.choices.findings
    if not readings:
        silent = [table for table in tables if not table.has_labels]
        problems += [Problem(str(table.path), _without_labels(table), UNUSED) for table in silent]
        return Labelled(records, tuple(problems), findings)
    best = max(readings, key=lambda said: len(said.rows))
    if must_fit and not best.rows:
        raise DatasetError("names none of the images beside it.", where=best.path, hint="Move it to them.")
    for said in readings:
        if said is not best:
            what = f"labels no more of the images than {best.path.name}, which is used."
            problems.append(Problem(str(said.path), what, UNUSED))
    lists = _listed_splits(root)
    found = tuple(
        _with_rows(record, best, name, lists, own=reading.patient_pattern is not None)
        for name, record in names.items()
    )
    problems = [*_about(best, root, names), *problems]
    return Labelled(found, tuple(problems), best.naming.findings, best.tables)


def with_patients(root: Path, records: Records, tables: Sequence[LabelTable], column: str) -> Records:
    """Records with the patients that a column of the tables names. Raises DatasetError when none does."""
    names = {below(root, record): record for record in records}
    patients: dict[str, str | None] = {}
    for group in alike(table for table in tables if table.patient is not None):
        matched, _ = match([row for table in group for row in table.patients()], list(names))
        patients.update({file: _one(row.patient for row in rows) for file, rows in matched.items()})
    if not patients:
        known = sorted({name for table in tables for name in table.columns})
        raise DatasetError(
            f"has no table of its images with a column '{column}'.",
            where=root,
            hint=f"Choose from {', '.join(known)}." if known else "Put a CSV file into the folder.",
        )
    return tuple(
        replace(record, patient=patients.get(name) or record.patient) for name, record in names.items()
    )


def choices(tables: Sequence[LabelTable], labels: Sequence[str], findings: tuple[str, ...]) -> Choices:
    """What somebody could have said about the folder."""
    columns = dict.fromkeys(name for table in tables for name in table.columns if name.strip())
    return Choices(() if findings else tuple(labels), findings, tuple(columns))


def _about(said: Testimony, root: Path, names: Mapping[str, Record]) -> list[Problem]:
    """What somebody should know of the tables that labelled the records."""
    lists = (
        (
            CONTRADICTION,
            "gives several labels to {}, which therefore has none",
            [file for file in said.rows if len(said.classes(file)) > 1],
        ),
        (
            CONTRADICTION,
            "gives several patients or splits to {}",
            [file for file, rows in said.rows.items() if _several(rows)],
        ),
        (NO_FILE, "names {} that the folder does not have, or has several of", said.unmatched),
        (NO_ROW, "has no row for {}", [file for file in names if file not in said.rows]),
        (NO_ROW, "gives no certain label to {}", [file for file in said.rows if not said.classes(file)]),
    )
    return [Problem(str(said.path), what, SPELLING) for what in said.spellings.merged()] + [
        about_files(said.path, what, files, root, check) for check, what, files in lists if files
    ]


def _with_rows(record: Record, said: Testimony, name: str, listed: Mapping[str, str], *, own: bool) -> Record:
    """own: the record's patient is one that somebody's pattern found, and stays."""
    rows = said.rows.get(name, [])
    split = _one(row.split for row in rows) or record.split or listed.get(name.rpartition("/")[2], "")
    patient = record.patient
    if patient is None or not own:
        patient = _one(row.patient for row in rows) or patient
    return replace(record, label=_one(said.classes(name)), patient=patient, split=split)


def _one(values: Iterable[str | None]) -> str | None:
    """The value that all agree on who have one."""
    found = {value for value in values if value}
    return found.pop() if len(found) == 1 else None


def _several(rows: Sequence[Row]) -> bool:
    """Whether rows give a file more than one patient, or more than one split."""
    patients, splits = {row.patient for row in rows}, {row.split for row in rows}
    return len(patients - {None}) > 1 or len(splits - {None}) > 1


def _without_labels(table: LabelTable) -> str:
    return f"has no column that is known as one of labels: {enumerated(table.columns)}."


def _listed_splits(root: Path) -> dict[str, str]:
    """The lists of file names that come with NIH's table."""
    splits: dict[str, str] = {}
    for name, split in (("train_val_list.txt", "train"), ("test_list.txt", "test")):
        path = root / name
        if path.is_file():
            lines = path.read_text(encoding="utf-8", errors="replace").splitlines()
            splits.update((line.strip(), split) for line in lines)
    return splits
