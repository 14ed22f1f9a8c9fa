"""Critical epsilon: the smallest epsilon at which an image's decision flips."""

from __future__ import annotations

from collections.abc import Callable, Generator

import torch
from torch import Tensor

from cxr_gui.core.base.decisions import margin, wrong
from cxr_gui.core.base.device import between_looks
from cxr_gui.core.base.roots import RootBracket

LogitsAt = Callable[[Tensor, Tensor], Tensor]
"""(images [A], an epsilon for each [A]) -> their logits [A]."""

USUAL = 4
"""Probes that a smooth logit takes: before these an accelerator is not asked who is done."""


def critical_epsilons(
    logits_at: LogitsAt, labels: Tensor, grid: Tensor, logits: Tensor, threshold: float
) -> Generator[None, None, Tensor]:
    """The critical epsilon of each image [B], like `grid`: 0 when wrong at once, inf when never on the grid.

    grid       epsilons [K], ascending from 0, with the images' logits [K, B], all on one device
    logits_at  asked for logits between two epsilons of the grid, where the image flips for the first time

    Yields after every forward.
    """
    critical, images, bracket = first_crossing(labels, grid, logits, threshold)
    critical[images] = yield from narrowed(logits_at, images, labels[images], bracket, threshold)
    return critical


def first_crossing(
    labels: Tensor, grid: Tensor, logits: Tensor, threshold: float
) -> tuple[Tensor, Tensor, RootBracket]:
    """What the grid knows: critical epsilons [B] to its precision, and the images [A] that flip inside it,
    with the interval in which each flips for the first time.
    """
    steps = torch.arange(len(grid), device=grid.device)
    first = torch.where(wrong(logits, labels, threshold), steps[:, None], len(grid)).amin(dim=0)
    critical = torch.cat([grid, grid.new_full((1,), torch.inf)])[first]
    images = torch.nonzero((first > 0) & (first < len(grid))).flatten()
    end = first[images]
    height = heights(logits.to(grid.dtype), labels, threshold)
    return (
        critical,
        images,
        RootBracket(grid[end - 1], grid[end], height[end - 1, images], height[end, images]),
    )


def narrowed(
    logits_at: LogitsAt, images: Tensor, labels: Tensor, bracket: RootBracket, threshold: float
) -> Generator[None, None, Tensor]:
    """Narrow each image's bracket down to TOLERANCE and return its wrong end [A]: there it has flipped.

    images and labels [A]; yields after every forward.
    """
    flips = bracket.high.clone()
    places, every = torch.arange(len(images), device=images.device), between_looks(images.device, USUAL)
    probes = 0
    while True:
        wide = bracket.wide
        if probes % every == 0:
            on = torch.nonzero(wide).flatten()
            places, bracket, wide = places[on], bracket.of(on), wide[on]
            if not len(places):
                return flips
        probe = torch.where(wide, bracket.next_probe(), bracket.high)  # what is narrow enough stays
        found = logits_at(images[places], probe)
        flipped = wrong(found, labels[places], threshold) & torch.isfinite(found)
        bracket.narrow(probe, heights(found.to(probe.dtype), labels[places], threshold), flipped | ~wide)
        flips[places] = bracket.high
        probes += 1
        yield


def heights(logits: Tensor, labels: Tensor, threshold: float) -> Tensor:
    """How far the logits [..., B] are on the wrong side of the threshold; finite, for the secant's sake."""
    return margin(logits, labels, threshold).nan_to_num()
