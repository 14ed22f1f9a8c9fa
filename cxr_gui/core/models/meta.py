"""Networks without numbers: built for their shapes, or to be given the weights of a file."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor, nn
from torch.overrides import TorchFunctionMode


@contextmanager
def unfilled() -> Iterator[None]:
    """Within it networks are built on "meta": no weight is drawn, and the random state is left alone."""
    with torch.device("meta"), _Undrawn():
        yield


class _Undrawn(TorchFunctionMode):
    """Leaves out `normal_`, which on "meta" would import PyTorch's compiler: seconds, to fill nothing."""

    def __torch_function__(
        self,
        function: Callable[..., Any],
        types: Sequence[type],
        args: Sequence[Any] = (),
        kwargs: Mapping[str, Any] | None = None,
    ) -> Any:
        if function in (Tensor.normal_, nn.init.normal_):
            return args[0] if args else (kwargs or {})["tensor"]
        return function(*args, **(kwargs or {}))
