"""Several processes at one task, started by torchrun: who does what, and what they tell each other.

    torchrun --nproc-per-node 2 main.py sweep DATA --model FILE --out OUT

Everything here is also right for a single process, which is a world of its own.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, TypeVar

from cxr_gui.core.base.progress import Work

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
    from torch import Tensor

Thing = TypeVar("Thing")

PATIENCE = timedelta(hours=12)
"""How long a process waits for another, which may be decoding a large dataset."""


@dataclass(frozen=True)
class World:
    """This process, number `rank` of `size`. Only the first one writes and speaks."""

    rank: int = 0
    size: int = 1

    @property
    def first(self) -> bool:
        return self.rank == 0

    def part(self, count: int) -> slice:
        """Which of `count` things in a row are this process's; the parts are as even as can be."""
        return slice(count * self.rank // self.size, count * (self.rank + 1) // self.size)

    def share(self, order: NDArray[np.int64], batch_size: int) -> tuple[NDArray[np.int64], int]:
        """This process's part of `order` [N], and the number of its first batch.

        It is whole batches in a row, so that every batch is composed as in a single process.
        """
        batches = self.part(-(-len(order) // batch_size))
        return order[batches.start * batch_size : batches.stop * batch_size], batches.start

    def gather(self, thing: Thing) -> list[Thing]:
        """What each process gives, in the order of their ranks; every process must call."""
        if self.size == 1:
            return [thing]
        from torch import distributed

        things: list[Thing | None] = [None] * self.size
        distributed.all_gather_object(things, thing)
        return things  # type: ignore[return-value]

    def sum(self, values: Tensor) -> Tensor:
        """`values` added up over the processes, in place."""
        if self.size > 1:
            from torch import distributed

            distributed.all_reduce(values)
        return values

    def wait(self) -> None:
        """Until every process is here."""
        self.gather(None)


ALONE = World()


def started() -> bool:
    """Was this process started by torchrun, as one of several?"""
    return int(os.environ.get("WORLD_SIZE", "1")) > 1


def first() -> bool:
    """Is this the process that writes and speaks? Known before torch is imported."""
    return not started() or os.environ.get("RANK", "0") == "0"


def world() -> World:
    """The processes that this one has joined."""
    if not started():
        return ALONE
    from torch import distributed

    return (
        World(distributed.get_rank(), distributed.get_world_size()) if distributed.is_initialized() else ALONE
    )


@contextlib.contextmanager
def joined() -> Iterator[World]:
    """Within the block this process works with the others that torchrun started: NCCL on GPUs, else gloo."""
    if not started():
        yield ALONE
        return
    import torch
    from torch import distributed

    gpus = torch.cuda.is_available()
    if gpus:
        torch.cuda.set_device(int(os.environ["LOCAL_RANK"]))
    distributed.init_process_group("nccl" if gpus else "gloo", timeout=PATIENCE)
    try:
        yield world()
    finally:
        distributed.destroy_process_group()


def first_alone(world: World, make: Callable[[], Work[Thing]]) -> Work[Thing]:
    """Do work that leaves something on disk: the first process does it, the others then find it done."""
    if not world.first:
        world.wait()
    thing = yield from make()
    if world.first:
        world.wait()
    return thing
