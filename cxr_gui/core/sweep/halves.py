"""Batches that do not fit into memory are halved until they do, and attacked piece by piece."""

from __future__ import annotations

import math
from collections.abc import Callable, Generator
from functools import partial
from typing import TypeVar

from cxr_gui.core.attacks import Batch
from cxr_gui.core.base.errors import ResourceError
from cxr_gui.core.base.pieces import Pieces

Found = TypeVar("Found")
Work = Callable[[Batch], Generator[None, None, Found]]
"""What is done to a batch, or to a part of it."""


class Halves(Pieces):
    """Attacks batch after batch; each that takes too much memory is halved, and so are those after it.

    most  images at once, as far as is known; None while every batch has fitted
    """

    def __init__(self) -> None:
        super().__init__()
        self.most: int | None = None

    def each(self, batch: Batch, work: Work[Found]) -> Generator[None, None, list[Found]]:
        """What the work finds in each piece of a batch. ResourceError when one image is still too much."""
        while True:
            with self.attempt(len(batch), partial(_refusal, batch.pixels.device.type)):
                found: list[Found] = []
                for piece in batch.cut(self.count):
                    found += [(yield from work(piece))]
                return found
            self.most = math.ceil(len(batch) / self.count)


def _refusal(device: str, count: int) -> ResourceError:
    return ResourceError(
        f"The {device} device has not enough memory to attack "
        f"{f'{count} images at once' if count > 1 else 'one image'}.",
        hint="Choose a smaller batch size or another device, or close programs using this one.",
    )
