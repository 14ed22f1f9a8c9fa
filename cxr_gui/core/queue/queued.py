"""What is queued, and how far each of it has come, in a file that is whole at any moment. Free of torch."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from threading import RLock
from typing import Any, Literal

from cxr_gui.core.base.errors import SettingsError, TrainingError
from cxr_gui.core.base.files import locked, read_json, write_json

FORMAT = "cxr-gui queue 1"

State = Literal["waiting", "running", "done", "failed"]
Kind = Literal["train", "sweep"]


@dataclass(frozen=True)
class QueuedJob:
    """A training or a sweep.

    name      what it is called; no two in a queue are alike
    options   what to do, in plain values, see `jobs_of`
    problem   why it failed, in words           seconds  that it has taken
    """

    name: str
    kind: Kind
    options: dict[str, Any]
    state: State = "waiting"
    problem: str = ""
    seconds: float = 0.0

    @property
    def open(self) -> bool:
        """Whether there is something left to do: what failed is tried again when the queue is run anew."""
        return self.state != "done"


@dataclass(frozen=True)
class _Document:
    format: str
    jobs: tuple[QueuedJob, ...] = field(default=())


class Queue:
    """Jobs in their order, kept in `path`. Every change is on the disk when the call returns.

    Whoever works on it and whoever changes it may be different threads. Raises OutputError where it cannot be
    written; then it is what it was.
    """

    def __init__(self, path: Path, jobs: Iterable[QueuedJob] = ()) -> None:
        self.path = path
        self.jobs = tuple(jobs)
        self._one_at_a_time = RLock()

    @classmethod
    def read(cls, path: Path) -> Queue:
        """The queue in `path`; an empty one where there is no file. Raises SettingsError when it is none."""
        if not path.exists():
            return cls(path)
        try:
            said = read_json(path, _Document)
            if said.format != FORMAT:
                raise ValueError(f"its format is {said.format!r:.40}")
        except (OSError, ValueError) as error:
            hint = "Delete it to begin anew, or choose another folder."
            raise SettingsError(f"is no queue ({error}).", where=path, hint=hint) from error
        return cls(path, said.jobs)

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Hold the queue for this process. Raises TrainingError when another one works on it."""
        busy = TrainingError("is being worked on by another process.", where=self.path, hint="Wait for it.")
        with locked(self.path.with_suffix(".lock"), busy):
            yield

    def begin_next(self) -> QueuedJob | None:
        """The first job that waits, which runs from now on."""
        with self._one_at_a_time:
            job = next((job for job in self.jobs if job.state == "waiting"), None)
            if job is not None:
                self.update(job.name, state="running")
        return job

    def begin_again(self) -> None:
        """Let what was running when its process was killed, and what failed, wait once more."""
        self._change(lambda job: [replace(job, state="waiting", problem="") if job.open else job])

    def update(self, name: str, **changes: Any) -> None:
        """Change the fields of a job."""
        self._change(lambda job: [replace(job, **changes) if job.name == name else job])

    def take(self, jobs: Iterable[QueuedJob]) -> None:
        """Have exactly these jobs; those that are there already, with the same options, keep their state."""
        with self._one_at_a_time:
            known = {(job.name, repr(job.options)): job for job in self.jobs}
            self._write(known.get((job.name, repr(job.options)), job) for job in jobs)

    def add(self, job: QueuedJob) -> None:
        """Add a job at the end. Raises SettingsError where there is one of its name."""
        with self._one_at_a_time:
            if any(job.name == other.name for other in self.jobs):
                raise SettingsError(f"There is a job '{job.name}' already.", hint="Choose another name.")
            self._write([*self.jobs, job])

    def remove(self, name: str) -> None:
        """Take a job out, unless it runs."""
        self._change(lambda job: [] if job.name == name and job.state != "running" else [job])

    def move(self, name: str, place: int) -> None:
        """Put a job at a place from 0 on."""
        with self._one_at_a_time:
            others = [job for job in self.jobs if job.name != name]
            moved = [job for job in self.jobs if job.name == name]
            self._write([*others[:place], *moved, *others[place:]])

    def _change(self, change: Callable[[QueuedJob], list[QueuedJob]]) -> None:
        """Put what `change` makes of each job in its place."""
        with self._one_at_a_time:
            self._write(each for job in self.jobs for each in change(job))

    def _write(self, jobs: Iterable[QueuedJob]) -> None:
        jobs = tuple(jobs)
        write_json(self.path, {"format": FORMAT, "jobs": [asdict(job) for job in jobs]})
        self.jobs = jobs
