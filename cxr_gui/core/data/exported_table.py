"""Records as a table, for other programs and other people; opened again, it is a table of labels."""

from __future__ import annotations

import csv
import io
from collections.abc import Collection, Mapping, Sequence

from cxr_gui.core.base.spreadsheet import as_text
from cxr_gui.core.data.notes import Note
from cxr_gui.core.data.records import Dataset

COLUMNS = ("path", "label", "split", "patient", "excluded", "flag", "note")


def record_table(
    dataset: Dataset, paths: Sequence[str], notes: Mapping[str, Note], excluded: Collection[str]
) -> bytes:
    """Some records of a dataset as CSV in UTF-8, a row each, in this order.

    path      below the dataset's folder, with /      excluded  "yes" where it is left out of training

    Text that a spreadsheet would run as a formula begins with ', see `spreadsheet`.
    """
    records = [dataset.records[place] for place in dataset.columns.places_of(paths).tolist()]
    file = io.StringIO()
    table = csv.writer(file, lineterminator="\n")
    table.writerow(COLUMNS)
    for record in records:
        note = notes.get(record.path, Note())
        texts = (dataset.below_root(record.path), record.label or "", record.split, record.patient or "")
        left_out = "yes" if record.path in excluded else ""
        table.writerow(map(as_text, (*texts, left_out, note.flag, note.words)))
    return file.getvalue().encode("utf-8", "surrogateescape")
