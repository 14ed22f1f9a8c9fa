"""The largest epsilon that the bounds prove, found with few of them."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from cxr_gui.core.base.roots import TOLERANCE, RootBracket

LARGEST = 1.0
"""Pixel units; every image in 0..1 is within that of every other."""

MarginsAt = Callable[[Tensor, Tensor], Tensor]
"""(images [A], at least one, an epsilon for each [A]) -> their margins [A]; from 0 on they are proven.

All in float64 on the CPU: a bound takes so long that the device may be waited for after each.
"""


def largest_proven(margins_at: MarginsAt, count: int) -> Tensor:
    """The largest epsilon of each of `count` images that was proven, to TOLERANCE below one that was not.

    What is vacuous costs one bound. A margin falls the faster the larger epsilon is, so where its secant
    from 0 crosses nothing is proven any more, and from there on the root is bracketed.
    """
    found = torch.zeros(count, dtype=torch.float64)
    places, low = torch.arange(count), torch.full_like(found, TOLERANCE / 2)
    margin = margins_at(places, low)
    places, low, margin = _some(margin >= 0, places, low, margin)
    if not len(places):
        return found
    before, margin_before = torch.zeros_like(low), margins_at(places, torch.zeros_like(low))
    closed = []
    while len(places):
        found[places] = low
        secant = low + margin * (low - before) / (margin_before - margin)
        probe = torch.where(secant > low, secant, LARGEST).clamp(min=2 * low).clamp(max=LARGEST)
        margin_probe = margins_at(places, probe)
        proven = margin_probe >= 0
        found[places[proven]] = probe[proven]
        closed.append(_some(~proven, places, low, probe, margin, margin_probe))
        before, margin_before, low, margin = low, margin, probe, margin_probe
        places, before, margin_before, low, margin = _some(
            proven & (probe < LARGEST), places, before, margin_before, low, margin
        )
    places, low, high, margin, margin_high = map(torch.cat, zip(*closed, strict=True))
    bracket = RootBracket(low, high, _height(margin), _height(margin_high))
    while True:
        found[places] = bracket.low
        wide = bracket.wide
        places, bracket = places[wide], bracket.of(wide)
        if not len(places):
            return found
        probe = bracket.next_probe()
        margin = margins_at(places, probe)
        bracket.narrow(probe, _height(margin), margin < 0)


def _some(chosen: Tensor, *arrays: Tensor) -> list[Tensor]:
    return [each[chosen] for each in arrays]


def _height(margin: Tensor) -> Tensor:
    """Far beyond the root a margin falls without end: as it is, a secant from there would say nothing."""
    return (-margin.clamp(min=-1e30)).asinh()
