"""Training on the dataset, less what is left out of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from cxr_gui.core.base.progress import Event, Work
from cxr_gui.core.training import RunFolder
from cxr_gui.session.lanes import Lane, Lanes, Service
from cxr_gui.session.state import State
from cxr_gui.session.values import Message

if TYPE_CHECKING:
    from cxr_gui.core.data import Dataset
    from cxr_gui.core.training import Run, TrainConfig
    from cxr_gui.jobs import Job

Result = TypeVar("Result")

OFFER = "The training has ended with the classifier {}. In use is still {}."


class Training(Service):
    """Trains on a private classifier; what comes of it is offered, and takes no other's place by itself."""

    def __init__(self, state: State, lanes: Lanes) -> None:
        super().__init__(state, lanes)
        self._offered: Message | None = None
        state.classifierChanged.connect(self._withdraw)

    def start(self, config: TrainConfig, folder: str | Path, *, resume: bool = False) -> Job | None:
        """Train into a run folder. A stopped training leaves its run, which is opened.

        resume  go on with the run in `folder`
        """
        dataset = self._state.dataset
        if dataset is None:
            self._state.tell("Open a dataset first: there is nothing to train on.", level="warning")
            return None
        folder, config = Path(folder), self.without_excluded(config)
        job = self._lanes.start(
            Lane.TRAINING, lambda: _train(dataset, folder, config, resume=resume), self._take
        )
        job.cancelled.connect(lambda: self._open_stopped(folder))
        return job

    def look(self, make: Callable[[], Work[Result]], done: Callable[[Result], object]) -> Job:
        """Find out what a run folder holds, with the generator that `make` gives."""
        return self._lanes.start(Lane.RUN_FOLDER, make, done)

    def without_excluded(self, config: TrainConfig) -> TrainConfig:
        """The same training less what is left out of the dataset."""
        dataset = self._state.dataset
        if dataset is None:
            return config
        return replace(config, excluded=tuple(sorted(map(dataset.below_root, self._state.excluded))))

    def adopt_excluded(self, config: TrainConfig) -> None:
        """Leave out what a run leaves out, so that it can go on; images of other datasets are passed over."""
        dataset = self._state.dataset
        if dataset is not None:
            paths = map(dataset.in_root, config.excluded)
            self._state.exclude(path for path in paths if path in dataset.columns.places)

    def _open_stopped(self, folder: Path) -> None:
        if RunFolder(folder).best.is_file():
            self._lanes.start(Lane.CLASSIFIER, lambda: _read(folder), self._take)

    def _take(self, run: Run) -> None:
        """Show the run, and offer its classifier; where there is none in use, it is."""
        state = self._state
        self._withdraw()
        state.set_run(run)
        if state.classifier is None:
            self.use(run)
        else:
            words = OFFER.format(run.classifier.name, state.classifier.name)
            self._offered = state.offer(words, ("Use it", lambda: self.use(run)))

    def use(self, run: Run) -> None:
        """Attack a run's classifier from now on."""
        self._state.choose_classifier(run.classifier)

    def _withdraw(self) -> None:
        if self._offered is not None:
            self._state.messageWithdrawn.emit(self._offered)
            self._offered = None


def _train(dataset: Dataset, folder: Path, config: TrainConfig, *, resume: bool) -> Work[Run]:
    yield Event("Loading PyTorch", 0, None)
    from cxr_gui.core.training import train

    return (yield from train(dataset, folder, config, resume=resume))


def _read(folder: Path) -> Work[Run]:
    """Read a run that was finished or stopped."""
    yield Event("Reading the run", 0, None)
    from cxr_gui.core.training import read_run

    return read_run(folder)
