"""How work looks on a terminal: a bar with the time left, or plain lines when nobody watches live."""

from __future__ import annotations

import io
import os
import signal
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from types import FrameType
from typing import TypeVar

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeRemainingColumn

from cxr_gui.core.base import progress
from cxr_gui.core.base.distributed import first
from cxr_gui.core.base.progress import Event, Notice, Work
from cxr_gui.core.training import BatchDone

Result = TypeVar("Result")

SECONDS_BETWEEN_LINES = 10.0


def accept_any_name() -> None:
    """Print what the output's encoding lacks as escapes: a file's name may hold anything."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):  # a program without a terminal has none
            stream.reconfigure(errors="backslashreplace")


class Stopped(KeyboardInterrupt):
    """Ctrl-C, or SIGTERM, which job schedulers send: `number` says which."""

    def __init__(self, number: int) -> None:
        super().__init__()
        self.number = number


class Interrupted(Stopped):
    """The first of them, delivered between two events; `last` is the latest of the work that was stopped."""

    def __init__(self, number: int, last: Event | None) -> None:
        super().__init__(number)
        self.last = last


@contextmanager
def handling(handle: Callable[[int, FrameType | None], object] | signal.Handlers) -> Iterator[None]:
    """While the block runs, `handle` is called at Ctrl-C and at SIGTERM."""
    before = {number: signal.signal(number, handle) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def stop_at_once(number: int, _frame: FrameType | None) -> None:
    """A handler: raises Stopped."""
    raise Stopped(number)


def lost_output() -> str | None:
    """Why standard output, such as a file on a full disk, takes no more, or None; what waits is let go of."""
    try:
        sys.stdout.write("\n")  # where nothing is buffered, nothing waits to be refused again
        sys.stdout.flush()
    except OSError as error:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return error.strerror
    return None


def show(work: Work[Result]) -> Result:
    """Run `work` with its progress on stderr and return its result.

    The first Ctrl-C or SIGTERM stops it cleanly at the next event (raises Interrupted), the second at once.
    """
    watcher: Bar | Lines | Silence = Silence() if not first() else Bar() if sys.stderr.isatty() else Lines()
    last: Event | None = None
    asked = 0

    def handle(number: int, frame: FrameType | None) -> None:
        nonlocal asked
        if asked:
            stop_at_once(number, frame)
        asked = number

    def on_event(event: Event) -> None:
        nonlocal last
        watcher.show(event)
        if isinstance(event, Notice):
            watcher.say(event.text)
        else:
            last = event
        if asked:
            raise Interrupted(asked, last)

    with handling(handle), watcher:
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

    def say(self, text: str) -> None:
        self._progress.console.print(text, markup=False, highlight=False)

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
        self.say(f"{event.stage}{of}{remaining}{', ' + extra if extra else ''}")

    def say(self, text: str) -> None:
        with suppress(OSError):  # no reason to give up the work: what it is for is written elsewhere
            sys.stderr.write(f"{text}\n")
            sys.stderr.flush()

    def __enter__(self) -> Lines:
        return self

    def __exit__(self, *_: object) -> None:
        pass


class Silence:
    """Of several processes at one task only the first speaks."""

    def show(self, event: Event) -> None:
        pass

    def say(self, text: str) -> None:
        pass

    def __enter__(self) -> Silence:
        return self

    def __exit__(self, *_: object) -> None:
        pass


def note(event: Event) -> str:
    """The number worth watching: the loss while training."""
    if not isinstance(event, BatchDone):
        return ""
    speed = event.images_per_second
    return f"loss {event.loss:.4f}" + (f", {speed:.1f} images/s" if speed else "")
