"""The logits of a sweep as histograms of both classes, and what any threshold between them would mean."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QWidget

from cxr_gui.core.base import metrics
from cxr_gui.core.base.decisions import probability
from cxr_gui.core.base.wording import percent
from cxr_gui.core.runs import swept_logits
from cxr_gui.ui.runs.columns import epsilon_words
from cxr_gui.ui.widgets.epsilon_unit import epsilons
from cxr_gui.ui.widgets.factories import box, button, column, fill, label, named, row, slider
from cxr_gui.ui.widgets.plots import Plot, faint
from cxr_gui.ui.widgets.theme import GRID, theme

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from cxr_gui.core.runs import Chosen
    from cxr_gui.core.sweep import SweepResult

BINS = 60
STEPS = 1000
"""Of the slider, over all logits."""
FILL = 70


class LogitsView(QWidget):
    """The line can be dragged, or moved by the slider below, and what it comes to is said as it moves."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._chosen: Chosen | None = None
        self._result: SweepResult | None = None
        self._logits: NDArray[np.float32] = np.empty(0, np.float32)
        self._range = (0.0, 1.0)
        self.sweep = box("logitsSweepBox", "Sweep", letters=24)
        self.epsilon = box("logitsEpsilonBox", "Epsilon")
        self.reset = button("As swept", "thresholdResetButton", "Back to the threshold of the sweep")
        self.plot = named(Plot(), "logitsPlot", "Histogram of logits")
        self.plot.set_labels("Logit z", "Images")
        self.plot.add_legend()
        self._bars = [pg.PlotDataItem(stepMode="center", fillLevel=0) for _ in range(2)]
        for bars in self._bars:
            self.plot.addItem(bars)
        self.line = pg.InfiniteLine(angle=90, movable=True)
        self.plot.addItem(self.line, ignoreBounds=True)
        self.slider = slider("thresholdSlider", "Threshold", "The logit from which on a film is positive")
        self.slider.setRange(0, STEPS)
        self.slider.setMinimumHeight(3 * GRID)
        self.words = label(name="thresholdWords", wrap=True)
        self.line.sigPositionChanged.connect(self._take_line)
        self.slider.valueChanged.connect(self._take_slider)
        self.sweep.currentIndexChanged.connect(self._choose)
        self.epsilon.currentIndexChanged.connect(self._draw)
        self.reset.clicked.connect(self._reset)
        epsilons().changed.connect(self._choose)
        theme().changed.connect(self._colour)
        tools = row(self.sweep, label("Images", buddy=self.epsilon), self.epsilon, ..., self.reset)
        column(tools, (self.plot, 1), self.slider, self.words, on=self)
        self._colour()

    @property
    def threshold(self) -> float:
        """The logit that the line is at."""
        return float(self.line.value())

    def show_chosen(self, chosen: Chosen) -> bool:
        """Offer their sweeps; False when they have none."""
        self._chosen = chosen
        self.sweep.blockSignals(True)
        fill(self.sweep, chosen.sweeps)
        self.sweep.blockSignals(False)
        self._choose()
        return bool(chosen.sweeps)

    def _choose(self) -> None:
        """Another sweep: its epsilons are offered, and its threshold is where the line begins."""
        result = self.sweep.currentData()
        if result is None:
            return
        again = result is self._result
        self._result = result
        place = self.epsilon.currentIndex() if again else 0
        self.epsilon.blockSignals(True)
        fill(self.epsilon, ((epsilon_words(epsilon), logits) for epsilon, logits in swept_logits(result)))
        self.epsilon.setCurrentIndex(place)
        self.epsilon.blockSignals(False)
        lowest = min(float(logits.min()) for _, logits in swept_logits(result))
        highest = max(float(logits.max()) for _, logits in swept_logits(result))
        self._range = (lowest, max(highest, lowest + 1e-6))
        self._draw()
        if not again:
            self._reset()

    def _draw(self) -> None:
        logits, result = self.epsilon.currentData(), self._result
        if result is None or logits is None:
            return
        self._logits = logits
        legend = self.plot.getPlotItem().legend
        legend.clear()
        for label_, bars in enumerate(self._bars):
            counts, edges = np.histogram(logits[result.labels == label_], BINS, self._range)
            bars.setData(edges, counts)
            legend.addItem(bars, result.classes[label_])
        self._say()

    def _reset(self) -> None:
        if self._result is not None:
            self.line.setValue(self._result.threshold_logit)

    def _take_line(self) -> None:
        low, high = self._range
        self.slider.blockSignals(True)
        self.slider.setValue(round(STEPS * (self.threshold - low) / (high - low)))
        self.slider.blockSignals(False)
        self._say()

    def _take_slider(self, step: int) -> None:
        low, high = self._range
        self.line.setValue(low + (high - low) * step / STEPS)

    def _say(self) -> None:
        result = self._result
        if result is None or not len(self._logits):
            return
        threshold = self.threshold
        tp, fp, tn, fn = metrics.confusion(self._logits >= threshold, result.labels)
        shares = {
            "sensitivity": (tp, tp + fn),
            "specificity": (tn, tn + fp),
            "accuracy": (tp + tn, tp + tn + fp + fn),
        }
        words = (
            f"{name} {percent(metrics.share(*counts), metrics.wilson(*counts))}"
            for name, counts in shares.items()
        )
        p = float(probability(np.float64(threshold)))
        moved = "" if threshold != result.threshold_logit else ", as swept"
        self.words.setText(f"Threshold z = {threshold:.3f} (p = {p:.3f}{moved}): {', '.join(words)}.")

    def _colour(self) -> None:
        palette = theme().palette
        for bars, colour in zip(self._bars, (palette.negative, palette.positive), strict=True):
            bars.setPen(pg.mkPen(colour, width=1.5))
            bars.setFillBrush(pg.mkBrush(faint(colour, FILL)))
        self.line.setPen(pg.mkPen(palette.text, width=2))
        self.line.setHoverPen(pg.mkPen(palette.accent, width=3))
        self.line.setCursor(Qt.CursorShape.SizeHorCursor)
