"""What tables of one kind say about the files of a dataset."""

from __future__ import annotations

import os
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from cxr_gui.core.base.spelling import Spellings
from cxr_gui.core.data.label_table import LabelTable, Row
from cxr_gui.core.data.matching import match
from cxr_gui.core.data.naming import Naming, column_of_labels, naming
from cxr_gui.core.data.records import Problem, Record


@dataclass(frozen=True)
class Testimony:
    """The rows of each file, by its path below the folder; what rows name that is no file; and spellings."""

    tables: tuple[LabelTable, ...]
    naming: Naming
    rows: Mapping[str, list[Row]]
    unmatched: list[str]
    spellings: Spellings

    @property
    def path(self) -> Path:
        """The first of its tables."""
        return self.tables[0].path

    def classes(self, file: str) -> frozenset[str]:
        """The classes that its rows give a file: none, one, or two in contradiction."""
        return self.naming.classes(label for row in self.rows.get(file, ()) for label in row.said)


def alike(tables: Iterable[LabelTable]) -> list[tuple[LabelTable, ...]]:
    """Tables with the same columns together, such as CheXpert's train.csv and valid.csv: they are as one."""
    groups: dict[object, list[LabelTable]] = defaultdict(list)
    for table in tables:
        groups[table.columns, table.file, table.label].append(table)
    return list(map(tuple, groups.values()))


def heard(tables: tuple[LabelTable, ...], positive: str | None, files: Sequence[str]) -> Testimony:
    """Read tables of one kind. Raises DatasetError when one cannot be read, ClassesError as `naming`."""
    column, spellings = column_of_labels(tables[0], positive), Spellings()
    rows = [row for table in tables for row in table.rows(column, spellings)]
    return Testimony(tables, naming(tables[0], spellings, positive), *match(rows, files), spellings)


def below(root: Path, record: Record) -> str:
    """A record's path as tables name it."""
    return record.path[len(str(root)) :].replace(os.sep, "/").lstrip("/")


def about_files(path: Path, what: str, files: Sequence[str], root: Path, check: str) -> Problem:
    """A problem of files below the folder. what: its sentence, with {} for how many they are."""
    counted = f"{len(files):,} file{'s' if len(files) > 1 else ''}"
    paths = tuple(str(root.joinpath(*file.split("/"))) for file in files)
    return Problem(str(path), f"{what.format(counted)}, such as {files[0]}.", check, paths)
