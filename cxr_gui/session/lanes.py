"""Where work runs: a lane for each kind of it. New work for a lane takes the place of the old."""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum
from typing import TypeVar

from PySide6.QtCore import QObject

from cxr_gui.core.base.progress import Event, Notice, Work
from cxr_gui.jobs import Job, Runners, Thumbnails
from cxr_gui.session.state import State

Result = TypeVar("Result")


class Lane(StrEnum):
    """The kinds of work; each is its name.

    words      said in the status bar until the first event; a lane without any is nobody's business
    patient    what is on screen, and whoever moves the slider, comes first
    stoppable  whether somebody may stop it
    """

    words: str
    patient: bool
    stoppable: bool

    def __new__(cls, name: str, words: str = "", *traits: str) -> Lane:
        lane = str.__new__(cls, name)
        lane._value_ = name
        lane.words, lane.patient, lane.stoppable = words, "patient" in traits, "must end" not in traits
        return lane

    CATALOG = "catalog", "Loading PyTorch", "must end"
    DATASET = "dataset", "Opening the dataset"
    CLASSIFIER = "classifier", "Opening the classifier"
    RADIOGRAPH = "radiograph", "Reading the radiograph"
    RESULTS = "results", "Reading results"
    DOWNLOAD = "download", "Downloading", "patient"
    AUDIT = "audit", "Auditing", "patient"
    EXPORT = "export", "Exporting", "patient"
    FILE_CHECK = "file check", "Trying the files"
    INSPECTION = "inspection", "Attacking the radiograph"
    TRACE = "trace", "Tracing the probability over epsilon"
    PROOF = "proof", "Looking for the certified radius", "patient"
    PLAUSIBLE = "plausible film", "Looking for the worst plausible film", "patient"
    EXPLANATION = "explanation", "Explaining"
    JUDGING = "judging", "Judging images", "patient"
    SWEEP = "sweep", "Sweeping", "patient"
    UNFINISHED = "unfinished", "", "patient"
    SHIFTS = "shifts", "Shifting", "patient"
    OUTCOMES = "outcomes", "Sorting out what was found", "patient"
    SUBGROUPS = "subgroups", "Comparing subgroups", "patient"
    TRAINING = "training", "Training", "patient"
    QUEUE = "queue", "Queue", "patient"
    RUN_FOLDER = "run folder", "Looking into the run folder"
    RUNS = "runs", "Looking for runs", "patient"
    RUN_COMPARISON = "run comparison", "Comparing runs", "patient"
    THUMBNAILS = "thumbnails", "", "patient"
    TIDYING = "tidying", "", "patient"


class Lanes:
    """The session's lanes. What goes wrong on one is told, and the state says what has begun.

    closing  whether what is stopped is stopped because the program ends
    """

    def __init__(self, state: State) -> None:
        self._state = state
        self.closing = False
        self._runners = Runners(state, patient=lambda name: Lane(name).patient)

    def start(
        self,
        lane: Lane,
        make: Callable[[], Work[Result]],
        done: Callable[[Result], object] | None = None,
        *,
        beside: bool = False,
    ) -> Job:
        """Run the generator that `make` gives on a lane, and hand its result to `done` on the GUI thread.

        beside  next to what runs there, rather than in its place
        """
        runner = self._runners.idle(lane) if beside else self._runners[lane]
        job = runner.submit(make)
        job.events.connect(self._tell_notices)
        if done is not None:
            job.done.connect(done)
        job.failed.connect(self._state.tell_error)
        self._state.jobStarted.emit(job)
        return job

    def job(self, lane: Lane) -> Job | None:
        """What runs or waits on a lane now."""
        return self._runners[lane].job

    def cancel(self, lane: Lane) -> None:
        """Stop what runs on a lane."""
        self._runners[lane].cancel()

    def running(self) -> list[Job]:
        """What runs on any."""
        return self._runners.running()

    def thumbnails(self, size: int, parent: QObject) -> Thumbnails:
        """Thumbnails of at most `size` pixels, read on the lanes for that."""
        return Thumbnails(self._runners, Lane.THUMBNAILS, size=size, parent=parent)

    def close(self, milliseconds: int) -> bool:
        """Stop all work; False when some is still cleaning up after that time."""
        self.closing = True
        return self._runners.close(milliseconds)

    def _tell_notices(self, events: list[Event]) -> None:
        for event in events:
            if isinstance(event, Notice):
                self._state.tell(event.text, level=event.level)


class Service(QObject):
    """Runs work on lanes, and writes what it came to into the state, on the GUI thread."""

    def __init__(self, state: State, lanes: Lanes) -> None:
        super().__init__(state)
        self._state, self._lanes = state, lanes
