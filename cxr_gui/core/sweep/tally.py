"""What a running sweep has found so far, batch by batch; any moment of it can be had as a SweepResult."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from cxr_gui.core.attacks import Batch, no_answer
from cxr_gui.core.base.distributed import ALONE, World
from cxr_gui.core.sweep.journal import Entry, SweepJournal
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
        journal: SweepJournal | None = None,
    ) -> None:
        """`frame` is the result without its images; paths and patients are by image number.

        The final result is over the images of every process of `world`. What the journal has is taken over,
        and what is found is written there. Raises CheckpointError when it cannot be understood.
        """
        self.images = 0
        self.finished: set[int] = set()
        self._frame = frame
        self._paths = paths
        self._patients = patients
        self._world = world
        self._pending: list[Found] = []
        self._blocks: list[Block] = []
        self._start = time.monotonic()
        self._journal = journal
        if journal is not None:
            self._take_over(journal)

    @property
    def noise_scales(self) -> tuple[int, ...]:
        """The kind of noise at each epsilon, once that is known."""
        return self._frame.noise_scales

    def certified(self) -> Iterable[tuple[int, float]]:
        """The images whose radius is known, with it."""
        for block in self._blocks:
            if "certified" in block:
                yield from zip(block["rows"].tolist(), block["certified"].tolist(), strict=True)

    def missing(self, batch: Batch) -> Batch:
        """The images of a batch that an earlier call has not finished."""
        missing = [row not in self.finished for row in batch.rows]
        return batch if all(missing) else batch[torch.tensor(missing)]

    def news(self) -> list[str]:
        """What the journal has to say since the last time."""
        return [] if self._journal is None else self._journal.news()

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
            if self._journal is not None:
                self._journal.write(self._entry(block))
        self._pending.clear()

    def _entry(self, block: Block) -> Entry:
        columns = {name: column.tolist() for name, column in block.items()}
        return {**columns, "noise_scales": self.noise_scales, "seconds": time.monotonic() - self._start}

    def _take_over(self, journal: SweepJournal) -> None:
        """What an earlier call has finished; of several processes the first one has it in its result."""
        with journal.understood():
            for entry in journal.entries:
                block = {name: _column(name, entry[name]) for name in COLUMNS if name in entry}
                self.finished.update(block["rows"].tolist())
                self._frame = replace(self._frame, noise_scales=tuple(entry["noise_scales"]))
                if self._world.first:
                    self._blocks.append(block)
                    self.images += len(block["rows"])
            self._start -= max((float(entry["seconds"]) for entry in journal.entries), default=0.0)

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


COLUMNS = {
    "rows": np.int64,
    "labels": np.int64,
    "clean_logits": np.float32,
    "logits": np.float32,
    "noise_logits": np.float32,
    "critical": np.float64,
    "certified": np.float64,
}
"""What a block may have, each exactly what is written of it in a journal."""


def _column(name: str, values: list[Any]) -> NDArray[Any]:
    """A column from a journal, which has null where a critical epsilon is infinite."""
    if name == "critical":
        values = [np.inf if value is None else value for value in values]
    return np.array(values, COLUMNS[name])


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
