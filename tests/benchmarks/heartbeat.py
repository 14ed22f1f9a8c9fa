"""A heart that beats on the GUI thread, and waiting without stopping it."""

from __future__ import annotations

import time
from collections.abc import Callable

import numpy as np
from PySide6.QtCore import QEventLoop, Qt, QTimer

from tests.support.patience import PATIENCE

HEARTBEAT = 5


class Heart:
    """Ticks on the GUI thread and remembers by how much each tick came late, in milliseconds."""

    def __init__(self) -> None:
        self.gaps: list[float] = []
        self.computed: list[float] = []
        self._last, self._worked = time.perf_counter(), time.thread_time()
        self._timer = QTimer(interval=HEARTBEAT, timerType=Qt.TimerType.PreciseTimer)
        self._timer.timeout.connect(self._beat)
        self._timer.start()

    def clear(self) -> None:
        """Forget what was, and begin from now."""
        self.gaps.clear()
        self.computed.clear()
        self._last, self._worked = time.perf_counter(), time.thread_time()

    def _beat(self) -> None:
        now = time.perf_counter()
        self.gaps.append((now - self._last) * 1000 - HEARTBEAT)
        worked = time.thread_time()
        self.computed.append((worked - self._worked) * 1000)
        self._last, self._worked = now, worked


def wait_until(true: Callable[[], bool]) -> None:
    """Run the event loop until `true()`; give up after two minutes."""
    loop, start = QEventLoop(), time.perf_counter()
    poll = QTimer(interval=1, timerType=Qt.TimerType.PreciseTimer)
    poll.timeout.connect(lambda: loop.quit() if true() else None)
    poll.start()
    deadline = QTimer(interval=PATIENCE, singleShot=True)
    deadline.timeout.connect(loop.quit)
    deadline.start()
    loop.exec()
    if not true():
        raise SystemExit(f"nothing happened for {time.perf_counter() - start:.0f} s")


def percentile(milliseconds: list[float]) -> float:
    """The 99th."""
    return float(np.percentile(milliseconds, 99))


def summary(milliseconds: list[float]) -> str:
    return f"worst {max(milliseconds):.1f} ms, 99th percentile {percentile(milliseconds):.1f} ms"
