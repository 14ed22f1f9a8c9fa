"""What one redraw of the loss plot costs as batches pile up: `python tests/benchmarks/plot_speed.py`.

A redraw follows a new batch and ends with the image on screen: our raw and smoothed curves in the training
tab's plot, against the same two curves given whole to a plain pyqtgraph plot.
"""

from __future__ import annotations

import os
import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

import numpy as np
import pyqtgraph as pg

from cxr_gui.app import create_application
from cxr_gui.core.training.events import BatchDone
from cxr_gui.ui.training.curves import LossPlot
from cxr_gui.ui.widgets.plots import REDRAW_MS

REPEATS = 15
BATCHES_PER_EPOCH = 1000.0


def milliseconds(draw: Callable[[], object]) -> float:
    """The median processor time of one draw."""
    times = []
    for _ in range(REPEATS):
        start = time.process_time()
        draw()
        times.append(1000 * (time.process_time() - start))
    return statistics.median(times)


def main() -> None:
    create_application()
    ours, plain = LossPlot(), pg.PlotWidget()
    for widget in (ours, plain):
        widget.resize(900, 400)
        widget.show()
    curves = [plain.plot([], []), plain.plot([], [])]
    random = np.random.default_rng(0)

    def add(count: int) -> None:
        first = len(ours.raw.x)
        losses = random.gamma(2.0, 0.2, count).tolist()
        ours.add_batches(
            [BatchDone("", first + i + 1, None, 1, i, loss, 0.0, None, 0) for i, loss in enumerate(losses)],
            BATCHES_PER_EPOCH,
        )

    def draw_ours() -> None:
        add(1)
        ours.redraw()
        ours.grab()

    def draw_plain() -> None:
        for curve, stream in zip(curves, (ours.raw, ours.smooth), strict=True):
            curve.setData(stream.x, stream.y)
        plain.grab()

    sys.stdout.write(
        f"processor ms per redraw, median of {REPEATS}; the plot is redrawn at most every {REDRAW_MS} ms\n"
    )
    sys.stdout.write(f"{'batches':>9}  {'ours':>7}  {'plain':>7}  {'ratio':>6}\n")
    for count in (1_000, 10_000, 100_000, 1_000_000):
        add(count - len(ours.raw.x))
        mine, other = milliseconds(draw_ours), milliseconds(draw_plain)
        sys.stdout.write(f"{count:>9,}  {mine:>7.1f}  {other:>7.1f}  {other / mine:>6.1f}\n")


if __name__ == "__main__":
    main()
