"""Batches that do not fit into memory are attacked in two halves."""

from __future__ import annotations

from collections.abc import Callable, Generator
from typing import TypeVar

from cxr_gui.core.attacks import Batch
from cxr_gui.core.base.device import out_of_memory
from cxr_gui.core.base.errors import ResourceError

Found = TypeVar("Found")
Work = Callable[[Batch], Generator[None, None, Found]]
"""What is done to a batch, or to a part of it."""


class Fitting:
    """Works on batch after batch; from the first one that takes too much memory on, each in two halves.

    most  images at once, as far as is known; None while every batch has fitted
    """

    def __init__(self) -> None:
        self.most: int | None = None
        self._pieces = 1

    def each(self, batch: Batch, work: Work[Found]) -> Generator[None, None, list[Found]]:
        """What the work finds in one or two parts of a batch. ResourceError when half is still too much."""
        found = yield from self._attempt(batch, work)
        if found is None:
            self._pieces, self.most = 2, -(-len(batch.labels) // 2)
            found = yield from self._attempt(batch, work)
        return found or []

    def _attempt(self, batch: Batch, work: Work[Found]) -> Generator[None, None, list[Found] | None]:
        """None when it took too much memory but may yet fit in halves."""
        found: list[Found] = []
        try:
            for piece in batch.cut(self._pieces):
                found += [(yield from work(piece))]
        except RuntimeError as error:
            if not out_of_memory(error):
                raise
            if self._pieces > 1 or len(batch.labels) == 1:
                count = -(-len(batch.labels) // self._pieces)
                raise ResourceError(
                    f"The {batch.pixels.device.type} device has not enough memory to attack "
                    f"{f'{count} images at once' if count > 1 else 'one image'}.",
                    hint="Choose a smaller batch size or another device, or close programs using this one.",
                ) from error
            return None  # and with the error go the tensors its traceback holds
        return found
