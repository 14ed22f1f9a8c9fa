"""What is queued, and how far each of it has come, in a file that is whole at any moment. Free of torch."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from threading import RLock
from typing import Any, Literal

from platformdirs import user_data_dir

from cxr_gui.core.base.cache import temporary_folder
from cxr_gui.core.base.errors import OutputError, SettingsError, TrainingError
from cxr_gui.core.base.files import exists, locked, read_json, write_json
from cxr_gui.core.base.own_folder import own_folder

FORMAT = "cxr-gui queue 1"

VARIABLE = "CXR_QUEUE"
"""The environment variable that names another file for a person's queue."""

CHANGE_SECONDS = 5.0
"""How long one waits for another process to have made its change."""

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


def job_name(*words: object) -> str:
    """A name for a job, and for its folder."""
    return re.sub(r"[^\w.+-]+", "-", "-".join(str(word) for word in words)).strip("-.")


def own_queue() -> Path:
    """Where the queue of a person's windows is kept; for who has no home, only until this process ends."""
    if named := os.environ.get(VARIABLE):
        return Path(named)
    return (own_folder(user_data_dir) or temporary_folder()) / "queue.json"


@dataclass(frozen=True)
class _Document:
    format: str
    jobs: tuple[QueuedJob, ...] = field(default=())


class Queue:
    """Jobs in their order, kept in `path`. Every change is on the disk when the call returns.

    Whoever works on it and whoever changes it may be different threads or processes: each change is made to
    what is on the disk. Raises OutputError where it cannot be written, SettingsError where the file is no
    queue any more; then it is what it was.
    """

    def __init__(self, path: Path, jobs: Iterable[QueuedJob] = ()) -> None:
        self.path = path
        self.jobs = tuple(jobs)
        self._one_at_a_time = RLock()

    @classmethod
    def read(cls, path: Path) -> Queue:
        """The queue in `path`; an empty one where there is no file. Raises SettingsError when it is none."""
        queue = cls(path)
        queue.refresh()
        return queue

    def refresh(self) -> None:
        """Have the jobs as they are on the disk, if there are any. Raises SettingsError."""
        if not exists(self.path):
            return
        try:
            said = read_json(self.path, _Document)
            if said.format != FORMAT:
                raise ValueError(f"its format is {said.format!r:.40}")
        except (OSError, ValueError) as error:
            hint = "Delete it to begin anew, or choose another folder."
            raise SettingsError(f"is no queue ({error}).", where=self.path, hint=hint) from error
        self.jobs = said.jobs

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Hold the queue for this process. Raises TrainingError when another one works on it."""
        busy = TrainingError("is being worked on by another process.", where=self.path, hint="Wait for it.")
        with locked(self.path.with_suffix(".lock"), busy):
            yield

    def begin_next(self) -> QueuedJob | None:
        """The first job that waits, which runs from now on."""
        with self._changing():
            job = next((job for job in self.jobs if job.state == "waiting"), None)
            if job is not None:
                self._write(replace(each, state="running") if each is job else each for each in self.jobs)
        return job

    def begin_again(self, *, failed: bool = True) -> None:
        """Let what was running when its process was killed, and what failed, wait once more."""
        again = ("running", "failed") if failed else ("running",)
        self._change(lambda job: [replace(job, state="waiting", problem="") if job.state in again else job])

    def update(self, name: str, **changes: Any) -> None:
        """Change the fields of a job."""
        self._change(lambda job: [replace(job, **changes) if job.name == name else job])

    def take(self, jobs: Iterable[QueuedJob]) -> None:
        """Have exactly these jobs; those that are there already, with the same options, keep their state."""
        with self._changing():
            known = {(job.name, repr(job.options)): job for job in self.jobs}
            self._write(known.get((job.name, repr(job.options)), job) for job in jobs)

    def add(self, *jobs: QueuedJob) -> None:
        """Add jobs at the end. Raises SettingsError where there is one of a name."""
        with self._changing():
            names = [job.name for job in (*self.jobs, *jobs)]
            twice = {name for name in names if names.count(name) > 1}
            if twice:
                raise SettingsError(f"There is a job '{min(twice)}' already.", hint="Choose another name.")
            self._write([*self.jobs, *jobs])

    def remove(self, *names: str) -> None:
        """Take jobs out, unless they run."""
        self._change(lambda job: [] if job.name in names and job.state != "running" else [job])

    def move(self, name: str, place: int) -> None:
        """Put a job at a place from 0 on."""
        with self._changing():
            others = [job for job in self.jobs if job.name != name]
            moved = [job for job in self.jobs if job.name == name]
            self._write([*others[:place], *moved, *others[place:]])

    def _change(self, change: Callable[[QueuedJob], list[QueuedJob]]) -> None:
        """Put what `change` makes of each job in its place."""
        with self._changing():
            self._write(each for job in self.jobs for each in change(job))

    @contextmanager
    def _changing(self) -> Iterator[None]:
        """Alone with what is on the disk."""
        busy = OutputError("is being changed by another process.", where=self.path, hint="Try it again.")
        with self._one_at_a_time, locked(self.path.with_suffix(".change.lock"), busy, CHANGE_SECONDS):
            self.refresh()
            yield

    def _write(self, jobs: Iterable[QueuedJob]) -> None:
        jobs = tuple(jobs)
        write_json(self.path, {"format": FORMAT, "jobs": [asdict(job) for job in jobs]})
        self.jobs = jobs
