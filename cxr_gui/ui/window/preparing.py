"""What is being opened, in the middle, in place of the invitation to open something."""

from __future__ import annotations

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QWidget

from cxr_gui.core.base.progress import Event
from cxr_gui.jobs import Job
from cxr_gui.session import Lane, Session
from cxr_gui.ui.widgets.empty import EmptyState
from cxr_gui.ui.widgets.factories import ELLIPSIS
from cxr_gui.ui.window.job_status import event_words

OPENING = (Lane.DATASET, Lane.RESULTS, Lane.RADIOGRAPH)


class Preparing(QObject):
    """Follows what is being opened, of several the latest, and tells the empty states of a window."""

    def __init__(self, session: Session, over: QWidget) -> None:
        super().__init__(over)
        self._over = over
        self._job: Job | None = None
        self._title = ""
        session.jobStarted.connect(self._follow)

    def call(self, words: str) -> None:
        """What is being opened has a better name than its lane's."""
        if self._job is not None:
            self._title = f"{words}{ELLIPSIS}"
            self._say(self._title)

    def _follow(self, job: Job) -> None:
        lane = Lane(job.name)
        if lane in OPENING:
            self._job = job
            self.call(lane.words)
            job.events.connect(lambda events: self._tell(job, events[-1]))
            job.ended.connect(lambda: self._end(job))

    def _tell(self, job: Job, event: Event) -> None:
        if job is self._job:
            self._say(self._title, event_words(event))

    def _end(self, job: Job) -> None:
        if job is self._job:
            self._job = None
            self._say("")

    def _say(self, title: str, text: str = "") -> None:
        for state in self._over.findChildren(EmptyState):
            state.wait(title, text)
