"""A CUDA graph's behaviour on the processor: operators are noted while they run, then done again alone.

As a graph does, it remembers memory and not Python: numbers stay as they were, tensors are read where they
lie, answers are written where they lay, and nothing may look into a tensor on the way.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import Tensor
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves

Operator = Callable[..., Any]
LOOKS = ("_local_scalar_dense", "nonzero", "masked_select", "is_nonzero", "equal")
"""Operators whose answer the host waits for."""


def looks(operator: Operator, arguments: Sequence[Any]) -> bool:
    """Whether the host must wait for a device here: for a number, or for a shape that depends on one."""
    name = str(getattr(operator, "_opname", operator))
    masks = (one for one in tree_leaves(list(arguments[1:])) if isinstance(one, Tensor))
    return name in LOOKS or (name.startswith("index") and any(one.dtype == torch.bool for one in masks))


class Tape(TorchDispatchMode):
    """Notes what is done within it; `play` does it again, to the same tensors."""

    def __init__(self) -> None:
        super().__init__()
        self.noted: list[tuple[Operator, tuple[Any, ...], dict[str, Any], list[Tensor]]] = []
        self.played = 0

    def __torch_dispatch__(
        self,
        func: Operator,
        types: Sequence[type],
        args: tuple[Any, ...] = (),
        kwargs: dict[str, Any] | None = None,
    ) -> Any:
        if looks(func, args):
            raise RuntimeError(f"operation not permitted when stream is capturing: {func}")
        answer = func(*args, **(kwargs or {}))
        answers = [one for one in tree_leaves(answer) if isinstance(one, Tensor)]
        self.noted.append((func, args, kwargs or {}, answers))
        return answer

    @torch.no_grad()
    def play(self) -> None:
        self.played += 1
        for operator, arguments, options, answers in self.noted:
            found = operator(*arguments, **options)
            anew = [one for one in tree_leaves(found) if isinstance(one, Tensor)]
            for answer, value in zip(answers, anew, strict=True):
                if answer.data_ptr() != value.data_ptr():
                    answer.copy_(value)


def taped(work: Callable[[], Tensor], tapes: list[Tape] | None = None) -> tuple[Callable[[], object], Tensor]:
    """As `cuda_graph`, but the work is done once while it is noted."""
    tape = Tape()
    if tapes is not None:
        tapes.append(tape)
    with tape:
        answer = work()
    return tape.play, answer
