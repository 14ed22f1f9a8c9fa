"""A dot on the tab of trainings while one runs, whoever began it."""

from __future__ import annotations

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QWidget

from cxr_gui.jobs import Job
from cxr_gui.session import Lane, Session
from cxr_gui.ui.window.tabs import Tabs

WORDS = "A training is running"


class TrainingDot(QObject):
    """Follows the trainings of the tab and of the queue."""

    def __init__(self, session: Session, tabs: Tabs, page: QWidget) -> None:
        super().__init__(tabs)
        self._session, self._tabs, self._page = session, tabs, page
        session.jobStarted.connect(self._follow)
        session.queueing.changed.connect(self._show)

    def _follow(self, job: Job) -> None:
        if job.name == Lane.TRAINING:
            job.ended.connect(self._show)
            self._show()

    def _show(self) -> None:
        session = self._session
        latest = session.queueing.latest
        queued = latest is not None and latest.inner is not None and latest.job.kind == "train"
        self._tabs.mark(self._page, WORDS if queued or session.job(Lane.TRAINING) is not None else "")
