"""What a report is made of: sections of paragraphs, tables and figures, in plain text without markup.

`content` makes one Report; `html` and `pdf` each typeset it and add no word of their own.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from matplotlib.figure import Figure

PASS, FAIL = "✓ pass", "✗ fail"
"""Table cells that the typesetters colour; the word and the sign say the same without colour."""


def tone(cell: str) -> str:
    """ "good" or "bad" for a verdict, by the sign it begins with; "" for any other cell."""
    return {"✓ ": "good", "✗ ": "bad", "⚠ ": "bad"}.get(cell[:2], "")


@dataclass(frozen=True)
class Paragraph:
    """Running text. `lead`: its first words, in bold; `code` sets it as something to type, line for line."""

    text: str
    code: bool = False
    lead: str = ""


@dataclass(frozen=True)
class KeyNumber:
    """A number that answers, what it is of, and how sure it is."""

    value: str
    meaning: str
    detail: str = ""


@dataclass(frozen=True)
class KeyNumbers:
    """Numbers side by side, large."""

    numbers: tuple[KeyNumber, ...]


@dataclass(frozen=True)
class Table:
    """Columns of text. Those named in `numeric` are set to the right; an empty header row is not shown."""

    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    caption: str
    numeric: frozenset[str] = frozenset()

    def __post_init__(self) -> None:
        if any(len(row) != len(self.columns) for row in self.rows):
            raise ValueError(f"Every row needs {len(self.columns)} cells.")

    @property
    def has_header(self) -> bool:
        return any(self.columns)


@dataclass(frozen=True, eq=False)
class Illustration:
    """A chart, or the bytes of a PNG, with its caption; `width` is a fraction of the text's width.

    words  what is written in the image itself, for who cannot see it
    """

    image: Figure | bytes
    caption: str
    width: float = 1.0
    words: str = ""


Block = Paragraph | KeyNumbers | Table | Illustration


@dataclass(frozen=True)
class Section:
    title: str
    blocks: tuple[Block, ...]


@dataclass(frozen=True)
class Report:
    """A whole report. `notice` is the sentence nobody may overlook; `made` says when and with what.

    The first section is to stand on the first page, with its figure as large as that leaves room for.
    """

    title: str
    notice: str
    made: str
    sections: tuple[Section, ...]


def numbered(sections: tuple[Section, ...]) -> tuple[Section, ...]:
    """The same sections with their titles, tables and figures numbered in reading order."""
    tables = figures = 0
    result = []
    for position, section in enumerate(sections, start=1):
        blocks: list[Block] = []
        for block in section.blocks:
            if isinstance(block, Table):
                tables += 1
                block = replace(block, caption=f"Table {tables}. {block.caption}")
            elif isinstance(block, Illustration):
                figures += 1
                block = replace(block, caption=f"Figure {figures}. {block.caption}")
            blocks.append(block)
        result.append(Section(f"{position}. {section.title}", tuple(blocks)))
    return tuple(result)
