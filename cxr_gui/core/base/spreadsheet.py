"""CSV files: those that anybody may have written, and text that spreadsheets take for text.

A file may be called =HYPERLINK(...).png, and a spreadsheet runs what begins like a formula. So a cell of
text that begins with one of the signs below gets a ' before it, which spreadsheets do not show; numbers are
left alone.
"""

from __future__ import annotations

import codecs
import csv
import io
import os
from collections.abc import Callable, Generator, Iterator, Sequence
from itertools import chain, islice
from typing import IO

from cxr_gui.core.base.files import open_regular

SIGNS = tuple("=+-@\t\r'")
"""What a formula may begin with; and ' itself, so that `as_read` takes back what `as_text` put there."""

SAMPLE = 20
UTF_16, UTF_32 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE), (codecs.BOM_UTF32_LE, codecs.BOM_UTF32_BE)

LONGEST_LINE = 1 << 20
MOST_CELLS = 12_000_000
"""Of a table that is read; MIMIC-CXR's 377,110 images under a sweep of five epsilons have 10 million."""
A_ROW = 10
"""Cells that a row counts as besides its own, for what its readers make of each."""


def as_text(cell: str) -> str:
    """`cell` as it is written."""
    return f"'{cell}" if cell.startswith(SIGNS) else cell


def as_read(cell: str) -> str:
    """The cell that `as_text` wrote; those of other programs, which do without, stay as they are."""
    return cell[1:] if cell.startswith("'") and cell[1:].startswith(SIGNS) else cell


def rows(
    path: str | os.PathLike[str],
    *,
    encoding: str | None = "utf-8",
    delimiter: Callable[[Sequence[str]], str] = lambda _: ",",
) -> Generator[list[str], None, None]:
    """The cells of each row of a CSV file, the first one of names; empty rows are passed over.

    encoding   None: the one that the file's mark tells, or else UTF-8
    delimiter  what is between the cells, by the first SAMPLE lines

    Raises OSError when the file cannot be read or is no regular one, ValueError when it is no CSV or larger
    than memory is for: lines of more than LONGEST_LINE characters, more cells than MOST_CELLS.
    """
    cells = 0
    with open_regular(path) as raw:
        file = io.TextIOWrapper(raw, encoding=encoding or _encoding(raw), newline="")
        lines = _lines(file)
        first = list(islice(lines, SAMPLE))
        try:
            for row in csv.reader(chain(first, lines), delimiter=delimiter(first)):
                if row:
                    yield row
                cells += A_ROW + len(row)
                if cells > MOST_CELLS:
                    raise ValueError(f"it has more than {MOST_CELLS:,} cells")
        except csv.Error as error:
            raise ValueError(str(error)) from error


def columns(path: str | os.PathLike[str]) -> dict[str, list[str]]:
    """A CSV file's columns by their names. Raises as `rows`, and ValueError when a row is not as wide."""
    table = rows(path)
    names = next(table, [])
    found: dict[str, list[str]] = {name: [] for name in names}
    if len(found) < len(names):
        raise ValueError("two of its columns have one name")
    for row in table:
        if len(row) != len(names):
            raise ValueError(f"a row has {len(row)} cells, and there are {len(names)} columns")
        for column, cell in zip(found.values(), row, strict=True):
            column.append(cell)
    return found


def _encoding(file: IO[bytes]) -> str:
    start = file.read(4)
    file.seek(0)
    marks = (*((mark, "utf-32") for mark in UTF_32), *((mark, "utf-16") for mark in UTF_16))
    return next((name for mark, name in marks if start.startswith(mark)), "utf-8-sig")


def _lines(file: IO[str]) -> Iterator[str]:
    while line := file.readline(LONGEST_LINE + 1):
        if len(line) > LONGEST_LINE:
            raise ValueError(f"a line is longer than {LONGEST_LINE:,} characters")
        yield line
