"""From results to what people take away: charts, panels, and the report as HTML or PDF."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from cxr_gui.core.base.errors import SettingsError
from cxr_gui.core.base.progress import Event, Work, run

if TYPE_CHECKING:
    from cxr_gui.core.report.blocks import Report
    from cxr_gui.core.report.source import ReportSource
    from cxr_gui.core.sweep import ShiftResult

KINDS = {".html": ("svg", 150), ".pdf": ("png", 300)}
"""What a report's charts are drawn as, with the dots an inch, by the report's suffix."""


def write_report(
    folder: str | os.PathLike[str], out: str | os.PathLike[str], *others: str | os.PathLike[str]
) -> Path:
    """Write the report of a study's or a sweep's folder to `out`, .html or .pdf; returns `out`.

    With `others`, or of a folder of several sweeps, it compares them with the first and then says everything
    about each. A sweep of shifts in one of the folders has sections of its own, and can be all there is.
    Raises SettingsError for another suffix, for a folder that is neither and for sweeps that cannot be
    compared, CheckpointError for a damaged run or sweep, OutputError when `out` cannot be written.
    """
    run(write_reports([Path(name) for name in (folder, *others)], [Path(out)]))
    return Path(out)


def write_reports(folders: Sequence[Path], outs: Sequence[Path]) -> Work[None]:
    """Write the report of folders to each of `outs`, as `write_report` does, telling each chart drawn."""
    for out in outs:
        _writer(out)
    yield Event("Reading results", 0, None)
    from cxr_gui.core.report.source import read_all

    sources, shifts = read_all(folders)
    yield from write_sources(sources, outs, shifts)


def write_sources(
    sources: Sequence[ReportSource], outs: Sequence[Path], shifts: Sequence[ShiftResult] = ()
) -> Work[None]:
    """Write the report of what was read or made already: composed once, each of its charts drawn once."""
    from matplotlib.figure import Figure

    from cxr_gui.core.report.blocks import Illustration
    from cxr_gui.core.report.content import compose
    from cxr_gui.core.report.drawing import render

    yield Event("Composing the report", 0, None)
    composed = compose(sources, shifts)
    blocks = [block for section in composed.sections for block in section.blocks]
    figures = [
        block.image for block in blocks if isinstance(block, Illustration) and isinstance(block.image, Figure)
    ]
    charts = [(figure, *KINDS[out.suffix.lower()]) for out in outs for figure in figures]
    for number, (figure, kind, dpi) in enumerate(charts):
        yield Event("Drawing the report", number, len(charts) + len(outs))
        render(figure, kind, dpi=dpi)
    for number, out in enumerate(outs, start=len(charts)):
        yield Event("Drawing the report", number, len(charts) + len(outs))
        _writer(out)(composed, out)


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
