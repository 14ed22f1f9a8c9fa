"""From results to what people take away: charts, panels, and the report as HTML or PDF."""

from __future__ import annotations

import os
from pathlib import Path

from cxr_gui.core.errors import SettingsError
from cxr_gui.core.report.charts import accuracy_chart, save_figure
from cxr_gui.core.report.panel import panel, panel_figure, write_attack
from cxr_gui.core.report.results import table_text

__all__ = [
    "accuracy_chart",
    "panel",
    "panel_figure",
    "save_figure",
    "table_text",
    "write_attack",
    "write_report",
]


def write_report(folder: str | os.PathLike[str], out: str | os.PathLike[str]) -> Path:
    """Write the report of a study's or a sweep's folder to `out`, .html or .pdf; returns `out`.

    Raises SettingsError for another suffix and for a folder that is neither, CheckpointError for a damaged
    run, OutputError when `out` cannot be written.
    """
    from cxr_gui.core.report.content import compose
    from cxr_gui.core.report.html import write_html
    from cxr_gui.core.report.pdf import write_pdf
    from cxr_gui.core.report.source import read_source

    folder, out = Path(folder), Path(out)
    writers = {".html": write_html, ".pdf": write_pdf}
    writer = writers.get(out.suffix.lower())
    if writer is None:
        raise SettingsError(
            f"A report cannot be written as '{out.suffix}'.",
            where=out,
            hint="Choose a name ending in .pdf or .html.",
        )
    writer(compose(read_source(folder)), out)
    return out
