"""Work for a queue that is done when a test says so."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from cxr_gui.core.base.errors import TrainingError
from cxr_gui.core.base.progress import Event, Work
from cxr_gui.core.queue import running

TICK = 0.01


class QueueWork:
    """Each job waits until it may go; those called `broken` fail."""

    def __init__(self) -> None:
        self.begun: list[str] = []
        self._may_go = threading.Event()

    def let_all_go(self) -> None:
        self._may_go.set()

    def hold(self) -> None:
        self._may_go.clear()

    def __call__(self, options: Mapping[str, Any]) -> Work[None]:
        name = Path(options["out"]).name
        self.begun.append(name)
        yield Event("Working", 1, 4)
        if name.startswith("broken"):
            raise TrainingError("is broken.", where=name)
        while not self._may_go.wait(TICK):
            yield Event("Working", 2, 4)


@pytest.fixture
def queue_work(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[QueueWork]:
    """In place of trainings and sweeps; the queue is one of the test's own."""
    monkeypatch.setenv("CXR_QUEUE", str(tmp_path / "queue.json"))
    work = QueueWork()
    for kind in ("train", "sweep"):
        monkeypatch.setitem(running.WORK, kind, work)
    yield work
    work.let_all_go()
