"""What is watched while training: the curves, the progress and the epochs."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QSizePolicy, QSplitter, QWidget

from cxr_gui.core.base.progress import Event
from cxr_gui.core.training import BatchDone, EpochDone, EpochRow
from cxr_gui.ui.training.curves import AccuracyPlot, LossPlot
from cxr_gui.ui.training.epochs import EpochTable
from cxr_gui.ui.training.settings import TrainingSettings
from cxr_gui.ui.training.wording import progress_words
from cxr_gui.ui.widgets.factories import ELLIPSIS, button, check_box, column, label, progress, row, slider
from cxr_gui.ui.widgets.theme import GRID

if TYPE_CHECKING:
    from cxr_gui.core.training import Run, TrainConfig

ROOMS = (360, 240, 140)
LEAST_ROOM = 14 * GRID


class WatchPanel(QWidget):
    """Shows one run at a time, and the runs before it faintly."""

    sweepRequested = Signal()

    def __init__(self, settings: TrainingSettings, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._settings = settings
        self.folder: Path | None = None
        self.number, self.epochs, self._device, self._epoch = 0, 0, "", 0
        self.loss_plot, self.accuracy_plot = LossPlot(), AccuracyPlot()
        self.accuracy_plot.setXLink(self.loss_plot)
        self.table = EpochTable()
        self.progress = progress("trainingProgress", "Training progress")
        self.progress.setRange(0, 1)
        self.words = label("", "trainingState", wrap=True)
        self.words.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        words = "Use the trained classifier and sweep it"
        self.sweep_button = button("Use and sweep it", "sweepItButton", words=words, icon="target")
        self.sweep_button.clicked.connect(self.sweepRequested)
        self._lay_out()

    # -- a run -------------------------------------------------------------------------------------------

    def begin(self, folder: Path, config: TrainConfig, device: str, history: Sequence[EpochRow]) -> None:
        """A training begins, or goes on after the epochs of `history`."""
        if folder != self.folder:
            for plot in (self.loss_plot, self.accuracy_plot):
                plot.new_run(f"run {self.number}")
            self.number += 1
        self.folder, self.epochs, self._device = folder, config.recipe.epochs, device
        self._epoch = 0
        self.show_history(history)
        self.progress.setRange(0, 0)
        self.words.setText(f"Starting{ELLIPSIS}")

    def show_history(self, rows: Sequence[EpochRow]) -> None:
        """Show these epochs of the run and no others."""
        for part in (self.loss_plot, self.accuracy_plot, self.table):
            part.show_history(rows)

    def show_events(self, events: Sequence[Event]) -> None:
        """Show what the training tells."""
        batches = [event for event in events if isinstance(event, BatchDone)]
        if batches and batches[-1].total:
            self._epoch = batches[-1].epoch
            self.loss_plot.add_batches(batches, batches[-1].total / self.epochs)
        for event in events:
            if isinstance(event, EpochDone):
                for part in (self.loss_plot, self.accuracy_plot, self.table):
                    part.add_epoch(event)
        last = events[-1]
        if isinstance(last, BatchDone | EpochDone) or not self._epoch:  # not while validating in between
            self.progress.advance(last.done, last.total)
        telling = batches[-1] if batches and isinstance(last, BatchDone | EpochDone) else last
        self.words.setText(progress_words(telling, self._epoch, self.epochs, self._device))

    def finish(self, run: Run, words: str) -> None:
        """The training ended well."""
        self.show_history(run.history)
        self.table.mark_kept(run.best_epoch)
        self.end(words)

    def end(self, words: str) -> None:
        """Nothing is being trained any more."""
        if self.progress.maximum() == 0:
            self.progress.setRange(0, 1)
        self.words.setText(words)

    # -- how it looks ------------------------------------------------------------------------------------

    def _lay_out(self) -> None:
        settings = self._settings
        tip = "How much of the past the smoothed curve keeps; the loss of every batch stays visible, faint"
        smoothing = slider("smoothingSlider", "Smoothing", tip)
        smoothing.setRange(0, 99)
        smoothing.setFixedSize(20 * GRID, 3 * GRID)
        weight = label()
        weight.setMinimumWidth(weight.fontMetrics().horizontalAdvance("0.99"))

        def smooth(value: int) -> None:
            self.loss_plot.set_smoothing(value / 100)
            weight.setText(f"{value / 100:.2f}")
            settings.smoothing = value

        def set_log(on: bool) -> None:
            self.loss_plot.set_log(on)
            settings.log_loss = on

        smoothing.valueChanged.connect(smooth)
        smoothing.setValue(settings.smoothing)
        smooth(smoothing.value())
        tip = "Show the loss on a logarithmic axis"
        log = check_box("Logarithmic loss", "logCheck", tip, words="Logarithmic loss axis")
        log.toggled.connect(set_log)
        log.setChecked(settings.log_loss)
        heading, name = label("Loss and accuracy", role="heading"), label("Smoothing", buddy=smoothing)
        tools = row(heading, ..., name, smoothing, weight, 2 * GRID, log)

        rooms = QSplitter(Qt.Orientation.Vertical, childrenCollapsible=False, handleWidth=GRID)
        for part, stretch in ((self.loss_plot, 3), (self.accuracy_plot, 2), (self.table, 1)):
            part.setMinimumHeight(LEAST_ROOM)
            rooms.addWidget(part)
            rooms.setStretchFactor(rooms.count() - 1, stretch)
        rooms.setSizes(list(ROOMS))
        rooms.restoreState(settings.panes)
        rooms.splitterMoved.connect(lambda *_: setattr(settings, "panes", rooms.saveState().data()))

        status = row((self.words, 1), self.sweep_button, gap=2 * GRID)
        column(tools, (rooms, 1), self.progress, status, on=self)
