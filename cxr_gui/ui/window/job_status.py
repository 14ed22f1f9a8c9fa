"""In the status bar: what is being loaded, how far it is, and a way to stop it."""

from __future__ import annotations

from PySide6.QtCore import QSize
from PySide6.QtWidgets import QWidget

from cxr_gui.core.base.progress import Event
from cxr_gui.jobs import Job
from cxr_gui.session import Lane
from cxr_gui.ui.widgets.factories import label, named, progress, row, tool
from cxr_gui.ui.widgets.theme import GRID


class JobStatus(QWidget):
    """Shows the job that started last among those still running whose lane has words for it."""

    HEIGHT = 5 * GRID // 2

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        named(self, "jobStatus")
        self.setFixedHeight(self.HEIGHT)  # the same with and without something to show
        self._jobs: list[Job] = []
        self._latest: dict[Job, Event] = {}
        self._words = label("", "jobStatusText")
        self._bar = progress("jobStatusBar", "Progress")
        self._bar.setFixedWidth(16 * GRID)
        self._stop = tool("jobStatusStop", "close", "Stop this work", colour="muted")
        self._stop.setFixedSize(self.HEIGHT, self.HEIGHT)
        self._stop.setIconSize(QSize(12, 12))
        self._stop.clicked.connect(self._stop_shown)
        row(self._words, self._bar, self._stop, ..., around=(GRID, 0, 0, 0), on=self)
        self._refresh()

    def follow(self, job: Job) -> None:
        """Show a job until it has ended."""
        if Lane(job.name).words:
            self._jobs.append(job)
            job.events.connect(self._take_events)
            job.ended.connect(self._forget_ended)
            self._refresh()

    def _take_events(self, events: list[Event]) -> None:
        job = self.sender()
        if isinstance(job, Job):
            self._latest[job] = events[-1]
        self._refresh()

    def _forget_ended(self) -> None:
        self._jobs = [job for job in self._jobs if job.running]
        self._latest = {job: event for job, event in self._latest.items() if job.running}
        self._refresh()

    def _stop_shown(self) -> None:
        self._jobs[-1].cancel()

    def _refresh(self) -> None:
        for widget in (self._bar, self._stop):
            widget.setVisible(bool(self._jobs))
        if not self._jobs:
            self._words.setText("Ready")
            return
        job = self._jobs[-1]
        lane = Lane(job.name)
        event = self._latest.get(job)
        total = event.total if event is not None else None
        stage = event.stage if event is not None else lane.words
        self._words.setText(
            stage if event is None or total is None else f"{stage}: {event.done:,} of {total:,}"
        )
        self._bar.advance(event.done if event is not None else 0, total)
        self._stop.setVisible(lane.stoppable)
