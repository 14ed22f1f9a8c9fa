"""Batches that do not fit into memory are attacked in two halves."""

from __future__ import annotations

from collections.abc import Generator

from torch import nn

from cxr_gui.core.attacks.protocol import Batch
from cxr_gui.core.device import out_of_memory
from cxr_gui.core.errors import ResourceError
from cxr_gui.core.sweeping.batch_sweep import Plan, sweep_batch
from cxr_gui.core.sweeping.tally import Found


class Fitting:
    """Attacks batch after batch; from the first one that takes too much memory on, each in two halves.

    most  images at once, as far as is known; None while every batch has fitted
    """

    def __init__(self, classifier: nn.Module, plan: Plan) -> None:
        self.most: int | None = None
        self._pieces = 1
        self._classifier, self._plan = classifier, plan

    def attack(self, batch: Batch) -> Generator[None, None, list[Found]]:
        """What the attack does to a batch, in one or two parts. ResourceError when half is still too much."""
        found = yield from self._attempt(batch)
        if found is None:
            self._pieces, self.most = 2, -(-len(batch.labels) // 2)
            found = yield from self._attempt(batch)
        return found or []

    def _attempt(self, batch: Batch) -> Generator[None, None, list[Found] | None]:
        """None when it took too much memory but may yet fit in halves."""
        found: list[Found] = []
        try:
            for piece in _parts(batch, self._pieces):
                found += [(yield from sweep_batch(self._classifier, piece, self._plan))]
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


def _parts(batch: Batch, pieces: int) -> list[Batch]:
    """A batch in so many pieces, the first ones the larger."""
    size = max(1, -(-len(batch.labels) // pieces))
    return [
        Batch(batch.pixels[rows], batch.labels[rows], batch.rows[rows])
        for rows in (slice(start, start + size) for start in range(0, len(batch.labels), size))
    ]
