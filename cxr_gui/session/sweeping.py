"""Sweeps of the dataset: of the classifier in use, and of others beside it for the same chart."""

from __future__ import annotations

import copy
from collections.abc import Callable, Hashable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cxr_gui.core.base import published, units
from cxr_gui.core.base.progress import Event, Work
from cxr_gui.core.queue import sweep_options
from cxr_gui.core.sweep import SweepProgress
from cxr_gui.session.lanes import Lane, Lanes, Service
from cxr_gui.session.opening import load_classifier
from cxr_gui.session.state import State

if TYPE_CHECKING:
    from cxr_gui.core.attacks import Attack
    from cxr_gui.core.data import Dataset
    from cxr_gui.core.models import Classifier
    from cxr_gui.core.sweep import Outcomes, Proof, Subgroup, SweepResult, UnfinishedSweep
    from cxr_gui.jobs import Job

Known = dict[int, float]
"""The certified radius of each image by its number, as far as it was proven."""

NEED_BOTH = "Open a dataset and a classifier first: a sweep attacks one with the other."
STOPPED = "The sweep was cancelled; the images it finished are kept."
ELSEWHERE = "None of the films of that sweep is in the dataset that is open now."


class Sweeping(Service):
    """Sweeps, and sorts out what one of them says of the dataset's images: the latest of the classifier in
    use, until somebody chooses another."""

    def __init__(self, state: State, lanes: Lanes) -> None:
        super().__init__(state, lanes)
        self._known: dict[Hashable, Known] = {}
        state.datasetChanged.connect(self._forget)
        state.sweepChanged.connect(self._look_at)

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
        dataset, classifier = state.dataset, state.classifier
        if dataset is None or classifier is None:
            state.tell(NEED_BOTH, level="warning")
            return None
        chosen = epsilons or [units.to_pixel(value, "model") for value in published.EPSILONS]
        asked = sweep_options(
            dataset,
            beside or classifier.file,
            chosen,
            attack=state.setting.attack,
            parameters=dict(state.setting.parameters),
            threat=state.setting.threat,
            split=split,
            certify=certify,
        )
        return self._run(asked, dataset, beside or classifier)

    def look_for_unfinished(self, done: Callable[[list[UnfinishedSweep]], object]) -> Job:
        """Find the sweeps that were killed, or closed with their window."""
        return self._lanes.start(Lane.UNFINISHED, _unfinished, done)

    def go_on(self, sweep: UnfinishedSweep) -> Job:
        """Finish a sweep as it was asked for, whatever is open now."""
        dataset = self._state.dataset
        if dataset is not None and str(dataset.opened) != sweep.asked["data"]:
            dataset = None
        job = self._run(sweep.asked, dataset, Path(sweep.asked["classifier"]))
        job.done.connect(lambda _: self.discard(sweep))  # of data that has changed it was another sweep
        return job

    def discard(self, sweep: UnfinishedSweep) -> None:
        """Forget what a sweep had finished."""
        self._lanes.start(Lane.UNFINISHED, lambda: _forget(sweep), beside=True)

    def _run(self, asked: dict[str, Any], dataset: Dataset | None, swept: Classifier | Path) -> Job:
        lanes, known = self._lanes, self._known
        job = lanes.start(
            Lane.SWEEP,
            lambda: _sweep(asked, dataset, swept, known, stopped=lambda: not lanes.closing),
            self._state.add_sweep,
        )
        latest: list[Event] = []
        job.events.connect(lambda events: latest.__setitem__(slice(None), events[-1:]))
        job.cancelled.connect(lambda: self._keep_partial(latest))
        return job

    def remove(self, result: SweepResult) -> None:
        """Forget one of the sweeps; what it found out gives way to what the one before it did."""
        state = self._state
        state.remove_sweep(result)
        if state.outcomes is not None and state.outcomes.sweep is result:
            state.set_outcomes(None)
            if state.sweeps:
                self._sort_out(state.sweeps[-1])

    def clear(self) -> None:
        """Forget the sweeps done so far, and what they found out."""
        self._lanes.cancel(Lane.OUTCOMES)
        self._state.clear_sweeps()
        self._state.set_outcomes(None)

    def sort_out(self, result: SweepResult, at: int | None = None) -> None:
        """Say of the dataset's images what this sweep found: its decisions at the epsilon of that place, or
        on the clean images."""
        self._sort_out(result, at, tell=True)

    def part(self, result: SweepResult, done: Callable[[list[Subgroup]], object]) -> Job | None:
        """Measure a sweep of the dataset by subgroup, of every attribute that is known of its films."""
        dataset = self._state.dataset
        if dataset is None:
            self._state.tell(ELSEWHERE, level="warning")
            return None
        return self._lanes.start(Lane.SUBGROUPS, lambda: _subgroups(dataset, result), done)

    def save_parts(self, found: Sequence[Subgroup], path: Path) -> Job:
        """Write the subgroups into a CSV file."""
        return self._lanes.start(
            Lane.EXPORT, lambda: _write_subgroups(found, path), lambda _: self._state.tell(f"Saved {path}.")
        )

    def _sort_out(self, result: SweepResult, at: int | None = None, *, tell: bool = False) -> None:
        dataset = self._state.dataset
        if dataset is not None:
            self._lanes.start(
                Lane.OUTCOMES,
                lambda: _outcomes(dataset, result, at),
                lambda found: self._show(found, tell=tell),
            )

    def _show(self, found: Outcomes, *, tell: bool) -> None:
        if sum(found.confusion().values()):
            self._state.set_outcomes(found)
        elif tell:
            self._state.tell(ELSEWHERE, level="warning")

    def _look_at(self, result: SweepResult | None) -> None:
        """A sweep has come. One of another classifier does not take the place of what is there."""
        classifier, outcomes = self._state.classifier, self._state.outcomes
        if result is not None and (outcomes is None or (classifier is not None and result.is_of(classifier))):
            self._sort_out(result)

    def _forget(self) -> None:
        """Another dataset: what was found out, and is proven, is of other images."""
        self._lanes.cancel(Lane.OUTCOMES)
        self._known = {}

    def _keep_partial(self, latest: list[Event]) -> None:
        for event in latest:
            if isinstance(event, SweepProgress) and event.images:
                self._state.add_sweep(event.partial())
                self._state.tell(STOPPED)


def _sweep(
    asked: dict[str, Any],
    dataset: Dataset | None,
    swept: Classifier | Path,
    known: dict[Hashable, Known],
    *,
    stopped: Callable[[], bool],
) -> Work[SweepResult]:
    """The sweep that is asked for, see `sweep_options`, on from where it was interrupted.

    dataset  the one that `asked` names, where it is open      swept    a classifier, or a checkpoint to load
    known    what is proven of the dataset's images, by classifier, split and threat model: added to
    stopped  see `resumable`
    """
    from cxr_gui.core.data import scan
    from cxr_gui.core.queue import reading_of, sweep_arguments
    from cxr_gui.core.study import sweep_dataset
    from cxr_gui.core.sweep import classifier_digest, resumable

    whose: Hashable = swept
    if isinstance(swept, Path):
        whose = swept, swept.stat().st_mtime_ns if swept.exists() else None
    classifier = (yield from load_classifier(swept)) if isinstance(swept, Path) else swept
    if dataset is None:
        known = {}
    data = dataset or (yield from scan(asked["data"], **vars(reading_of(asked))))
    arguments = sweep_arguments(asked)
    attack, split = arguments["attack"], arguments["split"]
    if arguments["certify"]:
        proven = known.setdefault((whose, split, arguments["threat"]), {})
        arguments["certify"] = _proof(classifier, attack, proven)

    def make(journal: Path | None) -> Work[SweepResult]:
        return sweep_dataset(classifier, data, journal=journal, resume=True, **arguments)

    images = sum(data.columns.group(split, name).size for name in data.classes)
    depends = {"classifier": classifier_digest(classifier), "data": data.fingerprint()}
    result = yield from resumable(asked, depends, images, make, stopped=stopped)
    _ = result.points  # kept by the result; its bootstrap takes too long for the GUI thread
    return result


def _unfinished() -> Work[list[UnfinishedSweep]]:
    from cxr_gui.core.sweep import unfinished_sweeps

    yield Event("Looking for interrupted sweeps", 0, None)
    return unfinished_sweeps()


def _forget(sweep: UnfinishedSweep) -> Work[None]:
    yield Event("Forgetting an interrupted sweep", 0, None)
    sweep.forget()


def _proof(classifier: Classifier, attack: Attack, known: Known) -> Proof:
    """The proof of a classifier's decisions that goes on from what is known of them."""
    from cxr_gui.core.base import device
    from cxr_gui.core.sweep import Proof

    private = copy.deepcopy(classifier).to(device.choose("auto"))
    return replace(Proof.of(private, [attack]), known=known)


def _subgroups(dataset: Dataset, result: SweepResult) -> Work[list[Subgroup]]:
    from cxr_gui.core.sweep import attributes_of_images, subgroups

    known = yield from attributes_of_images(result, dataset)
    return (yield from subgroups(result, known))


def _write_subgroups(found: Sequence[Subgroup], path: Path) -> Work[None]:
    from cxr_gui.core.report import write_subgroups

    yield Event("Writing the subgroups", 0, None)
    write_subgroups(found, path)


def _outcomes(dataset: Dataset, result: SweepResult, at: int | None) -> Work[Outcomes]:
    """What a sweep found out about each record."""
    from cxr_gui.core.sweep import outcomes

    yield Event("Sorting out what was found", 0, None)
    found = outcomes(dataset, result, at)
    _ = found.orders  # kept by it
    return found
