"""The heat table of shifts: the balanced accuracy that each leaves at each severity, for each classifier."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from cxr_gui.core.base.wording import NONE, percent
from cxr_gui.core.report.blocks import Table
from cxr_gui.core.report.charts import INK, QUIET, layout, plain
from cxr_gui.core.report.tables import plain_text
from cxr_gui.core.shifts import NOMINAL_SIDE, Shift, in_families
from cxr_gui.core.sweep import ShiftResult

COLOURS = "cividis"
"""Alike for every colour vision; dark is low."""

DARK = 0.685
"""Below this share a cell's number is white, above it black: both have a contrast of 4.5 there."""


def heat_chart(results: Sequence[ShiftResult]) -> Figure:
    """A cell for each shift and severity, a block for each classifier: balanced accuracy in per cent."""
    shifts = in_families(results[0].shifts)
    most = max(len(shift.amounts) for shift in shifts)
    size = (4.2 + (0.42 * (most + 1) + 0.5) * len(results), 1.3 + 0.21 * len(shifts))
    figure = Figure(figsize=size, layout=layout())
    blocks = list(figure.subplots(1, len(results), sharey=True, squeeze=False).flat)
    for axes, result in zip(blocks, results, strict=True):
        shares = np.full((len(shifts), most + 1), np.nan)
        for row, shift in enumerate(shifts):
            points = (result.clean, *result.points(shift))
            shares[row, : len(points)] = [point.balanced_accuracy for point in points]
        drawn = axes.imshow(shares, cmap=COLOURS, vmin=0.4, vmax=1.0, aspect="auto")
        _numbers(axes, shares)
        axes.set_xticks(range(most + 1), ["0", *map(str, range(1, most + 1))])
        axes.set_yticks(range(len(shifts)), [plain(_label(shift)) for shift in shifts])
        axes.tick_params(labelsize=7.5, colors=INK, length=0)
        axes.spines[:].set_visible(False)
        axes.set_title(plain(f"{result.classifier} (n = {result.clean.n})"), fontsize=9, color=INK)
        for row in range(1, len(shifts)):
            if shifts[row].family != shifts[row - 1].family:
                axes.axhline(row - 0.5, color="white", linewidth=2.5)
    figure.supxlabel("Severity (0: no shift)", fontsize=9, color=INK)
    bar = figure.colorbar(drawn, ax=blocks, label="Balanced accuracy", shrink=0.5, format="{x:.0%}")
    bar.outline.set_edgecolor(QUIET)
    bar.ax.tick_params(labelsize=7.5, colors=INK)
    return figure


def _label(shift: Shift) -> str:
    """Its title, with its amounts where it has several."""
    return f"{shift.title}: {shift.span}" if len(shift.amounts) > 1 else shift.title


def _numbers(axes: Axes, shares: np.ndarray) -> None:
    for (row, column), share in np.ndenumerate(shares):
        if not np.isnan(share):
            colour = "white" if share < DARK else "black"
            axes.text(column, row, f"{100 * share:.0f}", ha="center", va="center", fontsize=7, color=colour)


def shift_table(result: ShiftResult, baseline: ShiftResult | None = None) -> Table:
    """Balanced accuracy at each severity of each shift, and MedMNIST-C's errors against a baseline."""
    most = max(len(shift.amounts) for shift in result.shifts)
    headings = ("Shift", "Amounts", *map(str, range(1, most + 1)))
    further = () if baseline is None else ("BE", "rBE")
    rows = []
    for shift in in_families(result.shifts):
        shares = [percent(point.balanced_accuracy) for point in result.points(shift)]
        errors = []
        if baseline is not None:
            found = (result.balanced_error(shift, baseline), result.relative_balanced_error(shift, baseline))
            errors = [NONE if np.isnan(error) else f"{error:.2f}" for error in found]
        rows.append((shift.title, shift.span, *shares, *[NONE] * (most - len(shares)), *errors))
    clean = result.clean
    caption = (
        f"{result.classifier}: balanced accuracy of {clean.n} images at severities 1 to {most}; "
        f"without a shift {percent(clean.balanced_accuracy, clean.balanced_accuracy_ci)}. "
    )
    if baseline is not None:
        caption += (
            f"BE is the error (1 - balanced accuracy, mean over the severities) as a multiple of that of "
            f"{baseline.classifier}, rBE the same of what the shift adds to it (MedMNIST-C)."
        )
    return Table((*headings, *further), tuple(rows), caption.strip())


def shift_text(result: ShiftResult, baseline: ShiftResult | None = None) -> str:
    """`shift_table` as text for a terminal, with what was not read or taken for granted."""
    table = shift_table(result, baseline)
    written = [table.caption, plain_text(table)]
    if result.unspaced:
        written.append(
            f"{result.unspaced} of {len(result.labels)} files do not say how large their pixels are: their "
            f"longer side was taken for {NOMINAL_SIDE:g} mm, so millimetres are approximate."
        )
    written += [f"Not read: {problem.path}: {problem.what}" for problem in result.unread]
    return "\n".join(written)
