"""What steps came to, read from the device without making it wait."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

import torch
from torch import Tensor

from cxr_gui.core.base.progress import Pace

READINGS = 30.0
"""A second, from a GPU: as often as anything is drawn anew."""


@dataclass(frozen=True)
class StepResult:
    """What step number `step` (from 1) came to: its loss, and how many of its `count` images were right."""

    step: int
    count: int
    loss: float
    correct: int


@dataclass(frozen=True)
class _Outcome:
    """A step's loss and count on their way; `event` has happened when they are there."""

    values: Tensor
    event: torch.cuda.Event | None
    step: int
    count: int

    @property
    def arrived(self) -> bool:
        return self.event is None or bool(self.event.query())  # type: ignore[no-untyped-call]

    def read(self) -> StepResult:
        if self.event is not None:
            self.event.synchronize()
        loss, correct = self.values.tolist()
        return StepResult(self.step, self.count, loss, round(correct))


class Meter:
    """Reads the outcomes of steps in their order: on the CPU each at once, from a GPU in bunches.

    The host may be as many steps ahead of a GPU as that took between two readings: enough to keep it busy,
    and never more than a moment's work to wait for when the training is to stop.
    """

    def __init__(self, device: torch.device) -> None:
        self._device = device
        self._queue: deque[_Outcome] = deque()
        self._pace = Pace(per_second=READINGS)
        self._ahead, self._read = (0 if device.type == "cpu" else 1), 0

    def put(self, outcome: Tensor, step: int, count: int) -> None:
        """Take what `Learner.step` returned."""
        event = None
        if self._device.type == "cuda":
            outcome = outcome.to("cpu", non_blocking=True)
            event = torch.cuda.Event()  # type: ignore[no-untyped-call]
            event.record()
        self._queue.append(_Outcome(outcome, event, step, count))

    def __len__(self) -> int:
        """Outcomes that were not read yet."""
        return len(self._queue)

    def ready(self) -> int:
        """How many can be read now; where the host is too far ahead, among them some to wait for."""
        due = len(self._queue) - self._ahead
        if self._device.type == "cpu" or not self._pace():
            return max(due, 0)
        self._ahead, self._read = max(self._read, 1), 0
        arrived = next((at for at, one in enumerate(self._queue) if not one.arrived), len(self._queue))
        return max(arrived, len(self._queue) - self._ahead)

    def read(self) -> StepResult:
        """The next one, waited for if need be."""
        self._read += 1
        return self._queue.popleft().read()
