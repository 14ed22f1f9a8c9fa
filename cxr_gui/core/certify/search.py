"""The largest epsilon that the bounds prove, found with few of them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cxr_gui.core.base.roots import TOLERANCE, RootBracket

LARGEST = 1.0
"""Pixel units; every image in 0..1 is within that of every other."""

Places = NDArray[np.intp]
Epsilons = NDArray[np.float64]
MarginsAt = Callable[[Places, Epsilons], NDArray[np.float64]]
"""(images [A], at least one, an epsilon for each [A]) -> their margins [A]; from 0 on they are proven."""


def largest_proven(margins_at: MarginsAt, count: int) -> Epsilons:
    """The largest epsilon of each of `count` images that was proven, to TOLERANCE below one that was not.

    What is vacuous costs one bound. A margin falls the faster the larger epsilon is, so where its secant
    from 0 crosses nothing is proven any more, and from there on the root is bracketed.
    """
    found = np.zeros(count)
    places, low = np.arange(count), np.full(count, TOLERANCE / 2)
    margin = margins_at(places, low)
    places, low, margin = _some(margin >= 0, places, low, margin)
    if not len(places):
        return found
    before, margin_before = np.zeros(len(places)), margins_at(places, np.zeros(len(places)))
    closed = []
    while len(places):
        found[places] = low
        with np.errstate(divide="ignore", invalid="ignore"):
            secant = low + margin * (low - before) / (margin_before - margin)
        probe = np.where(secant > low, secant, LARGEST).clip(2 * low, LARGEST)
        margin_probe = margins_at(places, probe)
        proven = margin_probe >= 0
        found[places[proven]] = probe[proven]
        closed.append(_some(~proven, places, low, probe, margin, margin_probe))
        before, margin_before, low, margin = low, margin, probe, margin_probe
        places, before, margin_before, low, margin = _some(
            proven & (probe < LARGEST), places, before, margin_before, low, margin
        )
    places, low, high, margin, margin_high = map(np.concatenate, zip(*closed, strict=True))
    bracket = RootBracket(low, high, _height(margin), _height(margin_high))
    while True:
        found[places] = bracket.low
        wide = bracket.high - bracket.low > TOLERANCE
        places, bracket = places[wide], bracket.of(wide)
        if not len(places):
            return found
        probe = bracket.next_probe()
        margin = margins_at(places, probe)
        bracket.narrow(probe, _height(margin), margin < 0)


def _some(chosen: NDArray[np.bool_], *arrays: NDArray[Any]) -> list[NDArray[Any]]:
    return [each[chosen] for each in arrays]


def _height(margin: Epsilons) -> Epsilons:
    """Far beyond the root a margin falls without end: as it is, a secant from there would say nothing."""
    height: Epsilons = np.arcsinh(-margin.clip(min=-1e30))
    return height
