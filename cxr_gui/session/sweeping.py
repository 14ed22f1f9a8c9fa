"""Sweeps of the dataset: of the classifier in use, and of others beside it for the same chart."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject

from cxr_gui.core.base import published, units
from cxr_gui.core.base.progress import Event
from cxr_gui.core.sweep import SweepProgress
from cxr_gui.session import work

if TYPE_CHECKING:
    from cxr_gui.core.data import Dataset
    from cxr_gui.core.sweep import Outcomes, SweepResult
    from cxr_gui.jobs import Job
    from cxr_gui.session.session import Session

NEED_BOTH = "Open a dataset and a classifier first: a sweep attacks one with the other."
STOPPED = "The sweep was cancelled; the images it finished are kept."


class Sweeping(QObject):
    """Sweeps on a lane of their own and adds their results to the session's."""

    def __init__(self, session: Session, start: Callable[..., Job]) -> None:
        super().__init__(session)
        self._session, self._start = session, start

    def start(
        self, epsilons: Sequence[float] | None = None, *, split: str = "test", beside: Path | None = None
    ) -> Job | None:
        """Sweep the attack over `epsilons` (pixel units) on a split; progress arrives as the job's events.

        beside  a checkpoint to sweep in place of the classifier in use; the grid does not follow it
        Returns None, with a message, while there is no dataset or classifier. A cancelled sweep keeps the
        images it finished.
        """
        session = self._session
        dataset, setting, swept = session.dataset, session.setting, beside or session.classifier
        if dataset is None or swept is None:
            session.tell(NEED_BOTH, level="warning")
            return None
        chosen = epsilons or [units.to_pixel(value, "model") for value in published.EPSILONS]

        def add(result: SweepResult) -> None:
            self.show(result)
            if beside is None and dataset is session.dataset:
                self._sort_out(result, dataset)

        job = self._start("sweep", lambda: work.sweep(swept, dataset, setting, chosen, split), add)
        latest: list[Event] = []
        job.events.connect(lambda events: latest.__setitem__(slice(None), events[-1:]))
        job.cancelled.connect(lambda: self._keep_partial(latest, add))
        return job

    def show(self, result: SweepResult) -> None:
        """Add a sweep; its points must have been worked out."""
        self._session.sweeps = [*self._session.sweeps, result]
        self._session.sweepChanged.emit(result)

    def clear(self) -> None:
        """Forget the sweeps done so far."""
        self._session.sweeps = []
        self._session.sweepChanged.emit(None)
        self.set_outcomes(None)

    def set_outcomes(self, found: Outcomes | None) -> None:
        """What the latest sweep found out about the dataset's images, instead of what is being worked out."""
        session = self._session
        session.lanes["outcomes"].cancel()
        if found is not session.outcomes:
            session.outcomes = found
            session.outcomesChanged.emit(found)

    def _sort_out(self, result: SweepResult, dataset: Dataset) -> None:
        self._start("outcomes", lambda: work.outcomes(dataset, result), self.set_outcomes, announce=False)

    def _keep_partial(self, latest: list[Event], add: Callable[[SweepResult], None]) -> None:
        for event in latest:
            if isinstance(event, SweepProgress) and event.done:
                add(event.partial())
                self._session.tell(STOPPED)
