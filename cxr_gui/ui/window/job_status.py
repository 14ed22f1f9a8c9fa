"""In the status bar: what runs, whichever tab started it, how far it is, and a way to stop it."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import partial

from PySide6.QtCore import QSize, QTimer
from PySide6.QtWidgets import QMenu, QToolButton, QWidget

from cxr_gui.core.base.progress import Clock, Event
from cxr_gui.core.base.wording import duration
from cxr_gui.jobs import Job
from cxr_gui.session import Lane
from cxr_gui.ui.widgets.elided import shortened
from cxr_gui.ui.widgets.factories import label, named, progress, row, tool
from cxr_gui.ui.widgets.literal import literal
from cxr_gui.ui.widgets.theme import GRID

READY = "Ready"
LINGER = 300
"""Milliseconds that the words of what has ended stay, lest they flicker while a slider is moved."""
WIDEST = 56 * GRID
"""Pixels of the words: what is queued may have a long name."""
FORESEEABLE = 5.0
"""Seconds: the rest of what is done sooner is not worth a word."""


@dataclass
class _Running:
    """A job, what it told last, and since when it has been at that stage."""

    job: Job
    lane: Lane
    event: Event | None = None
    clock: Clock = field(default_factory=Clock)

    def take(self, event: Event) -> None:
        if self.event is None or event.stage != self.event.stage:
            self.clock.restart(event.done)
        self.event = event

    def words(self) -> str:
        event = self.event
        what = self.lane.words if event is None else event_words(event)
        if self.job.is_paused:
            return f"Paused: {what}"
        left = None if event is None else self.clock.seconds_left(event.done, event.total)
        return what if left is None or left < FORESEEABLE else f"{what}, {duration(left)} left"


def event_words(event: Event) -> str:
    """How far something is."""
    return event.stage if event.total is None else f"{event.stage}: {event.done:,} of {event.total:,}"


class JobStatus(QWidget):
    """Shows what will run longest of what runs, and how many others there are, each of which can be stopped.

    Lanes without words are passed over: nobody would know what they do, or wait for it.
    """

    HEIGHT = 5 * GRID // 2

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        named(self, "jobStatus", "What is running")
        self.setFixedHeight(self.HEIGHT)  # the same with and without something to show
        self._running: list[_Running] = []
        self._words = label(READY, "jobStatusText")
        self._bar = progress("jobStatusBar", "Progress")
        self._bar.setFixedWidth(16 * GRID)
        self._stop = tool("jobStatusStop", "close", "Stop this work", colour="muted")
        self._more = named(QToolButton(), "jobStatusMore", tip="What else is running, and a way to stop it")
        self._menu = QMenu(self._more)
        self._more.setMenu(self._menu)
        self._more.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self._menu.aboutToShow.connect(self._list)
        self._stop.setFixedSize(self.HEIGHT, self.HEIGHT)
        self._stop.setIconSize(QSize(12, 12))
        self._more.setFixedHeight(self.HEIGHT)
        self._stop.clicked.connect(self._stop_shown)
        row(self._words, self._bar, self._stop, self._more, ..., around=(GRID, 0, 0, 0), on=self)
        self._quiet = QTimer(self, interval=LINGER, singleShot=True)
        self._quiet.timeout.connect(self._refresh)
        self._refresh()

    def follow(self, job: Job) -> None:
        """Show a job until it has ended."""
        lane = Lane(job.name)
        if lane.words:
            running = _Running(job, lane)
            self._running.append(running)
            job.events.connect(lambda events: self._take_events(running, events))
            job.paused.connect(self._refresh)
            job.ended.connect(self._forget_ended)
            self._refresh()

    def _take_events(self, running: _Running, events: list[Event]) -> None:
        running.take(events[-1])
        self._refresh()

    def _forget_ended(self) -> None:
        self._running = [running for running in self._running if running.job.running]
        if self._running:
            self._refresh()
        else:
            self._quiet.start()

    def _shown(self) -> _Running | None:
        """The latest of those that give way to others, for these take long; else the latest."""
        return max(reversed(self._running), key=lambda running: running.lane.patient, default=None)

    def _stop_shown(self) -> None:
        shown = self._shown()
        if shown is not None:
            shown.job.cancel()

    def _list(self) -> None:
        """Fill the menu with what can be stopped."""
        self._menu.clear()
        for running in self._running:
            entry = self._menu.addAction(f"Stop: {running.words()}", partial(running.job.cancel))
            entry.setEnabled(running.lane.stoppable)

    def _refresh(self) -> None:
        shown = self._shown()
        for widget in (self._bar, self._stop):
            widget.setVisible(shown is not None)
        others = len(self._running) - 1
        self._more.setVisible(others > 0)
        self._more.setText(f"and {others} more")
        if shown is None:
            self._words.setText(READY)
            self._words.setToolTip("")
            return
        words = shown.words()
        self._words.setText(shortened(words, self._words, WIDEST))
        self._words.setToolTip(literal(words))
        event = shown.event
        self._bar.advance(event.done if event is not None else 0, event.total if event is not None else None)
        self._stop.setVisible(shown.lane.stoppable)
