"""A run, watched while it trains or opened when it has ended: the curves, the progress and the epochs."""

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
from cxr_gui.ui.training.overlays import Overlays
from cxr_gui.ui.training.settings import TrainingSettings
from cxr_gui.ui.training.sweeps_menu import SweepsMenu
from cxr_gui.ui.training.wording import progress_words
from cxr_gui.ui.widgets.elided import ElidedLabel
from cxr_gui.ui.widgets.factories import (
    ELLIPSIS,
    button,
    check_box,
    column,
    label,
    named,
    progress,
    row,
    slider,
)
from cxr_gui.ui.widgets.literal import literal
from cxr_gui.ui.widgets.theme import GRID

if TYPE_CHECKING:
    from cxr_gui.core.training import Run, TrainConfig

NO_RUN = "Loss and accuracy"
UNFINISHED = "unfinished"
ROOMS = (360, 240, 140)
LEAST_ROOM = 14 * GRID


class WatchPanel(QWidget):
    """Shows one run at a time, over the runs before it."""

    useRequested = Signal()
    sweepRequested = Signal()

    def __init__(self, settings: TrainingSettings, sweeps: SweepsMenu, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._settings = settings
        self.folder: Path | None = None
        self.epochs, self._device, self._epoch = 0, "", 0
        self.loss_plot, self.accuracy_plot = LossPlot(), AccuracyPlot()
        self.accuracy_plot.setXLink(self.loss_plot)
        self.table = EpochTable()
        self.progress = progress("trainingProgress", "Training progress")
        self.progress.setRange(0, 1)
        self.words = label("", "trainingState", wrap=True)
        self.words.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        self.name = named(ElidedLabel(NO_RUN), "runName", role="heading")
        self.overlays = Overlays((self.loss_plot, self.accuracy_plot))
        self.sweeps = sweeps
        words = "Use the trained classifier"
        self.use_button = button("Use it", "useItButton", words=words, icon="check")
        self.use_button.clicked.connect(self.useRequested)
        words = "Sweep the trained classifier"
        self.sweep_button = button("Sweep it", "sweepItButton", words=words, icon="target")
        self.sweep_button.clicked.connect(self.sweepRequested)
        self._lay_out()

    # -- a run -------------------------------------------------------------------------------------------

    def begin(self, folder: Path, config: TrainConfig, device: str, history: Sequence[EpochRow]) -> None:
        """A training begins, or goes on after the epochs of `history`."""
        self._turn_to(folder)
        self.epochs, self._device, self._epoch = config.recipe.epochs, device, 0
        self.show_history(history)
        self.progress.setRange(0, 0)
        self.words.setText(f"Starting{ELLIPSIS}")

    def show_run(self, run: Run, words: str) -> None:
        """A run that has ended is opened."""
        self._turn_to(run.folder)
        self.epochs = run.config.recipe.epochs
        self.finish(run, words)

    def _turn_to(self, folder: Path) -> None:
        if folder != self.folder:
            self.overlays.turn_to(folder)
            self.sweeps.turn_to(folder)
            self.folder = folder
            self.name.setText(folder.name)
            self.name.setToolTip(literal(str(folder)))

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
        if run.outcome == UNFINISHED:
            self.progress.advance(len(run.history), self.epochs)
        else:
            self.progress.advance(1, 1)
        self.words.setText(words)

    def end(self, words: str, whole_epochs: int) -> None:
        """Nothing is being trained any more, before the end."""
        self.progress.advance(whole_epochs, self.epochs)
        self.words.setText(words)

    # -- how it looks ------------------------------------------------------------------------------------

    def _lay_out(self) -> None:
        settings = self._settings
        tip = "How much the thick curve is smoothed; the loss of every batch stays visible behind it"
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
        tools = row(
            (self.name, 1),
            self.sweeps.button,
            label("Smoothing", buddy=smoothing),
            smoothing,
            weight,
            2 * GRID,
            log,
        )

        rooms = QSplitter(Qt.Orientation.Vertical, childrenCollapsible=False, handleWidth=GRID)
        for part, stretch in ((self.loss_plot, 3), (self.accuracy_plot, 2), (self.table, 1)):
            part.setMinimumHeight(LEAST_ROOM)
            rooms.addWidget(part)
            rooms.setStretchFactor(rooms.count() - 1, stretch)
        rooms.setSizes(list(ROOMS))
        rooms.restoreState(settings.panes)
        rooms.splitterMoved.connect(lambda *_: setattr(settings, "panes", rooms.saveState().data()))

        status = row((self.words, 1), self.use_button, self.sweep_button)
        column(tools, self.overlays, (rooms, 1), self.progress, status, on=self)
