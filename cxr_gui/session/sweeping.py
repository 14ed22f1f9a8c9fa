"""Sweeps of the dataset: of the classifier in use, and of others beside it for the same chart."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from cxr_gui.core.base import published, units
from cxr_gui.core.base.progress import Event, Work
from cxr_gui.core.sweep import SweepProgress
from cxr_gui.session.lanes import Lane, Lanes, Service
from cxr_gui.session.opening import load_classifier
from cxr_gui.session.state import State
from cxr_gui.session.values import AttackSetting

if TYPE_CHECKING:
    from cxr_gui.core.data import Dataset
    from cxr_gui.core.models import Classifier
    from cxr_gui.core.sweep import Outcomes, SweepResult
    from cxr_gui.jobs import Job

NEED_BOTH = "Open a dataset and a classifier first: a sweep attacks one with the other."
STOPPED = "The sweep was cancelled; the images it finished are kept."


class Sweeping(Service):
    """Sweeps, and sorts out what the latest one says of the dataset's images."""

    def __init__(self, state: State, lanes: Lanes) -> None:
        super().__init__(state, lanes)
        state.datasetChanged.connect(lambda: lanes.cancel(Lane.OUTCOMES))

    def start(
        self,
        epsilons: Sequence[float] | None = None,
        *,
        split: str = "test",
        beside: Path | None = None,
        certify: bool = False,
    ) -> Job | None:
        """Sweep the attack over `epsilons` (pixel units) on a split; progress arrives as the job's events.

        beside  a checkpoint to sweep in place of the classifier in use; the grid does not follow it
        certify  also look for each image's certified radius
        Returns None, with a message, while there is no dataset or classifier. A cancelled sweep keeps the
        images it finished.
        """
        state = self._state
        dataset, setting, swept = state.dataset, state.setting, beside or state.classifier
        if dataset is None or swept is None:
            state.tell(NEED_BOTH, level="warning")
            return None
        chosen = epsilons or [units.to_pixel(value, "model") for value in published.EPSILONS]

        def add(result: SweepResult) -> None:
            state.add_sweep(result)
            if beside is None and dataset is state.dataset:
                self._sort_out(result, dataset)

        def make() -> Work[SweepResult]:
            return _sweep(swept, dataset, setting, chosen, split, certify)

        job = self._lanes.start(Lane.SWEEP, make, add)
        latest: list[Event] = []
        job.events.connect(lambda events: latest.__setitem__(slice(None), events[-1:]))
        job.cancelled.connect(lambda: self._keep_partial(latest, add))
        return job

    def clear(self) -> None:
        """Forget the sweeps done so far, and what they found out."""
        self._lanes.cancel(Lane.OUTCOMES)
        self._state.clear_sweeps()
        self._state.set_outcomes(None)

    def _sort_out(self, result: SweepResult, dataset: Dataset) -> None:
        self._lanes.start(Lane.OUTCOMES, lambda: _outcomes(dataset, result), self._state.set_outcomes)

    def _keep_partial(self, latest: list[Event], add: Callable[[SweepResult], None]) -> None:
        for event in latest:
            if isinstance(event, SweepProgress) and event.done:
                add(event.partial())
                self._state.tell(STOPPED)


def _sweep(
    classifier: Classifier | Path,
    dataset: Dataset,
    setting: AttackSetting,
    epsilons: Sequence[float],
    split: str,
    certify: bool,
) -> Work[SweepResult]:
    """Sweep the chosen attack over `epsilons`, pixel units, on a split; a path is a checkpoint to load."""
    if isinstance(classifier, Path):
        classifier = yield from load_classifier(classifier)
    from cxr_gui.core.study import sweep_dataset

    attack = setting.create()
    result = yield from sweep_dataset(
        classifier, dataset, attack, epsilons, split=split, threat=setting.threat, certify=certify
    )
    _ = result.points  # kept by the result; its bootstrap takes too long for the GUI thread
    return result


def _outcomes(dataset: Dataset, result: SweepResult) -> Work[Outcomes]:
    """What a sweep found out about each record."""
    from cxr_gui.core.sweep import outcomes

    yield Event("Sorting out what was found", 0, None)
    found = outcomes(dataset, result)
    _ = found.orders  # kept by it
    return found
