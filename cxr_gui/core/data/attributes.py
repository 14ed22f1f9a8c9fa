"""What is known of films besides their label: by tables beside them, by their files, by how they look."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from cxr_gui.core.base.progress import Work
from cxr_gui.core.data import labelling
from cxr_gui.core.data.examination import examine
from cxr_gui.core.data.label_table import LabelTable
from cxr_gui.core.data.matching import match
from cxr_gui.core.data.patients import series_of
from cxr_gui.core.data.records import Dataset, Record
from cxr_gui.core.data.testimony import alike, below

Value = float | str | None
Attributes = Mapping[str, tuple[Value, ...]]
"""For each attribute by its name its values, one for each film; None where it is not known of one."""


def attributes_of(dataset: Dataset, records: Sequence[Record]) -> Work[Attributes]:
    """Every attribute of some records of a dataset of which two values occur, those of tables first.

    Reads and decodes every file. What a table says goes before what a file says under the same name.
    """
    examined, _ = yield from examine(records)
    files = {
        one.record.path: {**_series(one.record), **one.taken, **one.traits, **one.looks} for one in examined
    }
    names = dict.fromkeys(name for known in files.values() for name in known)
    columns = _of_tables(dataset, records)
    for name in names:
        columns.setdefault(name, tuple(files.get(record.path, {}).get(name) for record in records))
    return {name: values for name, values in columns.items() if len({*values} - {None}) > 1}


def _series(record: Record) -> dict[str, str]:
    words = series_of(record.path.replace("\\", "/").rpartition("/")[2])
    return {"series": words} if words else {}


def _of_tables(dataset: Dataset, records: Sequence[Record]) -> dict[str, tuple[Value, ...]]:
    """The columns of the tables beside the films, or of the one that was opened."""
    root, files = dataset.root, [below(dataset.root, record) for record in records]
    stems = labelling.stems(tuple(records))
    if dataset.table is not None:
        tables = [labelling.table_at(dataset.table, stems, dataset.reading)]
    else:
        listing = dataset.listings.get(())
        names = listing.tables if listing is not None else ()
        tables, _ = labelling.tables_in(root, names, stems, dataset.reading)
    found: dict[str, tuple[Value, ...]] = {}
    for group in alike(tables):
        matched, _ = match([row for table in group for row in table.full_rows()], files)
        for name, place in _columns(group[0]):
            cells = [{row.cells[place].strip() for row in matched.get(file, ())} - {""} for file in files]
            # Of several rows that disagree none is believed.
            found.setdefault(name, _numbers([one.pop() if len(one) == 1 else None for one in cells]))
    return found


def _columns(table: LabelTable) -> list[tuple[str, int]]:
    """The names and places of those that are no file, label or patient."""
    known = {table.file, table.label, table.patient, *table.findings.values()}
    return [(name.strip(), place) for place, name in enumerate(table.columns) if place not in known]


def _numbers(cells: Sequence[str | None]) -> tuple[Value, ...]:
    """The cells as numbers where all of them are such."""
    try:
        return tuple(None if cell is None else float(cell.replace(",", ".")) for cell in cells)
    except ValueError:
        return tuple(cells)
