"""Sweeps of shifts, which need no attacker: for the classifier in use and others beside it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from cxr_gui.core.base.progress import Event, Work
from cxr_gui.core.shifts import SHIFTS
from cxr_gui.core.sweep import ShiftProgress
from cxr_gui.session.lanes import Lane, Service
from cxr_gui.session.opening import load_classifier

if TYPE_CHECKING:
    from cxr_gui.core.data import Dataset
    from cxr_gui.core.models import Classifier
    from cxr_gui.core.sweep import ShiftResult
    from cxr_gui.jobs import Job

NEED_BOTH = "Open a dataset and a classifier first: the shifts befall the films of one before the other."
STOPPED = "The sweep of shifts was cancelled; the images it finished, a random sample, are kept."
DROPPED = (
    "What the cancelled sweep of shifts had finished was not kept: it was stopped while it was measured."
)


class Shifting(Service):
    """Sweeps when somebody asks; one that is cancelled keeps the images it finished."""

    def start(self, names: Sequence[str], *, split: str = "test", beside: Sequence[Path] = ()) -> Job | None:
        """Sweep the shifts of these names over a split; progress arrives as the job's events.

        beside  checkpoints that are shown the same films as the classifier in use
        Returns None, with a message, while there is no dataset or classifier.
        """
        dataset, classifier = self._state.dataset, self._state.classifier
        if dataset is None or classifier is None:
            self._state.tell(NEED_BOTH, level="warning")
            return None
        job = self._lanes.start(
            Lane.SHIFTS, lambda: _sweep(classifier, beside, dataset, names, split), self._state.set_shifts
        )
        latest: list[Event] = []
        job.events.connect(lambda events: latest.__setitem__(slice(None), events[-1:]))
        job.cancelled.connect(lambda: self._keep_partial(latest))
        return job

    def _keep_partial(self, latest: list[Event]) -> None:
        found = [event for event in latest if isinstance(event, ShiftProgress) and event.done]
        if found:
            job = self._lanes.start(Lane.SHIFTS, lambda: _measured(found[-1]), self._show_partial)
            job.cancelled.connect(lambda: self._state.tell(DROPPED, level="warning"))

    def _show_partial(self, results: tuple[ShiftResult, ...]) -> None:
        if len(results[0].labels):
            self._state.set_shifts(results)
            self._state.tell(STOPPED)


def _sweep(
    classifier: Classifier, beside: Sequence[Path], dataset: Dataset, names: Sequence[str], split: str
) -> Work[tuple[ShiftResult, ...]]:
    from cxr_gui.core.study import compare_shifts

    classifiers = [classifier]
    for path in beside:
        loaded = yield from load_classifier(path)
        classifiers.append(loaded)
    return (yield from compare_shifts(classifiers, dataset, [SHIFTS[name] for name in names], split=split))


def _measured(event: ShiftProgress) -> Work[tuple[ShiftResult, ...]]:
    """What was finished, with its bootstraps, which take too long for the GUI thread."""
    results = event.partial()
    for number, shift in enumerate(results[0].shifts):
        yield Event("Measuring", number, len(results[0].shifts))
        for result in results:
            _ = result.clean, result.points(shift)
    return results
