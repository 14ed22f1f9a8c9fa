"""Work whose every step a test decides, and a record of all that a job says."""

from __future__ import annotations

import threading
from collections.abc import Generator
from typing import Any

from cxr_gui.core.base.progress import Event
from cxr_gui.jobs.job import Job
from tests.support.patience import SOON


class Steps:
    """A generator of `count` events that waits for `allow` before each; counts what it did."""

    def __init__(self, count: int, *, held: bool = True) -> None:
        self.count = count
        self.made = 0
        self.begun = threading.Event()
        self.cleaned = threading.Event()
        self.thread: int | None = None
        self._gate = threading.Semaphore(0 if held else count + 1)

    def allow(self, steps: int = 1) -> None:
        self._gate.release(steps)

    def __call__(self) -> Generator[Event, None, Any]:
        self.thread = threading.get_ident()
        self.begun.set()
        try:
            for step in range(self.count):
                assert self._gate.acquire(timeout=SOON / 1000)
                self.made = step + 1
                yield Event("Counting", step + 1, self.count)
            return "all"
        finally:
            self.cleaned.set()


class Record:
    """Everything a job emitted, in order, as (signal, value) pairs; and the thread it arrived on."""

    def __init__(self, job: Job) -> None:
        self.said: list[tuple[str, Any]] = []
        self.threads: set[int] = set()
        job.events.connect(lambda events: self._note("events", events))
        job.done.connect(lambda value: self._note("done", value))
        job.failed.connect(lambda error: self._note("failed", error))
        job.cancelled.connect(lambda: self._note("cancelled", None))
        job.ended.connect(lambda: self._note("ended", None))

    def _note(self, signal: str, value: Any) -> None:
        self.said.append((signal, value))
        self.threads.add(threading.get_ident())

    @property
    def endings(self) -> list[str]:
        return [signal for signal, _ in self.said if signal in ("done", "failed", "cancelled")]

    @property
    def steps(self) -> list[int]:
        return [event.done for signal, events in self.said if signal == "events" for event in events]

    def value(self, signal: str) -> Any:
        return next(value for name, value in self.said if name == signal)
