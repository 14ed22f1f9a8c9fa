"""What a piece of work is started with, and in its place, while it runs, how far it is."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QSizePolicy, QStackedWidget, QWidget

from cxr_gui.core.base.progress import Clock, Event
from cxr_gui.core.base.wording import duration
from cxr_gui.ui.widgets.elided import ElidedLabel
from cxr_gui.ui.widgets.factories import ELLIPSIS, button, named, progress, row

if TYPE_CHECKING:
    from cxr_gui.jobs import Job

STOP = "Stop the sweep; the images it finished are kept"


class WorkBar(QStackedWidget):
    """Follows one job at a time."""

    ended = Signal()

    def __init__(self, name: str, words: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._job: Job | None = None
        self._clock, self._stage = Clock(), ""
        self.progress = progress(f"{name}Progress", f"Progress of {words}", figures=True, parent=self)
        self.state = named(ElidedLabel(parent=self), f"{name}State")
        self.cancel = button("Cancel", f"{name}CancelButton", STOP, parent=self)
        running = QWidget()
        row((self.progress, 1), (self.state, 1), self.cancel, gap=-1, on=running)
        self.addWidget(running)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
        self.cancel.clicked.connect(self._cancel)

    def start_with(self, idle: QWidget) -> None:
        """What work is started with, once it is laid out: in that order Tab goes through it.

        Both pages stay, one behind the other: of another height, one would have what is below laid out anew.
        """
        self.insertWidget(0, idle)
        self.setCurrentIndex(0)

    def follow(self, job: Job) -> None:
        """Show how far a job is until it ends."""
        self._job = job
        self._stage = ""
        self.setCurrentIndex(1)
        self.progress.setRange(0, 0)
        self.state.setText(f"Starting {ELLIPSIS}")
        job.events.connect(self._advance)
        job.ended.connect(self._end)  # a method, so that it goes with the widget

    def _cancel(self) -> None:
        if self._job is not None:
            self._job.cancel()
            self.state.setText(f"Stopping {ELLIPSIS}")

    def _advance(self, events: list[Event]) -> None:
        event = events[-1]
        if event.stage != self._stage:  # which counts something else, at another pace
            self._stage = event.stage
            self._clock.restart(event.done)
        self.progress.advance(event.done, event.total)
        left = self._clock.seconds_left(event.done, event.total)
        of = "" if not event.total else f": {event.done} of {event.total}"
        self.state.setText(f"{event.stage}{of}" + ("" if left is None else f", {duration(left)} left"))

    def _end(self) -> None:
        if self.sender() is self._job:
            self._job = None
            self.setCurrentIndex(0)
            self.ended.emit()
