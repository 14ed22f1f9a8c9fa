"""The event protocol: every long piece of work is a generator that yields events and returns its result.

The window, the command line and the tests drive the same generators. Between two events the work can
be paused (by not asking for the next one) or cancelled (by closing the generator, whose `finally`
blocks clean up).
"""

from __future__ import annotations

import time
from collections.abc import Callable, Generator
from contextlib import closing
from dataclasses import dataclass
from typing import TypeVar

Result = TypeVar("Result")
Step = TypeVar("Step")


@dataclass(frozen=True)
class Event:
    """Something happened. `done` of `total` steps of `stage` are finished; total None means unknown."""

    stage: str
    done: int
    total: int | None


@dataclass(frozen=True)
class Notice(Event):
    """Something that a person should read, whatever the work comes to; `level` is "warning" or "info"."""

    text: str
    level: str = "warning"


Work = Generator[Event, None, Result]
"""A piece of work that yields events and returns a Result."""


def run(work: Generator[Step, None, Result], on_event: Callable[[Step], object] | None = None) -> Result:
    """Run `work` to its end and return its result, handing each event, or other step, to `on_event`.

    An exception raised by `on_event` (Ctrl-C included) closes the work before it travels on.
    """
    try:
        while True:
            event = next(work)
            if on_event is not None:
                on_event(event)
    except StopIteration as end:
        result: Result = end.value
        return result
    finally:
        work.close()


def changed(work: Work[Result], change: Callable[[Event], Event]) -> Work[Result]:
    """The same work, each of whose events is what `change` makes of it."""
    with closing(work):
        while True:
            try:
                event = next(work)
            except StopIteration as end:
                result: Result = end.value
                return result
            yield change(event)


class Pace:
    """Lets something through at most so many times a second.

    `for i in ...: if pace(): yield Event(...)` keeps fast loops from drowning their listeners.
    """

    def __init__(self, per_second: float = 20.0) -> None:
        self._interval = 1.0 / per_second
        self._next = 0.0

    def __call__(self) -> bool:
        now = time.monotonic()
        if now < self._next:
            return False
        self._next = now + self._interval
        return True


class Clock:
    """Estimates the time left from a moving average of the pace so far; pauses can be taken out."""

    def __init__(self) -> None:
        self._start = time.monotonic()
        self._done = 0

    def restart(self, done: int) -> None:
        """Count from here, for instance after a pause, with `done` steps already finished."""
        self._start, self._done = time.monotonic(), done

    def seconds_left(self, done: int, total: int | None) -> float | None:
        """Seconds until `total`, or None while there is nothing to estimate from."""
        steps = done - self._done
        if total is None or steps <= 0:
            return None
        return (time.monotonic() - self._start) / steps * max(total - done, 0)
