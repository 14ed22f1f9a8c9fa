"""Linear bounds (CROWN-IBP, Zhang et al., 2020; slopes optimised as by Xu et al., 2021).

From the logit backwards a linear form is kept that lies below it everywhere in the box: through an affine
step goes its transpose, through what bends the line below or above; forms that meet where the network
branched add up. The form ends at the reduced box, over which its least value is exact.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from cxr_gui.core.certify.interval import Interval
from cxr_gui.core.certify.network import Network
from cxr_gui.core.certify.operations import Affine, Clamp, MaxPool, Operation, Smooth
from cxr_gui.core.certify.relaxation import bent, bent_max_pool, clamp_lines, smooth_lines

RATE = 0.3
"""Of Adam, for the slopes as shares of the steepest."""

Shares = dict[int, tuple[Tensor, Tensor]]


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


def descended(
    network: Network, intervals: Sequence[Interval], form: Tensor, shares: Shares | None = None
) -> Tensor:
    """The least values [S, B] of linear forms [S, B, ...] of the last of the `intervals`.

    With gradient to the slopes that `shares` gives to the steps with a Clamp, by their numbers.
    """
    forms = {len(intervals) - 1: form}
    least = form.new_zeros(form.shape[:2])
    for number in reversed(range(len(intervals) - 1)):
        if number + 1 not in forms:
            continue
        step, form = network.steps[number], forms.pop(number + 1)
        boxes = [intervals[place] for place in step.inputs]
        parts, term = _through(step.operation, boxes, form, (shares or {}).get(number))
        least = least + term
        for place, part in zip(step.inputs, parts, strict=True):
            forms[place] = forms[place] + part if place in forms else part
    box, form = intervals[0], forms[0]
    return least + (form * box.centre - form.abs() * box.radius).flatten(2).sum(dim=2)


def _through(
    operation: Operation,
    boxes: Sequence[Interval],
    form: Tensor,
    shares: tuple[Tensor, Tensor] | None,
) -> tuple[Sequence[Tensor], Tensor]:
    """Forms [S, B, ...] of a step's inputs, and a term [S, B], below a form of its outputs."""
    if isinstance(operation, Affine):
        rows = form.flatten(0, 1)
        shapes = [torch.Size([len(rows), *box.lower.shape[1:]]) for box in boxes]
        parts = [
            part.reshape(*form.shape[:2], *part.shape[1:]) for part in operation.transposed(rows, shapes)
        ]
        offset = operation.offset()
        return parts, form.new_zeros(()) if offset is None else (form * offset).flatten(2).sum(dim=2)
    if isinstance(operation, MaxPool):
        part, term = bent_max_pool(operation, boxes[0], form)
    elif isinstance(operation, Clamp):
        part, term = bent(clamp_lines(operation, boxes[0], shares), form)
    elif isinstance(operation, Smooth):
        part, term = bent(smooth_lines(operation, boxes[0]), form)
    else:
        raise TypeError(f"{type(operation).__name__} has no lines.")
    return [part], term
