"""Adam, as `torch.optim` takes its steps."""

from __future__ import annotations

from collections.abc import Iterable

import torch
from torch import Tensor, nn
from torch.optim.adam import adam

MOMENTS = ("step", "exp_avg", "exp_avg_sq")
"""Remembered of every weight, by PyTorch's names: steps, and running means of gradient and its square."""


class Adam:
    """Adam (Kingma and Ba, 2015) with decoupled weight decay (Loshchilov and Hutter, 2019), fused.

    The step is PyTorch's function; the moments are held here. `torch.optim.AdamW`, which does the same,
    imports PyTorch's compiler first, for nothing here: four seconds, 900 modules.
    """

    def __init__(self, weights: Iterable[nn.Parameter], *, weight_decay: float) -> None:
        self._weights = list(weights)
        self._decay = weight_decay
        self._moments: dict[str, list[Tensor]] = {
            "step": [torch.zeros((), device=weight.device) for weight in self._weights],
            "exp_avg": [torch.zeros_like(weight) for weight in self._weights],
            "exp_avg_sq": [torch.zeros_like(weight) for weight in self._weights],
        }

    def forget_gradients(self) -> None:
        for weight in self._weights:
            weight.grad = None

    @torch.no_grad()
    def step(self, rate: float | Tensor) -> None:
        """Move every weight that has a gradient, at this learning rate (a number, or a tensor [])."""
        moved = [number for number, weight in enumerate(self._weights) if weight.grad is not None]
        steps, means, squares = ([self._moments[name][number] for number in moved] for name in MOMENTS)
        adam(
            [self._weights[number] for number in moved],
            [grad for number in moved if (grad := self._weights[number].grad) is not None],
            means,
            squares,
            [],
            steps,
            fused=True,
            amsgrad=False,
            beta1=0.9,
            beta2=0.999,
            lr=rate,
            weight_decay=self._decay,
            eps=1e-8,
            maximize=False,
            decoupled_weight_decay=True,
        )

    def tensors(self) -> dict[str, Tensor]:
        """The moments, as "NUMBER.NAME" of each weight."""
        return {
            f"{number}.{name}": moment
            for name, moments in self._moments.items()
            for number, moment in enumerate(moments)
        }

    def restore(self, tensors: dict[str, Tensor]) -> None:
        """Take over what `tensors` returned; what is missing stays as it is."""
        for key, moment in self.tensors().items():
            if key in tensors:
                moment.copy_(tensors[key])
