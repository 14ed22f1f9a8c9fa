"""Text in the cells of a CSV file, so that spreadsheets take it for text.

A file may be called =HYPERLINK(...).png, and a spreadsheet runs what begins like a formula. So a cell of
text that begins with one of the signs below gets a ' before it, which spreadsheets do not show; numbers are
left alone.
"""

from __future__ import annotations

SIGNS = tuple("=+-@\t\r'")
"""What a formula may begin with; and ' itself, so that `as_read` takes back what `as_text` put there."""


def as_text(cell: str) -> str:
    """`cell` as it is written."""
    return f"'{cell}" if cell.startswith(SIGNS) else cell


def as_read(cell: str) -> str:
    """The cell that `as_text` wrote; those of other programs, which do without, stay as they are."""
    return cell[1:] if cell.startswith("'") and cell[1:].startswith(SIGNS) else cell
