"""A person's queue: trainings and sweeps one after another, whatever the window shows meanwhile."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from PySide6.QtCore import Signal

from cxr_gui.core.base.errors import TrainingError
from cxr_gui.core.base.progress import Event, Work
from cxr_gui.core.queue import Queue, QueuedJob, make_job, own_queue
from cxr_gui.session.lanes import Lane, Lanes, Service
from cxr_gui.session.state import State

if TYPE_CHECKING:
    from cxr_gui.core.queue import QueueProgress
    from cxr_gui.jobs import Job


@dataclass(frozen=True)
class Draft:
    """What is to be queued under some such name; options as of `train_options` or `sweep_options`."""

    kind: Literal["train", "sweep"]
    name: str
    options: dict[str, Any]


class Queueing(Service):
    """One queue for all windows of a person, worked on by one of them at a time, and only when told to.

    Changes are made on a thread of its own, not a lane: none is given up for what comes after it.

    folder   where the results of what is queued from now on go: runs/NAME and sweeps/NAME
    latest   how far the job at work is, as far as it has said so
    """

    changed = Signal()  # jobs, or whether it is worked on
    advanced = Signal(object)  # QueueProgress
    added = Signal(tuple)  # QueuedJobs
    jobEnded = Signal(QueuedJob)  # done or failed
    ended = Signal(tuple)  # all jobs, when there is nothing left to do, or it was enough
    found = Signal(tuple)  # QueuedJobs that are left of an earlier time, and nobody works on

    _answered = Signal(object)
    _failed = Signal(object)  # WorkbenchError

    def __init__(self, state: State, lanes: Lanes) -> None:
        super().__init__(state, lanes)
        self.folder = Path()
        self.latest: QueueProgress | None = None
        self._queue = Queue(own_queue())
        self._enough = False
        self._writer = ThreadPoolExecutor(1, "queue")
        self._answered.connect(self._answer)
        self._failed.connect(state.tell_error)

    # -- what is in it -----------------------------------------------------------------------------------

    @property
    def jobs(self) -> tuple[QueuedJob, ...]:
        """All jobs, as they were when they were last looked at."""
        return self._queue.jobs

    def look(self) -> None:
        """See what other windows have changed."""
        self._change(Queue.refresh)

    def look_for_unfinished(self) -> None:
        """Say what is left of an earlier time, if anything is and no other window works on it."""
        self._change(_unfinished, lambda left: self.found.emit(left) if left else None)

    def add(self, drafts: Sequence[Draft]) -> None:
        """Put jobs at the end, each under a name of its own."""
        folder = self.folder

        def put(queue: Queue) -> tuple[QueuedJob, ...]:
            queue.refresh()
            jobs: list[QueuedJob] = []
            for draft in drafts:
                others = [*queue.jobs, *jobs]
                jobs.append(make_job(draft.kind, draft.name, draft.options, folder, others))
            queue.add(*jobs)
            return tuple(jobs)

        self._change(put, self.added.emit)

    def remove(self, names: Sequence[str]) -> None:
        """Take jobs out, unless they run; what they have written stays."""
        self._change(lambda queue: queue.remove(*names))

    def move(self, name: str, place: int) -> None:
        """Put a job at a place from 0 on."""
        self._change(lambda queue: queue.move(name, place))

    def try_again(self, name: str) -> None:
        """Let what failed, or is done, wait once more."""
        self._change(lambda queue: queue.update(name, state="waiting", problem=""))

    def close(self) -> None:
        """Wait until all is written, which takes no longer than the disk."""
        self._writer.shutdown()

    # -- working on it -----------------------------------------------------------------------------------

    @property
    def job(self) -> Job | None:
        """What works on it, in this window."""
        return self._lanes.job(Lane.QUEUE)

    @property
    def ends_after_this(self) -> bool:
        """Whether it was told to end after the job at work."""
        return self._enough

    def start(self) -> None:
        """Do what waits, what was interrupted and what failed before."""
        self.end_after_this(False)
        if self.job is None:
            job = self._lanes.start(Lane.QUEUE, self._work, self.ended.emit)
            job.events.connect(self._take)
            job.ended.connect(self._rest)
            self.changed.emit()

    def end_after_this(self, enough: bool) -> None:
        """Begin no other job after the one at work; or go on after all."""
        self._enough = enough
        self.changed.emit()

    def stop(self) -> None:
        """Interrupt what is at work, which goes on from there when the queue does."""
        if self.job is not None:
            self.job.cancel()

    def _work(self) -> Work[tuple[QueuedJob, ...]]:
        yield Event("Loading PyTorch", 0, None)
        from cxr_gui.core.queue import run_queue

        return (yield from run_queue(self._queue, lambda: self._enough))

    def _take(self, events: list[Event]) -> None:
        from cxr_gui.core.queue import QueueProgress  # it is there: an event has come

        told = [event for event in events if isinstance(event, QueueProgress)]
        for event in told:
            before, self.latest = self.latest, event
            if event.inner is None:
                self._state.folderUsed.emit(str(Path(event.job.options["out"]).parent))
                self.jobEnded.emit(event.job)
            if event.inner is None or before is None or before.job.name != event.job.name:
                self.changed.emit()
        if told:
            self.advanced.emit(told[-1])

    def _rest(self) -> None:
        self.latest = None
        self._enough = False
        if not self._lanes.closing:
            self.look()

    # -- inside ------------------------------------------------------------------------------------------

    def _change(self, change: Callable[[Queue], Any], done: Callable[[Any], object] = lambda _: None) -> None:
        """Change the queue off the GUI thread, and say so on it."""

        def deliver(future: Future[Any]) -> None:
            if (error := future.exception()) is not None:
                self._failed.emit(error)
            else:
                self._answered.emit(partial(done, future.result()))

        self._writer.submit(change, self._queue).add_done_callback(deliver)

    def _answer(self, tell: Callable[[], object]) -> None:
        self.changed.emit()
        tell()


def _unfinished(queue: Queue) -> tuple[QueuedJob, ...]:
    """The jobs that are left to do, in a queue that nobody works on."""
    queue.refresh()
    left = tuple(job for job in queue.jobs if job.open)
    if not any(job.state in ("waiting", "running") for job in left):
        return ()
    try:
        with queue.locked():
            queue.begin_again(failed=False)
    except TrainingError:  # another window is at it
        return ()
    return left
