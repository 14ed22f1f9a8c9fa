"""A CSV file of labels, in the styles of NIH ChestX-ray14, RSNA Pneumonia, CheXpert and plain ones."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from cxr_gui.core import spreadsheet
from cxr_gui.core.data.layout import NEGATIVE, split_of
from cxr_gui.core.data.patients import patient_of, patient_of_folder
from cxr_gui.core.data.reading import Choices, ClassesError
from cxr_gui.core.errors import DatasetError
from cxr_gui.core.images import is_image_name

FILE_COLUMNS = ("path", "image index", "image", "file", "filename", "file_name", "image_path", "image_id")
LABEL_COLUMNS = ("target", "finding labels", "label", "labels", "finding", "class", "diagnosis")
PATIENT_COLUMNS = ("patient id", "patientid", "patient_id", "patient", "subject_id")
SPLIT_COLUMNS = ("split", "dataset_type", "dataset", "set")
PNEUMONIA = "pneumonia"

_PRESENT, _ABSENT = ("1", "1.0", "true", "yes"), ("0", "0.0", "", "false", "no")


@dataclass(frozen=True, slots=True)
class Row:
    """What a table says about one file. label None: it says that it is uncertain."""

    file: str
    label: str | None
    patient: str | None
    split: str | None


@dataclass(frozen=True)
class LabelTable:
    """A table that names a file in each row, and how to read its rows.

    labels  the column of labels; or, as in CheXpert, None and `findings` are columns of their own; a table
            without either may still say whose images they are
    """

    path: Path
    columns: tuple[str, ...]
    file: int
    label: int | None
    findings: Mapping[str, int]
    patient: int | None
    split: int | None

    @property
    def has_labels(self) -> bool:
        return self.label is not None or bool(self.findings)

    def patients(self) -> list[Row]:
        """Whose image each row names, as its cell says. Raises DatasetError when it cannot be read."""
        place = self.patient
        if place is None:
            return []
        return [
            Row(cells[self.file].strip().replace("\\", "/"), None, cells[place].strip() or None, None)
            for cells in _cells(self.path, self.columns)
        ]

    def rows(self, positive: str | None = None) -> tuple[list[Row], tuple[str, ...]]:
        """One row for each file, and the findings there are to choose from, none when there are just two.

        Of several findings, `positive` (or else pneumonia) is set against the rest. Raises DatasetError when
        the file cannot be read, ClassesError when there are several and none of them is the positive one.
        """
        return self._by_columns(positive) if self.label is None else self._by_labels(self.label, positive)

    def _by_columns(self, positive: str | None) -> tuple[list[Row], tuple[str, ...]]:
        findings = _to_choose_from(self.findings)
        name = _named(positive or PNEUMONIA, self.findings)
        if name is None:
            raise ClassesError(
                f"has no column '{positive or PNEUMONIA}'.",
                where=self.path,
                hint=f"Choose the positive class from {', '.join(self.findings)}.",
                choices=Choices(findings=findings),
            )
        names = {**dict.fromkeys(_PRESENT, name), **dict.fromkeys(_ABSENT, f"No {name}")}
        return [
            self._row(cells, names.get(cells[self.findings[name]].strip().casefold()))
            for cells in _cells(self.path, self.columns)
        ], findings

    def _by_labels(self, column: int, positive: str | None) -> tuple[list[Row], tuple[str, ...]]:
        found: dict[str, set[str]] = {}  # RSNA has a row for each opacity, NIH several findings in a cell
        first: dict[str, Sequence[str]] = {}
        for cells in _cells(self.path, self.columns):
            first.setdefault(cells[self.file], cells)
            labels = {label.strip() for label in cells[column].split("|")}
            found.setdefault(cells[self.file], set()).update(labels - {""})
        findings = set().union(*found.values())
        naming = self._naming(findings, positive)
        if isinstance(naming, str):
            return [
                self._row(
                    cells, (naming if naming in found[file] else f"No {naming}") if found[file] else None
                )
                for file, cells in first.items()
            ], _to_choose_from(findings)
        return [
            self._row(cells, naming[max(found[file])] if found[file] else None)
            for file, cells in first.items()
        ], ()

    def _naming(self, findings: set[str], positive: str | None) -> str | dict[str, str]:
        """Names for the values of a column with two; or else the one finding that is set against the rest."""
        if findings <= {*_PRESENT, *_ABSENT}:
            opacity = self.label is not None and self.columns[self.label].casefold() == "target"  # RSNA
            name = positive or (PNEUMONIA.title() if opacity else "Positive")
            other = "Negative" if name == "Positive" else f"No {name}"
            return {**dict.fromkeys(_PRESENT, name), **dict.fromkeys(_ABSENT, other)}
        if len(findings) <= 2:
            return {finding: finding for finding in findings}
        chosen = _named(positive or PNEUMONIA, findings)
        if chosen is None:
            raise ClassesError(
                f"has {len(findings)} classes: {_enumerated(findings)}.",
                where=self.path,
                hint="Say which one is the positive class; the others become the negative one.",
                choices=Choices(findings=_to_choose_from(findings)),
            )
        return chosen

    def _row(self, cells: Sequence[str], label: str | None) -> Row:
        file = cells[self.file].strip().replace("\\", "/")
        patient = cells[self.patient].strip() if self.patient is not None else ""
        split = split_of(cells[self.split]) if self.split is not None else None
        *folders, name = PurePosixPath(file).parts or ("",)
        return Row(file, label, patient or patient_of_folder(tuple(folders)) or patient_of(name), split)


def recognise(path: Path, patient_column: str | None = None) -> LabelTable | None:
    """The table in a CSV file, or None when its first line has no column of files.

    patient_column  the column that says whose image it is; by default one of PATIENT_COLUMNS
    """
    try:
        table = spreadsheet.rows(path, encoding="utf-8-sig", errors="replace", delimiter=_delimiter)
        with contextlib.closing(table):
            columns = tuple(next(table, ()))
    except (OSError, ValueError):
        return None
    names = [column.strip().casefold() for column in columns]
    label, patient, split = (
        _column(names, known) for known in (LABEL_COLUMNS, PATIENT_COLUMNS, SPLIT_COLUMNS)
    )
    file_column = _column(names, FILE_COLUMNS)
    if file_column is None:
        file_column = patient  # RSNA: one image a patient, named after him or her
    findings = {}
    if "no finding" in names:
        place = names.index("no finding")
        findings = {column.strip(): index for index, column in enumerate(columns) if index >= place}
    if patient_column is not None:
        patient = _column(names, (patient_column.strip().casefold(),))
    if file_column is None:
        return None
    return LabelTable(path, columns, file_column, label, findings, patient, split)


def match(rows: Sequence[Row], files: Sequence[str]) -> tuple[dict[str, Row], int]:
    """({file: row}, rows without a file). files: paths below the dataset's folder, with /.

    A row names the one file whose path ends as it says, with or without suffix: the name alone, where that
    is enough, or as many folders as it takes.
    """
    matched: dict[str, Row] = {}
    waiting, missing = list(rows), 0
    for depth in range(1, 1 + max((file.count("/") + 1 for file in files), default=0)):
        ends: dict[str, str | None] = {}
        for file in files:
            end = _end(file, depth)
            ends[end] = None if end in ends else file
        several = []
        for row in waiting:
            end = _end(row.file, depth)
            fitting = ends.get(end)
            if fitting is not None:
                matched[fitting] = row
            elif end in ends:
                several.append(row)
            else:
                missing += 1
        waiting = several
        if not waiting:
            break
    return matched, missing + len(waiting)


def _end(path: str, depth: int) -> str:
    end = "/".join(path.casefold().split("/")[-depth:])
    return end.rpartition(".")[0] if is_image_name(end) else end


def _cells(path: Path, columns: Sequence[str]) -> Iterator[list[str]]:
    """The rows under the header, each as wide as it."""
    try:
        table = spreadsheet.rows(path, encoding="utf-8-sig", delimiter=_delimiter)
        next(table, None)
        for cells in table:
            if any(cells):
                yield cells + [""] * (len(columns) - len(cells))
    except (OSError, ValueError) as error:
        raise DatasetError(
            f"cannot be read as a table ({error}).", where=path, hint="Save it as CSV in UTF-8."
        ) from error


def _delimiter(line: str) -> str:
    return max(",;\t", key=line.count)


def _column(names: Sequence[str], known: Sequence[str]) -> int | None:
    return next((names.index(name) for name in known if name in names), None)


def _named(name: str, among: Iterable[str]) -> str | None:
    return next((known for known in among if known.casefold() == name.casefold()), None)


def _to_choose_from(findings: Iterable[str]) -> tuple[str, ...]:
    """Those that can be the positive class."""
    return tuple(sorted(finding for finding in findings if finding.casefold() not in NEGATIVE))


def _enumerated(names: Iterable[str], limit: int = 8) -> str:
    shown = sorted(names)
    return ", ".join(shown[:limit]) + (", ..." if len(shown) > limit else "")
