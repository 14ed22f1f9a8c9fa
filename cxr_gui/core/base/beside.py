"""Work that goes on in a thread of its own while other work does."""

from __future__ import annotations

import contextlib
import threading
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import CancelledError, ThreadPoolExecutor, wait
from typing import TypeVar

from cxr_gui.core.base.progress import Event, Work

Result = TypeVar("Result")
SECONDS_BETWEEN_EVENTS = 0.1


@contextlib.contextmanager
def beside(work: Work[Result]) -> Iterator[Callable[[], Work[Result]]]:
    """Begin `work`, and go on. What is given waits for it, tells where it is, and returns or raises its end.

    with beside(audit(dataset)) as audited:
        run = yield from train(...)
        findings = yield from audited()

    Its events before that are not told. Leaving the block closes work that is not done, and waits for that.
    """
    leaving = threading.Event()
    latest: deque[Event] = deque(maxlen=1)

    def drive() -> Result:
        with contextlib.closing(work):
            while not leaving.is_set():
                try:
                    latest.append(next(work))
                except StopIteration as end:
                    result: Result = end.value
                    return result
        raise CancelledError

    with ThreadPoolExecutor(1, thread_name_prefix="beside") as pool:
        future = pool.submit(drive)

        def rest() -> Work[Result]:
            while not wait([future], SECONDS_BETWEEN_EVENTS).done:
                yield from _taken(latest)
            yield from _taken(latest)
            return future.result()

        try:
            yield rest
        finally:
            leaving.set()


def _taken(latest: deque[Event]) -> Iterator[Event]:
    """What is there, once."""
    while latest:
        yield latest.pop()
