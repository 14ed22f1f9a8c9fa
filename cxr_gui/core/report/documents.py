"""From results to what people take away: charts, panels, and the report as HTML or PDF."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from cxr_gui.core.base.errors import SettingsError

if TYPE_CHECKING:
    from cxr_gui.core.report.blocks import Report
    from cxr_gui.core.report.source import ReportSource


def write_report(
    folder: str | os.PathLike[str], out: str | os.PathLike[str], *others: str | os.PathLike[str]
) -> Path:
    """Write the report of a study's or a sweep's folder to `out`, .html or .pdf; returns `out`.

    With `others`, or of a folder of several sweeps, it compares them with the first and then says everything
    about each. Raises SettingsError for another suffix, for a folder that is neither and for sweeps that
    cannot be compared, CheckpointError for a damaged run, OutputError when `out` cannot be written.
    """
    from cxr_gui.core.report.source import read_sources

    out = Path(out)
    _writer(out)
    return write_sources(read_sources([Path(name) for name in (folder, *others)]), out)


def write_sources(sources: Sequence[ReportSource], out: Path) -> Path:
    """Write the report of what was read or made already, as `write_report` does."""
    from cxr_gui.core.report.content import compose, compose_comparison

    writer = _writer(out)
    writer(compose(sources[0]) if len(sources) == 1 else compose_comparison(sources), out)
    return out


def _writer(out: Path) -> Callable[[Report, Path], None]:
    from cxr_gui.core.report.html import write_html
    from cxr_gui.core.report.pdf import write_pdf

    writers = {".html": write_html, ".pdf": write_pdf}
    writer = writers.get(out.suffix.lower())
    if writer is None:
        raise SettingsError(
            f"A report cannot be written as '{out.suffix}'.",
            where=out,
            hint="Choose a name ending in .pdf or .html.",
        )
    return writer
