"""The chart of decisions against truths: a confusion matrix for each point."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.figure import Figure

from cxr_gui.core.base.units import from_pixel
from cxr_gui.core.report.charts import INK, SKY, layout, plain
from cxr_gui.core.sweep import Point

SHADES = LinearSegmentedColormap.from_list("shades", ["#f4f7fa", SKY])
"""All light enough for dark numbers."""


def confusion_chart(points: Sequence[Point], classes: Sequence[str]) -> Figure:
    """One confusion matrix for each point: rows true, columns decided; counts, and shares of the row."""
    columns = min(len(points), 3)
    rows = -(-len(points) // columns)
    figure = Figure(figsize=(6.4, 0.4 + 2.1 * rows), layout=layout())
    for index, (axes, point) in enumerate(
        zip(figure.subplots(rows, columns, squeeze=False).flat, points, strict=False)
    ):
        counts = np.array([[point.tn, point.fp], [point.fn, point.tp]])
        shares = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
        axes.imshow(shares, cmap=SHADES, vmin=0, vmax=1)
        for row, column in np.ndindex(2, 2):
            axes.text(
                column,
                row,
                f"{counts[row, column]}\n{shares[row, column]:.0%}".replace("%", " %"),
                ha="center",
                va="center",
                fontsize=8.5,
                color=INK,
            )
        axes.set_title(f"epsilon {from_pixel(point.epsilon, 'model'):.3g}", fontsize=9, color=INK)
        names = [plain(name if len(name) <= 14 else name[:13] + "…") for name in classes]
        axes.set_xticks((0, 1), names, fontsize=7)
        axes.set_yticks(
            (0, 1), names if index % columns == 0 else ("", ""), fontsize=7, rotation=90, va="center"
        )
        axes.tick_params(length=0, colors=INK)
        axes.spines[:].set_visible(False)
    for axes in figure.axes[len(points) :]:
        axes.remove()
    figure.supxlabel("Decided", fontsize=9, color=INK)
    figure.supylabel("True", fontsize=9, color=INK)
    return figure
