"""Critical epsilon: the smallest epsilon at which an image's decision flips."""

from __future__ import annotations

from collections.abc import Callable, Generator

import numpy as np
from numpy.typing import NDArray

from cxr_gui.core.base.decisions import margin, wrong
from cxr_gui.core.base.roots import TOLERANCE, Numbers, RootBracket

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
) -> tuple[NDArray[np.float64], NDArray[np.intp], RootBracket]:
    """What the grid knows: critical epsilons [B] to its precision, and the images [A] that flip inside it,
    with the interval in which each flips for the first time.
    """
    broken = wrong(logits, labels, threshold)
    first = broken.argmax(axis=0)
    critical = np.where(broken.any(axis=0), grid[first], np.inf)
    height = heights(logits, labels, threshold)
    images = np.flatnonzero(first > 0)
    end = first[images]
    return (
        critical,
        images,
        RootBracket(grid[end - 1], grid[end], height[end - 1, images], height[end, images]),
    )


def narrowed(
    logits_at: LogitsAt,
    images: NDArray[np.intp],
    labels: NDArray[np.int64],
    bracket: RootBracket,
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


def heights(logits: Numbers, labels: NDArray[np.int64], threshold: float) -> Numbers:
    """How far the logits [..., B] are on the wrong side of the threshold; finite, for the secant's sake."""
    found: Numbers = np.nan_to_num(margin(logits.astype(np.float64), labels, threshold))
    return found
