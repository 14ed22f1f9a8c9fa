"""A table of labels, in the styles of NIH ChestX-ray14, RSNA Pneumonia, CheXpert, PadChest and plain ones."""

from __future__ import annotations

import csv
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from cxr_gui.core.base import spreadsheet
from cxr_gui.core.base.errors import DatasetError
from cxr_gui.core.base.spelling import Spellings, folded
from cxr_gui.core.data.matching import stem
from cxr_gui.core.data.naming import ABSENT, PRESENT, enumerated
from cxr_gui.core.data.patients import patient_of, patient_of_folder
from cxr_gui.core.data.vocabulary import is_class_word, split_of
from cxr_gui.core.images import is_image_name

FILE_COLUMNS = ("path", "imageindex", "image", "file", "filename", "imagepath", "imageid", "imagename")
LABEL_COLUMNS = (
    "target", "findinglabels", "label", "labels", "finding", "class", "classname", "category", "diagnosis",
)  # fmt: skip
PATIENT_COLUMNS = ("patientid", "patient", "subjectid")
SPLIT_COLUMNS = ("split", "datasettype", "dataset", "set")
"""Names of columns, without what is no letter or digit; in the order in which they are preferred."""

DELIMITERS, SEPARATOR = ",;\t", "sep="

MOST_CLASSES = 20
"""Different values of a column that is taken for one of labels by what stands in it."""

EXPECTED = "A table of labels has a column of file names, such as 'image', and one of labels, such as 'label'"

Files = Callable[[], frozenset[str]]
"""The stems of the dataset's files; asked for only when there is a table."""


@dataclass(frozen=True, slots=True)
class Row:
    """What a row of a table says about one file.

    said  what stands in its column of labels, folded: NIH and PadChest have several findings in a cell
    """

    file: str
    said: frozenset[str]
    patient: str | None
    split: str | None


@dataclass(frozen=True, slots=True)
class FullRow:
    """A row of a table as it stands."""

    file: str
    cells: Sequence[str]


@dataclass(frozen=True)
class LabelTable:
    """A table that names a file in each row, and how to read its rows.

    headed  whether its first row names the columns
    labels  the column of labels; or, as in CheXpert, None and `findings` are columns of their own; a table
            without either may still say whose images they are
    """

    path: Path
    columns: tuple[str, ...]
    headed: bool
    file: int
    label: int | None
    findings: Mapping[str, int]
    patient: int | None
    split: int | None

    @property
    def has_labels(self) -> bool:
        return self.label is not None or bool(self.findings)

    def rows(self, column: int | None = None, spellings: Spellings | None = None) -> Iterator[Row]:
        """What each row says, of the labels what its `column` says, whose spellings are noted.

        Raises DatasetError when the table cannot be read.
        """
        spellings = Spellings() if spellings is None else spellings
        known: dict[str, frozenset[str]] = {}
        for cells in self._cells():
            cell = "" if column is None else cells[column]
            if cell not in known:
                values = _values(cell) if column == self.label else [cell]
                known[cell] = frozenset(map(spellings.add, values))
            yield self._row(cells, known[cell])

    def patients(self) -> Iterator[Row]:
        """Whose image each row names, as its cell says. Raises DatasetError when it cannot be read."""
        for cells in self._cells():
            yield Row(_path(cells[self.file]), frozenset(), self._patient(cells), None)

    def full_rows(self) -> Iterator[FullRow]:
        """All that each row says. Raises DatasetError when it cannot be read."""
        for cells in self._cells():
            yield FullRow(_path(cells[self.file]), cells)

    def _cells(self) -> Iterator[list[str]]:
        """The rows, each as wide as the first one."""
        width = len(self.columns)
        return (cells + [""] * (width - len(cells)) for cells in _cells(self.path, self.headed))

    def _row(self, cells: Sequence[str], said: frozenset[str]) -> Row:
        file = _path(cells[self.file])
        *folders, name = file.split("/")
        split = split_of(cells[self.split]) if self.split is not None else None
        patient = self._patient(cells) or patient_of_folder(tuple(folders)) or patient_of(name)
        return Row(file, said, patient, split)

    def _patient(self, cells: Sequence[str]) -> str | None:
        return (cells[self.patient].strip() or None) if self.patient is not None else None


def recognise(path: Path, files: Files, patient_column: str | None = None) -> LabelTable:
    """The table in a CSV file, of which one column names files of the dataset.

    patient_column  the column that says whose image it is; by default one of PATIENT_COLUMNS

    Raises DatasetError when it cannot be read, or no column names one of the files.
    """
    first = _first_row(path)
    names = [re.sub(r"[\W_]+", "", folded(cell)) for cell in first]
    label, patient, split = (
        _column(names, known) for known in (LABEL_COLUMNS, PATIENT_COLUMNS, SPLIT_COLUMNS)
    )
    findings = {}
    if "nofinding" in names:
        place = names.index("nofinding")
        findings = {column.strip(): index for index, column in enumerate(first) if index >= place}
    if patient_column is not None:
        patient = _column([folded(cell) for cell in first], (folded(patient_column),))
    by_name = [names.index(known) for known in (*FILE_COLUMNS, *PATIENT_COLUMNS) if known in names]
    file = _file_column(path, by_name, len(first), files())
    if file is None:
        hint = f"{EXPECTED}; this one has {enumerated(first)}."
        raise DatasetError("names none of the images beside it.", where=path, hint=hint)
    headed = file in by_name or not (is_image_name(first[file]) or stem(_last(first[file])) in files())
    if label is not None and names.count(names[label]) > 1:
        raise _several_columns(path, [place for place, name in enumerate(names) if name == names[label]])
    if label is None and not findings:
        others = [place for place in range(len(first)) if place not in (file, patient, split)]
        label = _label_column(path, headed, others)
    columns = first if headed else [f"column {place}" for place in range(1, 1 + len(first))]
    return LabelTable(path, tuple(columns), headed, file, label, findings, patient, split)


def check_table(path: Path) -> None:
    """Raises DatasetError for a file that cannot be a table, before anything else is looked at."""
    try:
        _first_row(path)
    except DatasetError as error:
        what = f"is not a folder, and not a table of labels: it {error.what}"
        raise DatasetError(what, where=path, hint=error.hint) from error


def _first_row(path: Path) -> list[str]:
    first = next(_cells(path, headed=False), [])
    if len(first) < 2:
        raise DatasetError("has no two columns.", where=path, hint=f"{EXPECTED}.")
    return first


def _file_column(path: Path, by_name: Sequence[int], width: int, stems: frozenset[str]) -> int | None:
    """The first column that is named like one of files and names one; or else the one that names the most.

    The first row may be names of columns, so that a coincidence there is no sign.
    """
    for place in by_name:  # RSNA: one image a patient, named after him or her
        if any(stem(_last(cells[place])) in stems for cells in _cells(path) if place < len(cells)):
            return place
    found: list[set[str]] = [set() for _ in range(width)]
    for cells in _cells(path):
        for column, cell in zip(found, cells, strict=False):
            if (name := stem(_last(cell))) in stems:
                column.add(name)
    counts = list(map(len, found))
    return counts.index(max(counts)) if any(counts) else None


def _label_column(path: Path, headed: bool, places: Sequence[int]) -> int | None:
    """The one column that has known names of classes in it; in a table without names, the only one there is.

    Raises DatasetError when it may be one of several.
    """
    found: dict[int, set[str]] = {place: set() for place in places}
    for cells in _cells(path, headed):
        for place, values in found.items():
            if place < len(cells) and len(values) <= MOST_CLASSES:
                values.update(map(folded, _values(cells[place])))
    told = {*PRESENT, *ABSENT}
    fitting = [
        place
        for place, values in found.items()
        if len(values) <= MOST_CLASSES
        and (any(map(is_class_word, values - told)) or (not headed and len(places) == 1))
    ]
    if len(fitting) > 1:
        raise _several_columns(path, fitting)
    return fitting[0] if fitting else None


def _several_columns(path: Path, places: Sequence[int]) -> DatasetError:
    hint = f"Call just one of the columns {' and '.join(str(place + 1) for place in places)} 'label'."
    return DatasetError("has several columns that may be of labels.", where=path, hint=hint)


def _cells(path: Path, headed: bool = True) -> Iterator[list[str]]:
    """The rows, without the one that names the columns."""
    try:
        table = spreadsheet.rows(path, encoding=None, delimiter=_delimiter)
        rows = (cells for cells in table if any(cells) and cells[0] != SEPARATOR)
        if headed:
            next(rows, None)
        yield from rows
    except (OSError, ValueError) as error:
        raise DatasetError(
            f"cannot be read as a table ({error}).", where=path, hint="Save it as CSV in UTF-8."
        ) from error


def _delimiter(lines: Sequence[str]) -> str:
    """The sign that Excel's first line tells; or that cuts the most lines into as many cells as the first."""
    for sign in DELIMITERS:
        if lines and lines[0].rstrip("\r\n") == SEPARATOR + sign:
            return sign

    def fit(sign: str) -> tuple[int, int]:
        widths = [len(row) for row in csv.reader(lines, delimiter=sign) if row] or [1]
        return (widths.count(widths[0]) if widths[0] > 1 else 0), widths[0]

    return max(DELIMITERS, key=fit)


def _values(cell: str) -> list[str]:
    """The findings in a cell: NIH's are A|B, PadChest's ['A', 'B']."""
    if cell.startswith("[") and cell.endswith("]"):
        cell = "|".join(part.strip(" '\"") for part in cell[1:-1].split(","))
    return [value for value in cell.split("|") if value.strip()]


def _path(cell: str) -> str:
    """The path in a cell, with / and without what leads nowhere."""
    return "/".join(part for part in cell.strip().replace("\\", "/").split("/") if part not in ("", "."))


def _last(path: str) -> str:
    return path.strip().replace("\\", "/").rpartition("/")[2]


def _column(names: Sequence[str], known: Sequence[str]) -> int | None:
    return next((names.index(name) for name in known if name in names), None)
