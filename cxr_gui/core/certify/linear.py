"""Linear bounds of the logit (CROWN, Zhang et al., 2018; slopes optimised as by Xu et al., 2021).

A linear form of the logit is taken backwards to the reduced box, over which its least value is exact.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from cxr_gui.core.certify.descent import descended
from cxr_gui.core.certify.interval import Interval
from cxr_gui.core.certify.network import Network
from cxr_gui.core.certify.operations import Clamp

RATE = 0.3
"""Of Adam, for the slopes as shares of the steepest."""


def linear_bound(network: Network, intervals: Sequence[Interval], signs: Tensor, steps: int = 0) -> Tensor:
    """The least value [B] that signs * logit may have, by a linear form.

    intervals  of every step over a reduced box, see Network.intervals
    signs      [B] of 1 and -1          steps  of Adam that improve the slopes; every step's bound is sound
    """
    form = signs.view(1, -1, *[1] * (intervals[-1].lower.ndim - 1))
    best = descended(network, intervals, form)[0]
    shares = {
        number: (_middle(intervals[step.inputs[0]]), _middle(intervals[step.inputs[0]]))
        for number, step in enumerate(network.steps)
        if isinstance(step.operation, Clamp)
    }
    if not steps or not shares:
        return best
    free = [share for pair in shares.values() for share in pair]
    adam = torch.optim.Adam(free, lr=RATE, maximize=True)
    for step in range(steps + 1):
        with torch.enable_grad():
            found = descended(network, intervals, form, shares)[0]
            total = found.sum()
        best = torch.maximum(best, found.detach())
        if step < steps:
            gradients = torch.autograd.grad(total, free, allow_unused=True)
            for share, gradient in zip(free, gradients, strict=True):
                share.grad = gradient
            adam.step()
            with torch.no_grad():
                for share in free:
                    share.clamp_(0, 1)
    return best


def _middle(box: Interval) -> Tensor:
    return torch.full_like(box.lower, 0.5).requires_grad_()
