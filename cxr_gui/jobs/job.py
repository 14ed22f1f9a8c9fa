"""One piece of core's work on its way: events while it runs, then exactly one of done, failed, cancelled."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Generator
from typing import Any, ClassVar

from PySide6.QtCore import SIGNAL, QMetaMethod, QObject, QTimer, Signal

from cxr_gui.core.base.progress import Event

Make = Callable[[], Generator[Event, None, Any]]

INHERITED = QObject().metaObject().methodCount()
"""The methods of a job before this are QObject's, its signal `destroyed` among them."""
A_LITTLE = 1000
"""Milliseconds that a job is kept after it has settled."""


class Job(QObject):
    """Runs a generator on a runner's thread; all its signals arrive on the thread that made it.

    However fast events come, they are delivered in lists, one delivery at a time, so a fast training
    cannot flood the event loop. After `cancel` nothing but `cancelled` (or `failed`, when cleaning up
    went wrong) arrives, even if the work had just finished.
    """

    events = Signal(list)
    done = Signal(object)
    failed = Signal(object)
    cancelled = Signal()
    ended = Signal()
    paused = Signal(bool)

    _waiting = Signal()
    _settled = Signal(str, object)

    # A QObject must not be destroyed on the runner's thread, whose reference can be the last one: jobs are
    # kept until they have settled, and a little longer.
    _kept: ClassVar[set[Job]] = set()

    def __init__(self, name: str, make: Make) -> None:
        super().__init__()
        self.name = name
        self.outcome: str | None = None
        self._make = make
        self._go = threading.Event()
        self._go.set()
        self._cancel = threading.Event()
        self._inbox: deque[Event] = deque()
        self._notified = threading.Event()
        self._waiting.connect(self._deliver)
        self._settled.connect(self._settle)
        Job._kept.add(self)

    @property
    def running(self) -> bool:
        """True until one of done, failed or cancelled was emitted."""
        return self.outcome is None

    @property
    def is_paused(self) -> bool:
        return self.running and not self._go.is_set()

    def pause(self) -> None:
        """Hold before the next step. What is being computed is finished first."""
        if self.running:
            self._go.clear()
            self.paused.emit(True)

    def resume(self) -> None:
        self._go.set()
        self.paused.emit(False)

    def cancel(self) -> None:
        """Ask the work to stop at its next event; its clean-up still runs."""
        self._cancel.set()
        self._go.set()

    def run(self) -> None:
        """The runner's thread calls this, once."""
        outcome, value = self._drive()
        del self._make  # the job is kept a little longer; what it worked on, a classifier perhaps, is not
        self._settled.emit(outcome, value)

    def _drive(self) -> tuple[str, object]:
        if self._cancel.is_set():
            return "cancelled", None
        try:
            work = self._make()
            while True:
                self._go.wait()
                if self._cancel.is_set():
                    work.close()
                    return "cancelled", None
                try:
                    event = next(work)
                except StopIteration as end:
                    return "done", end.value
                self._inbox.append(event)
                if not self._notified.is_set():
                    self._notified.set()
                    self._waiting.emit()
        except Exception as error:  # noqa: BLE001  the thread's edge: every failure must reach the window
            return "failed", error

    def _deliver(self) -> None:
        self._notified.clear()
        batch: list[Event] = []
        while self._inbox:
            batch.append(self._inbox.popleft())
        if batch and not self._cancel.is_set():
            self.events.emit(batch)

    def _settle(self, outcome: str, value: object) -> None:
        self._deliver()
        if outcome == "done" and self._cancel.is_set():
            outcome = "cancelled"
        self.outcome = outcome
        if outcome == "done":
            self.done.emit(value)
        elif outcome == "failed":
            self.failed.emit(value)
        else:
            self.cancelled.emit()
        self.ended.emit()
        QTimer.singleShot(A_LITTLE, self, self._let_go)

    def _let_go(self) -> None:
        """Of itself and of who listened: a slot that knows its job would keep both, with what was computed,
        for ever, for Python's garbage collector does not see what Qt holds.
        """
        Job._kept.discard(self)
        kind = self.metaObject()
        for method in map(kind.method, range(INHERITED, kind.methodCount())):
            if method.methodType() == QMetaMethod.MethodType.Signal:
                signal = SIGNAL(bytes(method.methodSignature().data()).decode())
                QObject.disconnect(self, signal, None, None)  # type: ignore[call-overload]  # from everybody
