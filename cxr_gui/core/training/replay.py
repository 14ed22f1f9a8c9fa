"""Work captured once and played again: a GPU then goes from kernel to kernel without Python between."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import TypeAlias

import torch
from torch import Tensor

Player: TypeAlias = tuple[Callable[[], object], Tensor]
"""What does the captured work once more, and where its answer then lies."""
Capture: TypeAlias = Callable[[Callable[[], Tensor]], Player]

VARIABLE = "CXR_CUDA_GRAPHS"
"""Set to 1 in the environment, steps are captured on CUDA."""

WARM = 3
"""Calls alike, one after another, before one is captured: by then libraries have set themselves up."""


class Replay:
    """Does work on tensors: as it is written, and once it has been captured by playing that.

    Whatever the work reads and changes beside its arguments must be tensors that stay where they are: numbers
    of Python's are captured with it. Dropout draws anew, from the seed that is set when it is played. For
    arguments of other shapes than those captured, as of an epoch's last batch, it is done as it is written.

    refused  why the work could not be captured: it then goes on as it is written
    """

    def __init__(self, capture: Capture | None) -> None:
        self.refused = ""
        self._capture = capture
        self._shapes: list[torch.Size] = []
        self._alike = 0
        self._places: list[Tensor] = []
        self._player: Player | None = None

    @property
    def possible(self) -> bool:
        """Whether this device captures at all, and nothing was refused."""
        return self._capture is not None and not self.refused

    @property
    def captured(self) -> bool:
        return self._player is not None

    def refuse(self, why: str) -> None:
        """Capture no more, and let go of what was captured and the memory it holds."""
        self.refused, self._places, self._player = why, [], None

    def __call__(self, work: Callable[..., Tensor], *arguments: Tensor) -> Tensor:
        """What `work` answers to the arguments; the same work in every call."""
        shapes = [argument.shape for argument in arguments]
        if self._capture is not None and not self.refused and not self.captured:
            self._alike = self._alike + 1 if shapes == self._shapes else 1
            self._shapes = shapes
            if self._alike > WARM:
                self._places = [argument.clone() for argument in arguments]
                try:
                    self._player = self._capture(lambda: work(*self._places))
                except RuntimeError as error:
                    self.refuse(str(error))
        if self._player is None or shapes != self._shapes:
            return work(*arguments)
        play, answer = self._player
        for place, argument in zip(self._places, arguments, strict=True):
            place.copy_(argument, non_blocking=True)
        play()
        return answer.clone()


def capturing(device: torch.device) -> Capture | None:
    """How work is captured on this device; None where it is not to be.

    Nobody has seen it on a GPU yet: it is left to those who ask for it, as `python -m tests.gpu` does.
    """
    return cuda_graph if device.type == "cuda" and os.environ.get(VARIABLE) == "1" else None


def cuda_graph(work: Callable[[], Tensor]) -> Player:
    """Capture without running. Not by `torch.cuda.graph`: that may collect garbage, the window's too."""
    graph = torch.cuda.CUDAGraph()
    torch.cuda.synchronize()
    torch.cuda.empty_cache()
    with torch.cuda.stream(torch.cuda.Stream()):  # type: ignore[no-untyped-call]
        graph.capture_begin(capture_error_mode="thread_local")
        try:
            answer = work()
        finally:
            graph.capture_end()
    return graph.replay, answer
