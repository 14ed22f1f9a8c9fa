"""Runners: one thread each, one job at a time; new work for a runner takes the place of the old."""

from __future__ import annotations

import atexit
import os
import sys
import threading
import time
from collections.abc import Callable
from typing import ClassVar

from PySide6.QtCore import QDeadlineTimer, QObject, QThread

from cxr_gui.core.base import memory
from cxr_gui.jobs.job import Job, Make

LONG = 2.0
"""Seconds after which a job counts as long: the memory it has freed is given back to the system."""

NICENESS = 5
"""Of patient runners on Linux, which ignores Qt's thread priorities: a third of the share of the others."""


class Runner(QObject):
    """A thread that runs the latest job it was given.

    Submitting cancels what runs and what waits; so of many quick requests only the last is computed.
    A patient one lets the window and the other runners have the processor first.
    """

    def __init__(self, name: str, parent: QObject | None = None, *, patient: bool = False) -> None:
        super().__init__(parent)
        self.name = name
        self._thread = _Thread(name, patient)
        self._current: Job | None = None
        self._closed = False

    @property
    def job(self) -> Job | None:
        """The job that runs or waits now, if any."""
        return self._current if self._current is not None and self._current.running else None

    def submit(self, make: Make) -> Job:
        """Run the generator that `make()` returns; both are called on its thread.

        On a closed runner the job is cancelled before it begins: closing must not start anything again.
        """
        self.cancel()
        job = Job(self.name, make)
        self._current = job
        if self._closed:
            job.cancel()
            job.run()
        else:
            self._thread.put(job)
        return job

    def cancel(self) -> None:
        if self._current is not None:
            self._current.cancel()

    def close(self) -> None:
        """Cancel, and let the thread end after what it is doing."""
        self.cancel()
        self._closed = True
        self._thread.put(None)

    def wait(self, milliseconds: int) -> bool:
        """After `close`: True when the thread has ended within the time."""
        return self._thread.wait(milliseconds)


class Runners(QObject):
    """Runners by name, made when first needed; `patient` says of a name whether they are.

    Under one name there are as many as are asked for: `runners[name]` is the first.
    """

    def __init__(
        self, parent: QObject | None = None, *, patient: Callable[[str], bool] = lambda _: False
    ) -> None:
        super().__init__(parent)
        self._runners: dict[str, list[Runner]] = {}
        self._patient = patient

    def __getitem__(self, name: str) -> Runner:
        return self.first(name, 1)[0]

    def first(self, name: str, count: int) -> list[Runner]:
        """So many of one name, for work that goes on side by side."""
        known = self._runners.setdefault(name, [])
        while len(known) < count:
            known.append(Runner(name, self, patient=self._patient(name)))
        return known[:count]

    def idle(self, name: str) -> Runner:
        """One of that name on which nothing runs: new work would take the place of the old."""
        known = self._runners.get(name, [])
        return next(runner for runner in self.first(name, len(known) + 1) if runner.job is None)

    def running(self) -> list[Job]:
        return [runner.job for runner in self._all() if runner.job is not None]

    def close(self, milliseconds: int = 5000) -> bool:
        """Ask all work to stop and wait at most that long; False when some is still cleaning up."""
        for runner in self._all():
            runner.close()
        deadline = QDeadlineTimer(milliseconds)
        return all(runner.wait(max(deadline.remainingTime(), 1)) for runner in self._all())

    def _all(self) -> list[Runner]:
        return [runner for known in self._runners.values() for runner in known]


class _Thread(QThread):
    """Runs jobs one after another until it is given None. Never terminated from outside."""

    _alive: ClassVar[set[_Thread]] = set()  # a QThread must outlive its run, whoever forgets it

    def __init__(self, name: str, patient: bool) -> None:
        super().__init__()
        self.setObjectName(name)
        self._patient = patient
        self._jobs: list[Job | None] = []
        self._condition = threading.Condition()
        self.finished.connect(self._forget)

    def put(self, job: Job | None) -> None:
        with self._condition:
            self._jobs.append(job)
            self._condition.notify()
        if not self.isRunning() and job is not None:
            _Thread._alive.add(self)
            self.start(self.Priority.LowPriority if self._patient else self.Priority.InheritPriority)

    def _forget(self) -> None:
        _Thread._alive.discard(self)

    def run(self) -> None:
        if self._patient:
            _give_way()
        while True:
            with self._condition:
                self._condition.wait_for(lambda: bool(self._jobs))
                job = self._jobs.pop(0)
            if job is None:
                return
            began = time.monotonic()
            job.run()
            job = None
            if time.monotonic() - began > LONG:
                memory.give_back()


def _give_way() -> None:
    """On Linux, where niceness is a thread's own, and those it starts (PyTorch's) inherit it."""
    if sys.platform == "linux":
        thread = threading.get_native_id()
        now = os.getpriority(os.PRIO_PROCESS, thread)
        os.setpriority(os.PRIO_PROCESS, thread, max(now, NICENESS))


@atexit.register
def _end_all() -> None:
    """A QThread destroyed while it runs aborts the process, so all of them end before it does."""
    for job in list(Job._kept):
        job.cancel()
    for thread in list(_Thread._alive):
        thread.put(None)
        thread.wait()
