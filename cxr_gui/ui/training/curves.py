"""The curves of a run: loss a batch, raw and smoothed, and what each epoch measured."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import Qt
from PySide6.QtGui import QPen
from PySide6.QtWidgets import QWidget

from cxr_gui.ui.training.smoothing import running_mean
from cxr_gui.ui.widgets.factories import named
from cxr_gui.ui.widgets.plot_axis import Axis
from cxr_gui.ui.widgets.plots import Plot, Stream, envelope, faint
from cxr_gui.ui.widgets.theme import GRID, theme

if TYPE_CHECKING:
    from cxr_gui.core.training import BatchDone, EpochRow

LINE_WIDTH = 2.0
RAW_OPACITY = 110
OVERLAY_WIDTH = 1.5
DASHES = (Qt.PenStyle.DashLine, Qt.PenStyle.DotLine, Qt.PenStyle.DashDotLine)
"""Of the runs before, by their numbers."""
LEFT_AXIS_WIDTH = 7 * GRID
EMPTY_EPOCHS = 5
"""What the axis shows while there is no run: whole epochs, and per cent above them."""


class EpochAxis(Axis):
    """Ticks at whole epochs, unless less than two are in view."""

    def __init__(self) -> None:
        super().__init__("bottom")

    def tickSpacing(self, minVal: float, maxVal: float, size: float) -> list[tuple[float, float]]:  # noqa: N803
        spacings: list[tuple[float, float]] = super().tickSpacing(minVal, maxVal, size)
        whole = [(spacing, offset) for spacing, offset in spacings if spacing >= 1]
        return spacings if maxVal - minVal < 2 else whole or [(1.0, 0.0)]


def overlay_pen(number: int) -> QPen:
    """How a run before is drawn: none of this run's losses has its colour, and no curve its dashes."""
    return QPen(pg.mkPen(theme().palette.curve[2 + number], width=OVERLAY_WIDTH, style=DASHES[number]))


class RunPlot(Plot):
    """Curves over epochs: those of this run, and one of each run before; a hint while there are none.

    form     how a value is written
    telling  the curves of which the first that has points stands for a run once it is past
    """

    def __init__(self, y: str, hint: str, form: str, parent: QWidget | None = None) -> None:
        super().__init__(parent, axisItems={"bottom": EpochAxis()})
        self.set_labels("Epoch", y)
        self.set_readout(self.values_at)
        self.add_legend()
        self.getAxis("left").setWidth(LEFT_AXIS_WIDTH)
        self.getPlotItem().setLimits(xMin=0)
        self.form = form
        self.telling: tuple[Stream, ...] = ()
        self._overlays: dict[int, pg.PlotDataItem] = {}
        self._hint = pg.TextItem(hint, anchor=(0.5, 0.5))
        box = self.getPlotItem().getViewBox()
        box.setRange(xRange=(0, EMPTY_EPOCHS), padding=0, disableAutoRange=False)
        self._hint.setParentItem(box)
        box.sigResized.connect(lambda: self._hint.setPos(box.width() / 2, box.height() / 2))
        theme().changed.connect(self._colour)

    def redraw(self) -> None:
        super().redraw()
        self._hint.setVisible(not self._overlays and not any(len(stream.x) for stream in self._streams))

    def overlay(self, number: int) -> pg.PlotDataItem | None:
        """Draw this run's telling curve as that of a run before, in its number's colour; None without points.

        The item stays until that number is dropped.
        """
        stream = next((stream for stream in self.telling if len(stream.x)), None)
        if stream is None:
            return None
        item = pg.PlotDataItem(*envelope(stream.x, stream.y), pen=overlay_pen(number))
        item.setZValue(-10)
        self.addItem(item)
        self._overlays[number] = item
        return item

    def drop(self, number: int) -> None:
        """Forget a run before."""
        if number in self._overlays:
            self.removeItem(self._overlays.pop(number))
        self.redraw_soon()

    def clear_run(self) -> None:
        """Forget this run's points."""
        for stream in self._streams:
            stream.clear()

    def values_at(self, x: float, y: float) -> str:
        """What the curves say at an epoch, or just where the cursor is while there are none."""
        values = [
            f"{stream.name} {self.form.format(stream.y[_nearest(stream, x)])}"
            for stream in self._streams
            if len(stream.x)
        ]
        return "   ".join([f"epoch {x:.4g}", *(values or [self.form.format(y)])])

    def _colour(self) -> None:
        self._hint.setColor(theme().palette.muted)
        for number, item in self._overlays.items():
            item.setPen(overlay_pen(number))


class LossPlot(RunPlot):
    """Training loss of every batch, its running mean, and the validation loss of every epoch.

    Of epochs whose batches nobody watched there is the mean.
    """

    def __init__(self, parent: QWidget | None = None) -> None:
        hint = "While training: the loss of every batch, and of validation after every epoch"
        super().__init__("Loss (cross-entropy, nats)", hint, "{:.4f}", parent)
        named(self, "lossPlot", "Loss while training")
        self._smoothing = 0.9
        self.raw = Stream(self, name="batch")
        self.smooth = Stream(self, name="smoothed")
        self.means = Stream(self, name="epoch's mean", symbol="o", symbolSize=7)
        self.validation = Stream(self, name="validation", symbol="s", symbolSize=7)
        self.telling = (self.smooth, self.means)
        self._colour()

    def add_batches(self, batches: Sequence[BatchDone], batches_per_epoch: float) -> None:
        """Append the losses of batches, in place of what was there from the first on (a resumed run)."""
        x = [event.done / batches_per_epoch for event in batches]
        before = int(np.searchsorted(self.raw.x, x[0]))
        for stream in (self.raw, self.smooth):
            stream.cut(before)
        self.raw.append(x, [event.loss for event in batches])
        mean = float(self.smooth.y[-1]) if before else 0.0
        self.smooth.append(x, running_mean(self.raw.y[before:], self._smoothing, mean, before))

    def add_epoch(self, row: EpochRow) -> None:
        """Append an epoch's validation loss, where there is one."""
        if row.validation_loss is not None:
            self.validation.append([row.epoch], [row.validation_loss])

    def show_history(self, rows: Sequence[EpochRow]) -> None:
        """Draw these epochs in the place of those drawn."""
        first = self.raw.x[0] if len(self.raw.x) else math.inf
        self.validation.clear()
        self.means.clear()
        for row in rows:
            self.add_epoch(row)
            if row.epoch < first:
                self.means.append([row.epoch], [row.train_loss])

    def set_smoothing(self, weight: float) -> None:
        """The weight of the past in the running mean: 0 is none, 0.99 nearly all."""
        self._smoothing = weight
        self.smooth.set_y(running_mean(self.raw.y, weight))

    def set_log(self, log: bool) -> None:
        """Show the loss on a logarithmic axis or a linear one."""
        self.setLogMode(False, log)

    def _colour(self) -> None:
        super()._colour()
        train, validation = theme().palette.curve[:2]
        self.raw.paint(faint(train, RAW_OPACITY))
        self.smooth.paint(train, LINE_WIDTH)
        self.means.paint(train, LINE_WIDTH)
        self.validation.paint(validation, LINE_WIDTH)


class AccuracyPlot(RunPlot):
    """Accuracy of every epoch: in training, on validation, there under attack, and there by bounds."""

    def __init__(self, parent: QWidget | None = None) -> None:
        hint = "After every epoch: the accuracy in training, on validation, and there under PGD"
        super().__init__("Accuracy (%)", hint, "{:.1f} %", parent)
        named(self, "trainingAccuracyPlot", "Accuracy while training")
        self.curves = {
            name: Stream(self, name=title, symbol=symbol, symbolSize=7)
            for name, title, symbol in (
                ("train_accuracy", "train", "o"),
                ("validation_accuracy", "validation", "s"),
                ("robust_accuracy", "validation under PGD", "t"),
                ("robust_balanced_accuracy", "under PGD, balanced", "t3"),
                ("certified_accuracy", "validation certified", "d"),
                ("certified_balanced_accuracy", "certified, balanced", "star"),
            )
        }
        self.telling = (self.curves["validation_accuracy"], self.curves["train_accuracy"])
        self.getPlotItem().setLimits(yMin=-2, yMax=102)
        self.getPlotItem().getViewBox().setRange(yRange=(0, 100), padding=0, disableAutoRange=False)
        self._colour()

    def add_epoch(self, row: EpochRow) -> None:
        """Append what an epoch measured."""
        for name, stream in self.curves.items():
            value = getattr(row, name)
            if value is not None:
                stream.append([row.epoch], [100 * value])

    def show_history(self, rows: Sequence[EpochRow]) -> None:
        """Draw these epochs in the place of those drawn."""
        self.clear_run()
        for row in rows:
            self.add_epoch(row)

    def _colour(self) -> None:
        super()._colour()
        for stream, colour in zip(self.curves.values(), theme().palette.curve, strict=False):
            stream.paint(colour, LINE_WIDTH)


def _nearest(stream: Stream, x: float) -> int:
    """The index of the point nearest to x."""
    after = int(np.searchsorted(stream.x, x))
    candidates = [index for index in (after - 1, after) if 0 <= index < len(stream.x)]
    return min(candidates, key=lambda index: abs(stream.x[index] - x))
