"""Linear bounds (CROWN-IBP, Zhang et al., 2020; slopes optimised as by Xu et al., 2021).

From the logit backwards a linear form is kept that lies below it everywhere in the box: through an affine
step goes its transpose, through what bends the line below or above. That is how a gradient travels, so
autograd does it: each bend is a function whose "gradient" is its line, and a branch, a sum or a
concatenation needs no rule of its own. The form ends at the reduced box, over which its least value is exact.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from cxr_gui.core.certify.interval import Interval
from cxr_gui.core.certify.network import Network
from cxr_gui.core.certify.operations import Affine, Clamp, MaxPool, Operation, Smooth
from cxr_gui.core.certify.relaxation import (
    Relaxed,
    RelaxedMaxPool,
    clamp_lines,
    max_pool_choice,
    smooth_lines,
)

RATE = 0.3
"""Of Adam, for the slopes as shares of the steepest."""

Shares = dict[int, tuple[Tensor, Tensor]]


def linear_bound(network: Network, intervals: Sequence[Interval], signs: Tensor, steps: int = 0) -> Tensor:
    """The least value [B] that signs * logit may have, by a linear form.

    intervals  of every step over a reduced box, see Network.intervals
    signs      [B] of 1 and -1          steps  of Adam that improve the slopes; every step's bound is sound
    """
    with torch.enable_grad():
        best = _descended(network, intervals, signs, None).detach()
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
            found = _descended(network, intervals, signs, shares)
            best = torch.maximum(best, found.detach())
            if step < steps:
                gradients = torch.autograd.grad(found.sum(), free, allow_unused=True)
                for share, gradient in zip(free, gradients, strict=True):
                    share.grad = gradient
                adam.step()
                with torch.no_grad():
                    for share in free:
                        share.clamp_(0, 1)
        return best


def _middle(box: Interval) -> Tensor:
    return torch.full_like(box.lower, 0.5).requires_grad_()


def _descended(
    network: Network, intervals: Sequence[Interval], signs: Tensor, shares: Shares | None
) -> Tensor:
    """The bound [B] for some slopes, with gradient to them."""
    box = intervals[0]
    start = torch.zeros_like(box.lower).requires_grad_()
    one = torch.zeros_like(signs).requires_grad_()
    values = [start]
    for number, step in enumerate(network.steps):
        inputs = [values[place] for place in step.inputs]
        boxes = [intervals[place] for place in step.inputs]
        values.append(_traced(step.operation, inputs, boxes, one, (shares or {}).get(number)))
    logit = values[-1].reshape(len(signs))
    form, terms = torch.autograd.grad(
        logit, (start, one), signs, create_graph=shares is not None, materialize_grads=True
    )
    centre, radius = box.centre, box.radius
    return terms + (form * centre - form.abs() * radius).flatten(1).sum(dim=1)


def _traced(
    operation: Operation,
    inputs: Sequence[Tensor],
    boxes: Sequence[Interval],
    one: Tensor,
    shares: tuple[Tensor, Tensor] | None,
) -> Tensor:
    """A step through which a linear form goes backwards."""
    result: Tensor
    if isinstance(operation, Affine):
        result, offset = operation.weighted(*inputs), operation.offset()
        return result if offset is None else result + offset * one.view(-1, *[1] * (result.ndim - 1))
    if isinstance(operation, MaxPool):
        result = RelaxedMaxPool.apply(inputs[0], one, *max_pool_choice(operation, boxes[0]))
        return result
    if isinstance(operation, Clamp):
        lines = clamp_lines(operation, boxes[0], shares)
    elif isinstance(operation, Smooth):
        lines = smooth_lines(operation, boxes[0])
    else:
        raise TypeError(f"{type(operation).__name__} has no lines.")
    result = Relaxed.apply(inputs[0], one, lines.low_slope, lines.low_term, lines.high_slope, lines.high_term)
    return result
