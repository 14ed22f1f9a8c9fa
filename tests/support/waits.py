"""Finds, on a CPU, where an accelerator would be waited for, and where it would be asked for float64."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
import torch
from torch import Tensor
from torch.utils._python_dispatch import TorchDispatchMode

aten = torch.ops.aten
WAITS = (
    aten._local_scalar_dense,  # item(), bool(), int(), float()
    aten.nonzero,
    aten.masked_select,
    aten.equal,
    aten.is_nonzero,
    aten._unique2,
)
"""Operators whose answer or whose shape the host has to know."""

INDEXED = (aten.index, aten.index_put, aten.index_put_)
"""They have to look for what a mask picks."""

HOST = ("tolist", "numpy", "cpu", "__array__")
"""Methods of a tensor that bring it to the host."""


class Watch(TorchDispatchMode):
    """Notes what is asked of tensors within the block.

    waits    each time the host needs to know what is in a tensor
    doubles  each operator that made a float64 tensor
    """

    def __init__(self) -> None:
        super().__init__()
        self.waits: list[str] = []
        self.doubles: list[str] = []

    def __torch_dispatch__(
        self, operator: Any, types: Any, args: tuple[Any, ...] = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        family = operator.overloadpacket
        if family in WAITS or (family in INDEXED and any(map(_is_mask, args[1]))):
            self.waits.append(str(operator))
        found = operator(*args, **(kwargs or {}))
        if isinstance(found, Tensor) and found.dtype == torch.float64:
            self.doubles.append(str(operator))
        return found


def _is_mask(index: object) -> bool:
    return isinstance(index, Tensor) and index.dtype in (torch.bool, torch.uint8)


@contextmanager
def watched() -> Iterator[Watch]:
    """Everything that happens to tensors within the block, in this thread."""
    watch = Watch()
    with pytest.MonkeyPatch.context() as patch, watch:
        for name in HOST:
            patch.setattr(Tensor, name, _noted(getattr(Tensor, name), name, watch))
        yield watch


def _noted(real: Callable[..., Any], name: str, watch: Watch) -> Callable[..., Any]:
    def call(tensor: Tensor, *args: Any, **kwargs: Any) -> Any:
        watch.waits.append(name)
        return real(tensor, *args, **kwargs)

    return call
