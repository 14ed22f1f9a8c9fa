"""What the tables of labels beside the images say about them: class, patient and split."""

from __future__ import annotations

import os
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from cxr_gui.core.data import label_table
from cxr_gui.core.data.label_table import LabelTable, Row
from cxr_gui.core.data.reading import Choices, ClassesError, Reading
from cxr_gui.core.data.records import Problem, Record
from cxr_gui.core.errors import DatasetError

Records = tuple[Record, ...]


@dataclass(frozen=True)
class Labelled:
    """Records as the tables label them; findings are those that any of which may be the positive class."""

    records: Records
    problems: tuple[Problem, ...] = ()
    findings: tuple[str, ...] = ()


def table_at(path: Path, reading: Reading) -> LabelTable:
    """The table of labels in a file that somebody opened. Raises DatasetError when it is none."""
    table = label_table.recognise(path, reading.patient_column)
    if table is None or not table.has_labels:
        raise DatasetError(
            "is not a folder, and not a table of labels.",
            where=path,
            hint="A table is a CSV file with a column of files and one of labels.",
        )
    return table


def tables_in(root: Path, names: Sequence[str], reading: Reading) -> list[LabelTable]:
    """The tables among the files that lie in the folder itself."""
    found = (
        label_table.recognise(root / name, reading.patient_column)
        for name in names
        if not name.endswith(".txt")
    )
    return [table for table in found if table is not None]


def labelled(
    root: Path, records: Records, tables: Sequence[LabelTable], reading: Reading, *, must_fit: bool
) -> Labelled:
    """Records with the labels, patients and splits of the tables that fit the most of them.

    Tables with the same columns, such as CheXpert's train.csv and valid.csv, are one. must_fit: raise
    DatasetError when the tables cannot be used, instead of going on without them.
    """
    positive = reading.positive or (reading.classes[1] if reading.classes else None)
    names = {_below(root, record): record for record in records}
    best: dict[str, Row] = {}
    problems: list[Problem] = []
    findings: tuple[str, ...] = ()
    for group in _alike([table for table in tables if table.has_labels]):
        try:
            read = [table.rows(positive) for table in group]
        except DatasetError as error:
            if must_fit:
                raise
            problems.append(Problem(str(group[0].path), error.what))
            if isinstance(error, ClassesError):
                findings = findings or error.choices.findings
            continue
        matched, missing = label_table.match([row for rows, _ in read for row in rows], list(names))
        if len(matched) > len(best):
            best, findings = matched, read[0][1]
            what = f"names {missing} files that are not in the folder."
            problems = [Problem(str(group[0].path), what)] if missing else []
    if must_fit and not best:
        raise DatasetError(
            "names none of the images beside it.", where=tables[0].path, hint="Move it to them."
        )
    lists = _listed_splits(root) if best else {}
    found = tuple(
        _with_row(
            record,
            best.get(name),
            lists.get(name.rpartition("/")[2]),
            own=reading.patient_pattern is not None,
        )
        for name, record in names.items()
    )
    return Labelled(found, tuple(problems), findings)


def with_patients(root: Path, records: Records, tables: Sequence[LabelTable], column: str) -> Records:
    """Records with the patients that a column of the tables names. Raises DatasetError when none does."""
    names = {_below(root, record): record for record in records}
    rows: dict[str, Row] = {}
    for group in _alike([table for table in tables if table.patient is not None]):
        matched, _ = label_table.match([row for table in group for row in table.patients()], list(names))
        rows.update(matched)
    if not rows:
        known = sorted({name for table in tables for name in table.columns})
        raise DatasetError(
            f"has no table of its images with a column '{column}'.",
            where=root,
            hint=f"Choose from {', '.join(known)}." if known else "Put a CSV file into the folder.",
        )
    return tuple(
        replace(record, patient=rows[name].patient or record.patient) if name in rows else record
        for name, record in names.items()
    )


def choices(tables: Sequence[LabelTable], labels: Sequence[str], findings: tuple[str, ...]) -> Choices:
    """What somebody could have said about the folder."""
    columns = dict.fromkeys(name for table in tables for name in table.columns if name.strip())
    return Choices(() if findings else tuple(labels), findings, tuple(columns))


def _alike(tables: Sequence[LabelTable]) -> list[list[LabelTable]]:
    groups: dict[tuple[str, ...], list[LabelTable]] = defaultdict(list)
    for table in tables:
        groups[table.columns].append(table)
    return list(groups.values())


def _with_row(record: Record, row: Row | None, listed: str | None, *, own: bool) -> Record:
    """own: the record's patient is one that somebody's pattern found, and stays."""
    if row is None:
        return record
    split = row.split or record.split or listed or ""
    patient = record.patient if own and record.patient else row.patient or record.patient
    return replace(record, label=row.label, patient=patient, split=split)


def _listed_splits(root: Path) -> dict[str, str]:
    """The lists of file names that come with NIH's table."""
    splits: dict[str, str] = {}
    for name, split in (("train_val_list.txt", "train"), ("test_list.txt", "test")):
        path = root / name
        if path.is_file():
            lines = path.read_text(encoding="utf-8", errors="replace").splitlines()
            splits.update((line.strip(), split) for line in lines)
    return splits


def _below(root: Path, record: Record) -> str:
    return record.path[len(str(root)) :].replace(os.sep, "/").lstrip("/")
