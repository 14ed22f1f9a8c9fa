"""Training in several processes: each takes its part of every batch, and the gradients are averaged.

The step is that of a single process with the whole batch, to rounding: the draws of augmentation, random
starts and dropout are made for the whole batch everywhere. Only BatchNorm on the CPU, where PyTorch has no
shared one, sees no more than its process's part.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import torch
from torch import nn
from torch.nn import functional
from torch.overrides import TorchFunctionMode

from cxr_gui.core.base.distributed import World


def shared(module: nn.Module, device: torch.device, world: World) -> nn.Module:
    """What to call in a step: the module, which then averages its gradients over the processes."""
    if world.size == 1:
        return module
    if device.type == "cuda":
        nn.SyncBatchNorm.convert_sync_batchnorm(module)  # type: ignore[no-untyped-call]
    return nn.parallel.DistributedDataParallel(module, broadcast_buffers=device.type == "cpu")


def parts(world: World, count: int, pieces: int) -> Iterator[slice]:
    """The rows of a batch of `count` that this process takes, in so many pieces.

    A batch smaller than the number of processes leaves some without; DistributedDataParallel waits for them.
    """
    mine = world.part(count)
    size = max(1, -(-(mine.stop - mine.start) // pieces))
    for start in range(mine.start, max(mine.stop, mine.start + 1), size):
        yield slice(start, min(start + size, mine.stop))


class WholeBatchDropout(TorchFunctionMode):
    """Within it dropout draws its mask for the whole batch, and uses the rows that are here."""

    def __init__(self, rows: slice, count: int) -> None:
        super().__init__()
        self.rows, self.count = rows, count

    def __torch_function__(
        self,
        func: Callable[..., Any],
        types: Sequence[type],
        args: Sequence[Any] = (),
        kwargs: dict[str, Any] | None = None,
    ) -> Any:
        if func is functional.dropout and (kwargs or {}).get("training"):
            (values,) = args
            whole = values.new_ones((self.count, *values.shape[1:]))
            return values * functional.dropout(whole, **(kwargs or {}))[self.rows]
        return func(*args, **(kwargs or {}))
