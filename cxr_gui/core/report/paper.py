"""For a paper: every table and every chart of a report, each in a file of its own."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from dataclasses import replace
from pathlib import Path

from matplotlib.figure import Figure

from cxr_gui.core.base.files import atomic_open
from cxr_gui.core.base.progress import Event, Work
from cxr_gui.core.base.registry import refuse_unknown
from cxr_gui.core.report.blocks import Illustration, Section, Table
from cxr_gui.core.report.charts import save_figure
from cxr_gui.core.report.content import compose
from cxr_gui.core.report.source import read_sources
from cxr_gui.core.report.table_texts import csv_text, latex_text, markdown_text

TABLE_KINDS = {"csv": csv_text, "md": markdown_text, "tex": latex_text}
CHART_KINDS = ("pdf", "svg")
PAPER_KINDS = (*TABLE_KINDS, *CHART_KINDS)


def check_paper_kinds(kinds: Collection[str]) -> None:
    """Raise SettingsError for a kind of file that is none of PAPER_KINDS."""
    refuse_unknown(kinds, PAPER_KINDS, "A paper takes no")


def write_paper(folders: Sequence[Path], out: Path, kinds: Collection[str]) -> Work[list[Path]]:
    """Write the tables and the charts that the report of these folders has into `out`; returns the files.

    kinds  of PAPER_KINDS
    Tables have their intervals, and those of LaTeX and Markdown the command in a comment. Raises as
    `write_reports` does.
    """
    check_paper_kinds(kinds)
    yield Event("Reading results", 0, None)
    sources = read_sources(folders)
    yield Event("Composing the report", 0, None)
    command = "; ".join(dict.fromkeys(source.command for source in sources if source.command))
    sections = compose(sources).sections
    blocks = [(section, block) for section in sections for block in section.blocks]
    files: list[Path] = []
    tables = charts = 0
    for number, (section, block) in enumerate(blocks):
        yield Event("Writing tables and charts", number, len(blocks))
        if isinstance(block, Table):
            tables += 1
            place = out / f"table-{tables:02d}-{_slug(section)}"
            caption = re.sub(r"^Table \d+\. ", "", block.caption)  # a paper has numbers of its own
            files += write_table(replace(block, caption=caption), place, kinds, command)
        elif isinstance(block, Illustration) and isinstance(block.image, Figure):
            charts += 1
            place = out / f"chart-{charts:02d}-{_slug(section)}"
            files += [
                save_figure(block.image, place.with_suffix(f".{kind}"))
                for kind in CHART_KINDS
                if kind in kinds
            ]
    return files


def write_table(table: Table, place: Path, kinds: Collection[str], command: str = "") -> list[Path]:
    """Write a table as each of its kinds among `kinds`, to `place` with their suffixes; returns the files."""
    files = [place.with_suffix(f".{kind}") for kind in TABLE_KINDS if kind in kinds]
    for path in files:
        with atomic_open(path, "w", encoding="utf-8", newline="") as file:
            file.write(TABLE_KINDS[path.suffix[1:]](table, command))
    return files


def _slug(section: Section) -> str:
    """A section's title, less its number, in a file's name."""
    return re.sub(r"[^a-z0-9]+", "-", re.sub(r"^\d+\. ", "", section.title.lower())).strip("-")
