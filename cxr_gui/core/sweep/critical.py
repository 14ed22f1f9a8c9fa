"""Critical epsilon: the smallest epsilon at which an image's decision flips."""

from __future__ import annotations

from collections.abc import Callable, Generator

import numpy as np
from numpy.typing import NDArray

from cxr_gui.core.base.decisions import margin, wrong

TOLERANCE = 0.5e-5
"""Width of the last bracket in pixel units: 1e-5 in model units."""

Numbers = NDArray[np.floating]
LogitsAt = Callable[[NDArray[np.intp], NDArray[np.float64]], Numbers]
"""(images [A], an epsilon for each [A]) -> their logits [A]."""


def critical_epsilons(
    logits_at: LogitsAt,
    labels: NDArray[np.int64],
    grid: NDArray[np.float64],
    logits: Numbers,
    threshold: float,
) -> Generator[None, None, NDArray[np.float64]]:
    """The critical epsilon of each image, float64 [B]: 0 when wrong at once, inf when never on the grid.

    grid       epsilons [K], ascending from 0, with the images' logits [K, B]
    logits_at  asked for logits between two epsilons of the grid, where the image flips for the first time

    Yields after every forward.
    """
    critical, images, bracket = first_crossing(labels, grid, logits, threshold)
    critical[images] = yield from narrowed(logits_at, images, labels[images], bracket, threshold)
    return critical


def first_crossing(
    labels: NDArray[np.int64], grid: NDArray[np.float64], logits: Numbers, threshold: float
) -> tuple[NDArray[np.float64], NDArray[np.intp], Bracket]:
    """What the grid knows: critical epsilons [B] to its precision, and the images [A] that flip inside it,
    with the interval in which each flips for the first time.
    """
    broken = wrong(logits, labels, threshold)
    first = broken.argmax(axis=0)
    critical = np.where(broken.any(axis=0), grid[first], np.inf)
    height = heights(logits, labels, threshold)
    images = np.flatnonzero(first > 0)
    end = first[images]
    return critical, images, Bracket(grid[end - 1], grid[end], height[end - 1, images], height[end, images])


def narrowed(
    logits_at: LogitsAt,
    images: NDArray[np.intp],
    labels: NDArray[np.int64],
    bracket: Bracket,
    threshold: float,
) -> Generator[None, None, NDArray[np.float64]]:
    """Narrow each image's bracket down to TOLERANCE and return its wrong end [A]: there it has flipped.

    images and labels [A]; yields after every forward.
    """
    flips = np.empty(len(images))
    places = np.arange(len(images))
    while True:
        flips[places] = bracket.high
        still_wide = bracket.high - bracket.low > TOLERANCE
        places, bracket = places[still_wide], bracket.of(still_wide)
        if not len(places):
            return flips
        probe = bracket.next_probe()
        found = logits_at(images[places], probe)
        flipped = wrong(found, labels[places], threshold) & np.isfinite(found)
        bracket.narrow(probe, heights(found, labels[places], threshold), flipped)
        yield


class Bracket:
    """Intervals [A] at whose low end an image is right and at whose high end it is wrong.

    They are narrowed by the ITP method (Oliveira and Takahashi, 2020): probes near the root of the secant, so
    that a smooth function takes about four instead of bisection's thirteen, but never so far from the middle
    that more than one probe more than bisection's could be needed.
    """

    def __init__(
        self, low: NDArray[np.float64], high: NDArray[np.float64], height_low: Numbers, height_high: Numbers
    ) -> None:
        self.low, self.high = low, high
        self._height_low, self._height_high = height_low, height_high
        self.restart()

    def restart(self) -> None:
        """Count the probes from here; for intervals that were narrowed in another way before."""
        self._width = self.high - self.low
        halvings = np.ceil(np.log2(self._width / TOLERANCE)).clip(min=0)
        self._radius = TOLERANCE * 2**halvings

    def next_probe(self) -> NDArray[np.float64]:
        """Where to look next in each interval."""
        middle, width = (self.low + self.high) / 2, self.high - self.low
        rise = self._height_high - self._height_low
        with np.errstate(divide="ignore", invalid="ignore"):
            secant = (self.low * self._height_high - self.high * self._height_low) / rise
        secant = np.where(np.isfinite(secant), secant.clip(self.low, self.high), middle)
        inwards = np.sign(middle - secant)
        push = np.maximum(0.2 * width**2 / self._width, 0.4 * TOLERANCE)
        pushed = np.where(push <= np.abs(middle - secant), secant + inwards * push, middle)
        reach = (self._radius - width / 2).clip(min=0)
        return np.where(np.abs(pushed - middle) <= reach, pushed, middle - inwards * reach)

    def narrow(self, probe: NDArray[np.float64], height: Numbers, flipped: NDArray[np.bool_]) -> None:
        """Put one end of each interval where it was probed, by what was found there."""
        self.high = np.where(flipped, probe, self.high)
        self._height_high = np.where(flipped, height, self._height_high)
        self.low = np.where(flipped, self.low, probe)
        self._height_low = np.where(flipped, self._height_low, height)
        self._radius = self._radius / 2

    def of(self, kept: NDArray[np.bool_]) -> Bracket:
        """The intervals of some of the images."""
        some = object.__new__(Bracket)
        vars(some).update({name: value[kept] for name, value in vars(self).items()})
        return some


def heights(logits: Numbers, labels: NDArray[np.int64], threshold: float) -> Numbers:
    """How far the logits [..., B] are on the wrong side of the threshold; finite, for the secant's sake."""
    found: Numbers = np.nan_to_num(margin(logits.astype(np.float64), labels, threshold))
    return found
