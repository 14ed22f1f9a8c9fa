"""What a running sweep has found so far, batch by batch; any moment of it can be had as a SweepResult."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from cxr_gui.core.attacks import no_answer
from cxr_gui.core.base.distributed import ALONE, World
from cxr_gui.core.sweep.result import SweepResult

Block = dict[str, NDArray[Any]]
"""Columns of a SweepResult for some images; images are the last axis of each."""


@dataclass(frozen=True, eq=False)
class Found:
    """What an attack did to one batch of B images at K epsilons.

    The tensors may still be on their way from the device: logits and noise [K, B], clean, labels, critical
    and certified [B].
    """

    rows: NDArray[np.int64]
    labels: Tensor
    clean: Tensor
    logits: Tensor
    noise: Tensor | None
    noise_scales: tuple[int, ...]
    critical: Tensor | None
    certified: Tensor | None
    threat: str


class Tally:
    """Collects what was found in each batch.

    A batch is fetched from the device only when somebody wants to know, so the device never waits. Fetched
    blocks are never changed, so to freeze a moment it is enough to know how many there were.
    """

    def __init__(
        self,
        frame: SweepResult,
        paths: Sequence[str] | None = None,
        patients: Sequence[str | None] | None = None,
        world: World = ALONE,
    ) -> None:
        """`frame` is the result without its images; paths and patients are by image number.

        The final result is over the images of every process of `world`.
        """
        self.images = 0
        self._frame = frame
        self._paths = paths
        self._patients = patients
        self._world = world
        self._pending: list[Found] = []
        self._blocks: list[Block] = []
        self._start = time.monotonic()

    def add(self, found: Found) -> None:
        """Take in what was found in one batch."""
        self._pending.append(found)

    def fetch(self) -> None:
        """Wait for what is pending and count its images. Raises AnswerError when a logit is not finite."""
        for found in self._pending:
            block = _on_host(found)
            self._check(block)
            self._blocks.append(block)
            self.images += len(found.rows)
            self._frame = replace(
                self._frame, threat=self._frame.threat or found.threat, noise_scales=found.noise_scales
            )
        self._pending.clear()

    def _check(self, block: Block) -> None:
        """Refuse logits that are not finite, naming the first image that has one."""
        finite = np.ones(len(block["rows"]), bool)
        for name in {"clean_logits", "logits", "noise_logits"} & block.keys():
            finite &= np.isfinite(np.atleast_2d(block[name])).all(axis=0)
        if not finite.all():
            row = int(block["rows"][~finite][0])
            raise no_answer(f"image {row}") if self._paths is None else no_answer("it", self._paths[row])

    def moment(self) -> Callable[[], SweepResult]:
        """How to get the result over the images fetched by now, marked as not complete, at any later time."""
        return partial(self._result, len(self._blocks), time.monotonic() - self._start, complete=False)

    def result(self) -> SweepResult:
        """The result over all images."""
        self.fetch()
        self._blocks = [block for blocks in self._world.gather(self._blocks) for block in blocks]
        return self._result(len(self._blocks), time.monotonic() - self._start, complete=True)

    def _result(self, blocks: int, seconds: float, *, complete: bool) -> SweepResult:
        """The images of the first blocks in the order of their numbers."""
        if not blocks:
            return replace(self._frame, seconds=seconds, complete=complete)
        order = np.argsort(np.concatenate([block["rows"] for block in self._blocks[:blocks]]), kind="stable")
        columns: dict[str, Any] = {
            name: np.concatenate([block[name] for block in self._blocks[:blocks]], axis=-1)[..., order]
            for name in self._blocks[0]
        }
        if self._paths is not None:
            columns["paths"] = tuple(self._paths[row] for row in columns["rows"])
        if self._patients is not None:
            columns["patients"] = tuple(self._patients[row] for row in columns["rows"])
        return replace(self._frame, **columns, seconds=seconds, complete=complete)


def _on_host(found: Found) -> Block:
    block: Block = {
        "rows": found.rows,
        "labels": found.labels.cpu().numpy(),
        "clean_logits": found.clean.cpu().numpy(),
        "logits": found.logits.cpu().numpy(),
    }
    if found.noise is not None:
        block["noise_logits"] = found.noise.cpu().numpy()
    if found.critical is not None:
        block["critical"] = found.critical.cpu().numpy().astype(np.float64)
    if found.certified is not None:
        block["certified"] = found.certified.cpu().numpy()
    return block
