"""A step asks no device for a number, and for nothing that Apple's GPU does not have."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import pytest
import torch
from torch import Tensor
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves

from cxr_gui.core.models.registry import create
from cxr_gui.core.training.learner import Learner
from cxr_gui.core.training.recipes import RECIPES
from tests.support.tape import looks


class Watch(TorchDispatchMode):
    """Notes the operators whose answer the host waits for, and those that give 64-bit floats."""

    def __init__(self) -> None:
        super().__init__()
        self.waited: list[str] = []
        self.doubles: list[str] = []

    def __torch_dispatch__(
        self,
        func: Callable[..., Any],
        types: Sequence[type],
        args: tuple[Any, ...] = (),
        kwargs: dict[str, Any] | None = None,
    ) -> Any:
        if looks(func, args):
            self.waited.append(str(func))
        answer = func(*args, **(kwargs or {}))
        for one in tree_leaves(answer):
            if isinstance(one, Tensor) and one.dtype == torch.float64:
                self.doubles.append(str(func))
        return answer


@pytest.mark.parametrize("recipe", list(RECIPES))
def test_a_step_gives_the_host_nothing_to_wait_for(recipe: str) -> None:
    torch.manual_seed(0)
    classifier = create("bounded_cnn") if RECIPES[recipe].bounded else create("compact_cnn", width=4)
    ours = Learner(
        classifier, RECIPES[recipe], seed=0, steps=9, weights=torch.ones(2), device=torch.device("cpu")
    )
    pixels, labels = torch.rand(2, 1, 224, 224), torch.tensor([0.0, 1.0])
    ours.step(pixels, labels, 0)
    with Watch() as watch:
        ours.step(pixels, labels, 5)
    assert watch.waited == []
    assert watch.doubles == []


@pytest.mark.parametrize(
    "look",
    [
        lambda values: float(values.sum()),
        lambda values: bool((values > 0).all()),
        lambda values: values[values > 0],
        lambda values: values.nonzero(),
        lambda values: values.masked_select(values > 0),
        lambda values: values.tolist() if values.sum().item() else None,
    ],
)
def test_what_the_host_waits_for_is_noticed(look: Callable[[Tensor], object]) -> None:
    with Watch() as watch:
        look(torch.arange(4.0))
    assert watch.waited


def test_doubles_are_noticed() -> None:
    with Watch() as watch:
        torch.arange(4.0).double()
    assert watch.doubles
