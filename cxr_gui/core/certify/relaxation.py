"""Lines below and above what bends: sound over a box, whatever `share` in 0..1 is chosen.

clamp(x, low, high) over [l, u], f its values there. Below it lie
    - where l >= low, the chord: there f is concave;
    - where l < low < u, every line through (low, low) with a slope t from 0 to that of the line to (u, f(u)):
      left of `low` the line falls under f = low, and right of it f is concave and above the steepest of them.
What is above is what is below -clamp(-x). For ReLU these are the lines of Zhang et al. (2018), with
the slopes that Xu et al. (2021) choose freely.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional

from cxr_gui.core.certify.interval import Interval
from cxr_gui.core.certify.operations import Clamp, MaxPool, Smooth

NARROW = 1e-12
"""A box as narrow as this has no slope worth dividing for."""


@dataclass(frozen=True)
class Lines:
    """slope * x + term, below and above the operation over a box; all like its inputs."""

    low_slope: Tensor
    low_term: Tensor
    high_slope: Tensor
    high_term: Tensor


def clamp_lines(operation: Clamp, box: Interval, shares: tuple[Tensor, Tensor] | None = None) -> Lines:
    """The lines of a clamp. `shares` are the free slopes, as shares of the steepest: below, and above.

    Unless given, they are all or nothing, whichever leaves the smaller area.
    """
    below, above = (None, None) if shares is None else shares
    low_slope, low_term = _below(box.lower, box.upper, operation.low, operation.high, below)
    high_slope, high_term = _below(-box.upper, -box.lower, -operation.high, -operation.low, above)
    return Lines(low_slope, low_term, high_slope, -high_term)


def _below(
    lower: Tensor, upper: Tensor, low: float, high: float, share: Tensor | None
) -> tuple[Tensor, Tensor]:
    """(slope, term) of a line below clamp(x, low, high) over [lower, upper]."""
    left, right = lower.clamp(low, high), upper.clamp(low, high)
    kinked = (lower < low) & (upper > low)
    start = torch.where(kinked, low, lower)
    width = upper - start
    steepest = torch.where(width > NARROW, (right - left) / width.clamp(min=NARROW), 0.0).clamp(0.0, 1.0)
    if share is None:
        share = (upper - low > low - lower).to(lower)
    slope = torch.where(kinked, steepest * share, steepest)
    # In a box too narrow for a slope, and where the slope was rounded, the lower end decides.
    term = torch.where(kinked, low, left) - slope * start
    return slope, torch.minimum(term, right - slope * upper)


def smooth_lines(operation: Smooth, box: Interval) -> Lines:
    """The chord, moved by as much as the curvature can bend away from it, or level lines if those are nearer.

    A function whose second derivative is at most M differs from its chord by M (u - l)^2 / 8 at most.
    """
    level = operation.interval(box)
    left, right = operation.forward(box.lower), operation.forward(box.upper)
    width = box.upper - box.lower
    bend = operation.curvature * width**2 / 8
    chord = (width > NARROW) & (2 * bend < level.upper - level.lower)
    slope = torch.where(chord, (right - left) / width.clamp(min=NARROW), 0.0)
    term = left - slope * box.lower
    return Lines(
        slope,
        torch.where(chord, term - bend, level.lower),
        slope,
        torch.where(chord, term + bend, level.upper),
    )


class Relaxed(torch.autograd.Function):
    """What bends, as a step whose gradient is not a derivative but the line that bounds the output below.

    Where the gradient that arrives is positive it leaves along the lower line, where it is negative along the
    upper one; the terms of the lines go to `one`, a constant input that collects them.
    """

    @staticmethod
    def forward(ctx, values, _, low_slope, low_term, high_slope, high_term):  # type: ignore[no-untyped-def]
        ctx.save_for_backward(low_slope, low_term, high_slope, high_term)
        return values.clone()

    @staticmethod
    def backward(ctx, gradient):  # type: ignore[no-untyped-def]
        low_slope, low_term, high_slope, high_term = ctx.saved_tensors
        up, down = gradient.clamp(min=0), gradient.clamp(max=0)
        terms = (up * low_term + down * high_term).flatten(1).sum(dim=1)
        return up * low_slope + down * high_slope, terms, None, None, None, None


class RelaxedMaxPool(torch.autograd.Function):
    """A max pool in the same way: not below the value with the largest lower bound, not above the largest
    upper bound; exactly that value where no other of its window can be larger.
    """

    @staticmethod
    def forward(ctx, values, _, places, settled, highest):  # type: ignore[no-untyped-def]
        ctx.save_for_backward(places, settled, highest)
        ctx.shape = values.shape
        return values.flatten(2).gather(2, places.flatten(2)).view(places.shape)

    @staticmethod
    def backward(ctx, gradient):  # type: ignore[no-untyped-def]
        places, settled, highest = ctx.saved_tensors
        along = torch.where(settled, gradient, gradient.clamp(min=0))
        back = gradient.new_zeros(ctx.shape).flatten(2).scatter_add(2, places.flatten(2), along.flatten(2))
        terms = ((gradient - along) * highest).flatten(1).sum(dim=1)
        return back.view(ctx.shape), terms, None, None, None


def max_pool_choice(operation: MaxPool, box: Interval) -> tuple[Tensor, Tensor, Tensor]:
    """(place of each window's largest lower bound, whether no other can be larger, largest upper bound)."""
    layer = operation.layer
    sizes = layer.kernel_size, layer.stride, layer.padding, layer.dilation, layer.ceil_mode
    lowest, places = functional.max_pool2d(box.lower, *sizes, return_indices=True)
    highest = functional.max_pool2d(box.upper, *sizes)
    if layer.kernel_size != layer.stride or layer.padding != 0:
        # A place that one window chose may be another's rival: nothing is settled where windows overlap.
        return places, torch.zeros_like(lowest, dtype=torch.bool), highest
    rest = box.upper.flatten(2).scatter(2, places.flatten(2), float("-inf")).view(box.upper.shape)
    rivals = functional.max_pool2d(rest, *sizes)
    return places, rivals <= lowest, highest
