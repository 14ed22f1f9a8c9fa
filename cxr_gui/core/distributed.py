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

from cxr_gui.core.progress import Work

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

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

    def share(self, order: NDArray[np.int64], batch_size: int) -> NDArray[np.int64]:
        """This process's part of `order` [N]: whole batches, in a row, so that no batch is composed anew."""
        batches = -(-len(order) // batch_size)
        start, end = (batches * rank // self.size * batch_size for rank in (self.rank, self.rank + 1))
        return order[start:end]

    def gather(self, thing: Thing) -> list[Thing]:
        """What each process gives, in the order of their ranks; every process must call."""
        if self.size == 1:
            return [thing]
        from torch import distributed

        things: list[Thing | None] = [None] * self.size
        distributed.all_gather_object(things, thing)
        return things  # type: ignore[return-value]

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
