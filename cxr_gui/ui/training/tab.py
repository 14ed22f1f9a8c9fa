"""The training tab: the form and its buttons on the left, what is watched on the right."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QBoxLayout, QWidget

from cxr_gui.core.base.errors import SettingsError
from cxr_gui.core.base.files import exists
from cxr_gui.core.base.progress import Event
from cxr_gui.core.training import EpochDone, RunFolder, same_training
from cxr_gui.session import Session
from cxr_gui.ui.training.existing_run import ExistingRun, read_existing_run
from cxr_gui.ui.training.form import FormScroll
from cxr_gui.ui.training.settings import TrainingSettings
from cxr_gui.ui.training.sweeps_menu import SweepsMenu
from cxr_gui.ui.training.train_menu import TrainMenu
from cxr_gui.ui.training.watch import WatchPanel
from cxr_gui.ui.training.wording import existing_run_words, run_words, stopped_words
from cxr_gui.ui.widgets.factories import ELLIPSIS, button, column, named, row
from cxr_gui.ui.widgets.icons import set_icon
from cxr_gui.ui.widgets.settings import Settings
from cxr_gui.ui.widgets.theme import GRID

if TYPE_CHECKING:
    from cxr_gui.core.data import Dataset
    from cxr_gui.core.models import Classifier
    from cxr_gui.core.training import Run
    from cxr_gui.jobs import Job

FORM_WIDTH = 46 * GRID
OTHER_FOLDER = "press New folder to train anew"


class TrainingTab(QWidget):
    """Trains on the session's dataset."""

    sweepRequested = Signal()  # of the classifier that was just trained
    openRequested = Signal(Path)
    folderRead = Signal(object)  # the ExistingRun in the chosen run folder, or None
    interruptionFound = Signal(object)  # the ExistingRun that was at work when a window ended

    def __init__(self, session: Session, settings: Settings, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        named(self, "trainingTab")
        self._session = session
        self._settings = TrainingSettings(settings.store, fresh=settings.fresh)
        self._job: Job | None = None
        self._looking: Job | None = None
        self._existing: ExistingRun | None = None
        self._trainable = False
        self._trained: Classifier | None = None  # of the run that is shown
        self._stopped = False

        scroll = FormScroll(self._settings, self)
        self.form = scroll.form
        self.train_button = button("Train", "trainButton", icon="play", role="primary")
        self.menu = TrainMenu(session, self.form, self._why_no_training)
        self.pause_button = button("Pause", "pauseButton", icon="pause")
        self.stop_button = button("Stop", "stopButton", icon="stop", role="danger")
        beside = self._lay_out(scroll)
        self.watch = WatchPanel(self._settings, SweepsMenu(session, self), self)
        beside.addWidget(self.watch, 1)

        self.train_button.clicked.connect(self.start)
        self.pause_button.clicked.connect(self._toggle_pause)
        self.stop_button.clicked.connect(self.stop)
        self.watch.useRequested.connect(self._use)
        self.watch.sweepRequested.connect(self._sweep)
        self.watch.sweeps.openRequested.connect(self.openRequested)
        self.form.changed.connect(self._refresh)
        self.form.folderChosen.connect(self._look)
        self.form.folderRenewed.connect(self._forget_existing)
        session.catalogChanged.connect(self._fill)
        session.datasetChanged.connect(self._take_dataset)
        session.runChanged.connect(self._take_run)
        session.classifierChanged.connect(self._refresh)
        session.excludedChanged.connect(self._refresh)
        self._offer_unfinished()
        if session.dataset is not None:
            self._take_dataset(session.dataset)
        self._fill()

    # -- what the buttons do -----------------------------------------------------------------------------

    def start(self) -> None:
        """Train as the form says; where its folder holds this training, interrupted, go on with it."""
        try:
            config = self.form.config()
        except SettingsError as error:
            self._session.tell_error(error)
            return
        existing = self._existing
        if existing is None:
            self.form.date_folder()
        job = self._session.training.start(config, self.form.folder, resume=existing is not None)
        if job is None:
            return
        self._job, self._trained, self._stopped = job, None, False
        self._settings.unfinished, self._settings.interrupted = str(self.form.folder), True
        history = () if existing is None else existing.history
        self.watch.begin(self.form.folder, config, self.form.device_words(), history)
        job.events.connect(self._show_events)
        job.paused.connect(self._refresh)
        job.done.connect(self._finish)
        job.failed.connect(self._tell_failed)
        job.cancelled.connect(self._tell_stopped)
        job.ended.connect(self._refresh)
        self._refresh()

    def go_on(self) -> None:
        """Resume what the run folder holds, or say why that cannot be."""
        if self.train_button.isEnabled():
            self.start()
        else:
            self._session.tell(f"{self.train_button.toolTip()}.", level="warning")

    def stop(self) -> None:
        """End the training after this step; what it learned is written."""
        job = self._job
        if job is not None and job.running:
            job.cancel()
            self.watch.words.setText(f"Stopping: writing what was learned{ELLIPSIS}")
            self.stop_button.setEnabled(False)
            self.pause_button.setEnabled(False)

    def _toggle_pause(self) -> None:
        if self._job is not None:
            (self._job.resume if self._job.is_paused else self._job.pause)()

    def _use(self) -> None:
        """Attack the classifier of the run that is shown from now on."""
        if self._trained is not None and self._trained is not self._session.classifier:
            self._session.choose_classifier(self._trained)

    def _sweep(self) -> None:
        self._use()
        self.sweepRequested.emit()

    # -- what the job tells ------------------------------------------------------------------------------

    def _show_events(self, events: list[Event]) -> None:
        self.watch.show_events(events)
        snapshots = [event.classifier for event in events if isinstance(event, EpochDone)]
        if snapshots:
            self._trained = snapshots[-1]
            self._refresh()
        self._say_paused()

    def _take_run(self, run: Run) -> None:
        """A run has ended, or was opened: it shows itself, unless another is being trained."""
        if run.folder != self.watch.folder and not self._running:
            self._show_run(run)
        elif run.folder == self.watch.folder:
            self._trained = run.classifier
        self._refresh()

    def _show_run(self, run: Run) -> None:
        self.watch.show_run(run, run_words(run))
        self._trained = run.classifier
        if self._existing is None or not self._existing.resumable:
            self.form.show_config(run.config)

    def _finish(self, run: Run) -> None:
        self._settings.unfinished, self._settings.interrupted = "", False
        self.watch.finish(run, run_words(run))
        self.form.new_folder()

    def _tell_stopped(self) -> None:
        """What was kept, the run folder knows. The window that closes stops too, and reads no folder more."""
        if self._session.closing:
            return
        self._settings.interrupted = False
        self.watch.end("Stopped.", self.watch.table.rowCount())
        self._stopped = True
        self._look()

    def _tell_failed(self) -> None:
        self._settings.interrupted = False
        whole_epochs = self.watch.table.rowCount()
        self.watch.end("The training ended with an error; the message above says which.", whole_epochs)
        self._look()

    # -- the run folder ----------------------------------------------------------------------------------

    def _offer_unfinished(self) -> None:
        """After a crash, or a window closed while training: the run can go on."""
        folder = Path(self._settings.unfinished)
        if self._settings.unfinished and exists(RunFolder(folder).state):
            self.form.set_folder(folder)

    def _look(self) -> None:
        """Find out what the run folder holds. Waits for PyTorch, which reads the state."""
        if self._session.catalog is None:
            return
        folder = self.form.folder
        self._looking = self._session.training.look(lambda: read_existing_run(folder), self._take_existing)
        self._looking.failed.connect(self._take_damaged)
        self._refresh()

    def _take_damaged(self) -> None:
        self._stopped = False
        self._take_existing(None)

    def _take_existing(self, existing: ExistingRun | None) -> None:
        self._looking = None
        if (
            existing is not None
            and not existing.resumable
            and str(existing.folder) == self._settings.unfinished
        ):
            self.form.new_folder()  # it was complete after all
            return
        self._existing = existing
        if self._stopped and self.form.folder == self.watch.folder:
            words = stopped_words(existing, self.watch.epochs)
            self.watch.end(words, 0 if existing is None else len(existing.history))
            self._settings.unfinished = "" if existing is None else str(existing.folder)
        self._stopped = False
        if existing is not None and existing.ended is not None:
            self._show_run(existing.ended)
        elif existing is not None:
            self.form.show_config(existing.config)
            self._session.training.adopt_excluded(existing.config)
            if existing.folder == self.watch.folder:
                self.watch.show_history(existing.history)
        self._refresh()
        if existing is not None and existing.resumable and self._settings.interrupted:
            self._settings.interrupted = False  # it is said once
            self.interruptionFound.emit(existing)
        self.folderRead.emit(existing)

    def _forget_existing(self) -> None:
        if self._looking is not None:
            self._looking.cancel()
        self._looking, self._existing = None, None
        if not self._running:
            self._settings.unfinished = ""
        self._refresh()

    # -- what can be done now ----------------------------------------------------------------------------

    def _fill(self, _: object = None) -> None:
        if self._session.catalog is not None:
            self.form.fill(self._session.catalog)
            if self._settings.unfinished == str(self.form.folder):
                self._look()
            if self._session.run is not None:
                self._take_run(self._session.run)
        self._refresh()

    def _take_dataset(self, dataset: Dataset) -> None:
        self._trainable = all(dataset.columns.group("train", name).size for name in dataset.classes)
        if self._existing is not None and self._existing.resumable:
            self._session.training.adopt_excluded(self._existing.config)
        self._refresh()

    def _refresh(self, _: object = None) -> None:
        """Which buttons can be used, and why not."""
        running, fits = self._running, self._fits()
        why = self._why_not(running, fits)
        resume = self._existing is not None and self._existing.resumable and fits
        self.train_button.setText("Resume" if resume and not running else "Train")
        self.train_button.setEnabled(not why)
        ready = "Go on where the run in this folder stopped" if resume else "Train on the open dataset"
        self.train_button.setToolTip(why or ready)
        self.form.folder_words.setText("" if running else existing_run_words(self._existing, fits))
        self.form.folder_words.setVisible(bool(self.form.folder_words.text()))
        paused = self._job is not None and self._job.is_paused
        self.pause_button.setText("Continue" if paused else "Pause")
        set_icon(self.pause_button, "play" if paused else "pause")
        uses = (
            (self.pause_button, "Go on with the training" if paused else "Hold before the next step"),
            (self.stop_button, "End the training and keep what was learned; it can be resumed"),
        )
        for control, use in uses:
            control.setEnabled(running)
            control.setToolTip(use if running else "Nothing is being trained")
        for control, use, why_not in (
            (self.watch.use_button, "Attack this classifier from now on", self._why_no_use()),
            (self.watch.sweep_button, "Use this classifier, and attack the test set", self._why_no_sweep()),
        ):
            control.setEnabled(not why_not)
            control.setToolTip(why_not or use)
        self.form.setEnabled(not running)
        self._say_paused()
        if self.watch.folder is None:
            excluded = len(self._session.excluded)
            ready = f"Ready to train; {excluded:,} excluded." if excluded else "Ready to train."
            self.watch.words.setText(f"{why}." if why else ready)

    @property
    def _running(self) -> bool:
        return self._job is not None and self._job.running

    def _why_not(self, running: bool, fits: bool) -> str:
        """Why no training can be started now; "" when one can."""
        existing = self._existing
        reasons = (
            (running, "A training is running"),
            (bool(self._why_no_training()), self._why_no_training()),
            (self._looking is not None, "Looking into the run folder"),
            (
                existing is not None and not existing.resumable,
                f"The run folder holds a complete run: {OTHER_FOLDER}",
            ),
            (not fits, f"The run folder holds a run with other settings: {OTHER_FOLDER}"),
        )
        return next((reason for applies, reason in reasons if applies), "")

    def _why_no_training(self) -> str:
        """Why nothing at all can be trained now, here or in the queue."""
        if self._session.catalog is None:
            return "PyTorch is still loading"
        if self._session.dataset is None:
            return "Open a dataset first"
        return "" if self._trainable else "The open dataset has no training images of both classes"

    def _why_no_use(self) -> str:
        if self._trained is None:
            return "No epoch has ended yet" if self._running else "Train a classifier first"
        return "It is in use" if self._trained is self._session.classifier else ""

    def _why_no_sweep(self) -> str:
        if self._running:
            return "A training is running"
        return "Train a classifier first" if self._trained is None else ""

    def _fits(self) -> bool:
        """Whether the form describes the run its folder holds, if it holds one."""
        if self._existing is None:
            return True
        try:
            config = self._session.training.without_excluded(self.form.config())
            return same_training(config, self._existing.config)
        except SettingsError:
            return False

    def _say_paused(self) -> None:
        if self._job is not None and self._job.is_paused:
            words = self.watch.words.text().removeprefix("Paused. ")
            self.watch.words.setText(f"Paused. {words}")

    def _lay_out(self, scroll: FormScroll) -> QBoxLayout:
        """The left side. Returns what holds both: the right one is built where it will be, after this one,
        as keys go from control to control.
        """
        scroll.setFixedWidth(FORM_WIDTH)
        buttons = row(
            row((self.train_button, 1), self.menu, gap=0), (self.pause_button, 1), (self.stop_button, 1)
        )
        left = column(scroll, buttons, gap=2 * GRID)
        left.addStretch(1)
        return row(left, gap=2 * GRID, around=(2 * GRID,) * 4, on=self)
