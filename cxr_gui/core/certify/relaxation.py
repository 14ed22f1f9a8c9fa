"""BoundingLines below and above what bends: sound over a box, whatever `share` in 0..1 is chosen.

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
class BoundingLines:
    """slope * x + term, below and above the operation over a box; all like its inputs."""

    low_slope: Tensor
    low_term: Tensor
    high_slope: Tensor
    high_term: Tensor


def clamp_lines(
    operation: Clamp, box: Interval, shares: tuple[Tensor, Tensor] | None = None
) -> BoundingLines:
    """The lines of a clamp. `shares` are the free slopes, as shares of the steepest: below, and above.

    Unless given, they are all or nothing, whichever leaves the smaller area.
    """
    below, above = (None, None) if shares is None else shares
    low_slope, low_term = _below(box.lower, box.upper, operation.low, operation.high, below)
    high_slope, high_term = _below(-box.upper, -box.lower, -operation.high, -operation.low, above)
    return BoundingLines(low_slope, low_term, high_slope, -high_term)


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


def smooth_lines(operation: Smooth, box: Interval) -> BoundingLines:
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
    return BoundingLines(
        slope,
        torch.where(chord, term - bend, level.lower),
        slope,
        torch.where(chord, term + bend, level.upper),
    )


def bent(lines: BoundingLines, form: Tensor) -> tuple[Tensor, Tensor]:
    """(form [S, B, ...] of the inputs, term [S, B]) below a form [S, B, ...] of the operation's outputs.

    Where the form is positive it goes along the lower line, where it is negative along the upper one.
    """
    up, down = form.clamp(min=0), form.clamp(max=0)
    terms = (up * lines.low_term + down * lines.high_term).flatten(2).sum(dim=2)
    return up * lines.low_slope + down * lines.high_slope, terms


def bent_max_pool(operation: MaxPool, box: Interval, form: Tensor) -> tuple[Tensor, Tensor]:
    """The same for a max pool: its output is not below the value with the largest lower bound, not above the
    largest upper bound, and exactly that value where no other of its window can be larger.
    """
    places, settled, highest = max_pool_choice(operation, box)
    along = torch.where(settled, form, form.clamp(min=0))
    back = form.new_zeros(*form.shape[:1], *box.lower.shape).flatten(3)
    back = back.scatter_add(3, places.flatten(2).expand(len(form), -1, -1, -1), along.flatten(3))
    return back.view(*form.shape[:1], *box.lower.shape), ((form - along) * highest).flatten(2).sum(dim=2)


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
