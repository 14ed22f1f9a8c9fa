"""A table as the text of a file: CSV for programs, Markdown for pages, LaTeX (booktabs) for papers.

Whatever a name holds, it is text there: nothing in it is a command, another cell or the end of a comment.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Sequence

from cxr_gui.core.base.spreadsheet import as_text
from cxr_gui.core.base.wording import NONE
from cxr_gui.core.report.blocks import Table
from cxr_gui.core.report.wording import MINUS

NUMBER = rf"[+{MINUS}]?[\d,]*\.?\d+"
CELL = re.compile(rf"({NUMBER})( %)?(?: \(({NUMBER})(?:–| to )({NUMBER})\))?(?: \((\D.*)\))?")
"""A number as `wording` writes it: its interval, its details."""

LATEX = {
    **{sign: f"\\{sign}" for sign in "&%$#_{}"},
    "\\": r"\textbackslash{}",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
    '"': r"\textquotedbl{}",
    "<": r"\textless{}",
    ">": r"\textgreater{}",
    "|": r"\textbar{}",
    "`": r"\textasciigrave{}",
    **{sign: f"{{{sign}}}" for sign in "-'[*"},  # two would be another sign, or after \\\\ an argument
    MINUS: "$-$",
    "–": "--",
    "→": r"$\rightarrow$",
    "✓": r"$\checkmark$",
    "✗": r"$\times$",
    "\N{NO-BREAK SPACE}": "~",
}
PACKAGES = "Needs \\usepackage{booktabs} and, for ticks, \\usepackage{amssymb}."

MARKDOWN = re.compile(r"([\\`*_{}\[\]<>#|~&$])")


def csv_text(table: Table, _command: str = "") -> str:
    """Comma-separated: a number is one, without its sign of per cent, and its interval two more columns."""
    columns = [
        _apart(heading, [row[place] for row in table.rows], number=heading in table.numeric)
        for place, heading in enumerate(table.columns)
    ]
    parts = [part for column in columns for part in column]
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\n")
    if table.has_header:
        writer.writerow(heading for heading, _ in parts)
    writer.writerows(zip(*(cells for _, cells in parts), strict=True))
    return buffer.getvalue()


def _apart(heading: str, cells: Sequence[str], *, number: bool) -> list[tuple[str, list[str]]]:
    """A column as several, by their headings: values, ends of intervals, details."""
    found = [CELL.fullmatch(cell) if number else None for cell in cells]
    per_cent = any(match is not None and match[2] for match in found)
    values = [
        ("" if number and cell == NONE else _in_csv(cell)) if match is None else _plain(match[1])
        for cell, match in zip(cells, found, strict=True)
    ]
    columns = [(_in_csv(f"{heading} (%)" if per_cent else heading), values)]
    for place, what, write in ((3, "low", _plain), (4, "high", _plain), (5, "kind", _in_csv)):
        further = [(match[place] or "") if match is not None else "" for match in found]
        if any(further):
            columns.append((_in_csv(f"{heading} {what}"), list(map(write, further))))
    return columns


def _in_csv(text: str) -> str:
    return as_text(_one_line(text))


def _plain(number: str) -> str:
    return number.replace(MINUS, "-").replace(",", "").removeprefix("+")


def markdown_text(table: Table, command: str = "") -> str:
    """A table of GitHub's Markdown under its caption; the command in a comment."""
    sides = [("---:" if heading in table.numeric else "---") for heading in table.columns]
    lines = [[*map(_in_markdown, table.columns)], sides, *([*map(_in_markdown, row)] for row in table.rows)]
    written = [f"{_in_markdown(table.caption)}\n", *(f"| {' | '.join(cells)} |" for cells in lines)]
    if command:
        written.append(f"\n<!-- {_one_line(command).replace('-->', '-- >')} -->")
    return "\n".join(written) + "\n"


def _in_markdown(text: str) -> str:
    return MARKDOWN.sub(r"\\\1", _one_line(text))


def latex_text(table: Table, command: str = "") -> str:
    """A table of LaTeX with the rules of booktabs; the command in a comment."""
    sides = "".join("r" if heading in table.numeric else "l" for heading in table.columns)
    body = [_row(row) for row in table.rows]
    head = [_row(table.columns), r"\midrule"] if table.has_header else []
    lines = [r"\toprule", *head, *body, r"\bottomrule"]
    return "\n".join(
        [
            *([f"% {_one_line(command)}"] if command else []),
            f"% {PACKAGES}",
            r"\begin{table}",
            r"  \centering",
            rf"  \caption{{{_in_latex(table.caption)}}}",
            rf"  \begin{{tabular}}{{{sides}}}",
            *(f"    {line}" for line in lines),
            r"  \end{tabular}",
            r"\end{table}",
            "",
        ]
    )


def _row(cells: Iterable[str]) -> str:
    return " & ".join(map(_in_latex, cells)) + r" \\"


def _in_latex(text: str) -> str:
    return "".join(LATEX.get(sign, sign) for sign in _one_line(text))


def _one_line(text: str) -> str:
    """Text without breaks of lines and other signs that cannot be printed."""
    return "".join(sign if sign.isprintable() or sign == "\N{NO-BREAK SPACE}" else " " for sign in text)
