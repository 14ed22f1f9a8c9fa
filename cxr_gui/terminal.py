"""How work looks on a terminal: a bar with the time left, or plain lines when nobody watches live."""

from __future__ import annotations

import io
import signal
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import TypeVar

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeRemainingColumn

from cxr_gui.core import progress
from cxr_gui.core.distributed import first
from cxr_gui.core.progress import Event, Work

Result = TypeVar("Result")

SECONDS_BETWEEN_LINES = 10.0


def accept_any_name() -> None:
    """Print what the output's encoding lacks as escapes: a file's name may hold anything."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):  # a program without a terminal has none
            stream.reconfigure(errors="backslashreplace")


class Interrupted(KeyboardInterrupt):
    """Ctrl-C, delivered between two events; `last` is the latest event of the work that was stopped."""

    def __init__(self, last: Event | None) -> None:
        super().__init__()
        self.last = last


def show(work: Work[Result]) -> Result:
    """Run `work` with its progress on stderr and return its result.

    The first Ctrl-C stops it cleanly at the next event (raises Interrupted), the second at once.
    """
    watcher: Bar | Lines | Silence = Silence() if not first() else Bar() if sys.stderr.isatty() else Lines()
    last: Event | None = None
    with _between_events() as stop_requested, watcher:

        def on_event(event: Event) -> None:
            nonlocal last
            last = event
            watcher.show(event)
            if stop_requested():
                raise Interrupted(last)

        return progress.run(work, on_event)


class Bar:
    """One bar a stage, with done, total and the time left."""

    def __init__(self) -> None:
        self._progress = Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TimeRemainingColumn(),
            TextColumn("{task.fields[note]}"),
            console=Console(stderr=True),
        )
        self._stage: str | None = None
        self._task = TaskID(0)

    def show(self, event: Event) -> None:
        if event.stage != self._stage:
            self._stage = event.stage
            self._task = self._progress.add_task(event.stage, total=event.total, note="")
        self._progress.update(self._task, completed=event.done, total=event.total, note=note(event))

    def __enter__(self) -> Bar:
        self._progress.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        if kind is None:
            for task in self._progress.tasks:
                if task.total:
                    self._progress.update(task.id, completed=task.total)
        self._progress.stop()


class Lines:
    """A line when a stage begins and every ten seconds, for logs and pipes."""

    def __init__(self) -> None:
        self._stage: str | None = None
        self._next = 0.0
        self._clock = progress.Clock()

    def show(self, event: Event) -> None:
        now = time.monotonic()
        if event.stage != self._stage:
            self._stage = event.stage
            self._clock.restart(event.done)
        elif now < self._next:
            return
        self._next = now + SECONDS_BETWEEN_LINES
        of = f" {event.done}/{event.total}" if event.total else ""
        left = self._clock.seconds_left(event.done, event.total)
        remaining = f", {left:.0f} s left" if left is not None else ""
        extra = note(event)
        sys.stderr.write(f"{event.stage}{of}{remaining}{', ' + extra if extra else ''}\n")
        sys.stderr.flush()

    def __enter__(self) -> Lines:
        return self

    def __exit__(self, *_: object) -> None:
        pass


class Silence:
    """Of several processes at one task only the first speaks."""

    def show(self, event: Event) -> None:
        pass

    def __enter__(self) -> Silence:
        return self

    def __exit__(self, *_: object) -> None:
        pass


def note(event: Event) -> str:
    """The number worth watching: the loss while training."""
    loss = getattr(event, "loss", None)
    speed = getattr(event, "images_per_second", None)
    if loss is None:
        return ""
    return f"loss {loss:.4f}" + (f", {speed:.1f} images/s" if speed else "")


@contextmanager
def _between_events() -> Iterator[Callable[[], bool]]:
    """Turn the first Ctrl-C into a wish that is granted at the next event."""
    requested = False

    def handle(_number: int, _frame: FrameType | None) -> None:
        nonlocal requested
        if requested:
            raise KeyboardInterrupt
        requested = True

    before = signal.signal(signal.SIGINT, handle)
    try:
        yield lambda: requested
    finally:
        signal.signal(signal.SIGINT, before)
