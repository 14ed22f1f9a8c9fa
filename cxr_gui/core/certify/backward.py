"""Narrower bounds of what bends, by linear forms from there backwards (CROWN, Zhang et al., 2018).

Interval bounds double what they lose at every layer. A form of each value that a bending step may send either
way loses less. Most are settled a few steps back, and go no further; none leaves its window of the value.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import torch
from torch import Tensor

from cxr_gui.core.certify.descent import Descent
from cxr_gui.core.certify.interval import Interval
from cxr_gui.core.certify.network import Network
from cxr_gui.core.certify.operations import Affine, Operation, Pair, Sliding

SPARE = 1e-8
"""By how much such a bound is moved outwards, relative to the larger of 1 and the interval bounds' magnitude:
some 10^6 times what float64 rounds there."""

MOST = 40_000
"""Values of one step that are bounded so; where more are open, the intervals stay."""

TILE = 4
NUMBERS = 2**22
"""The side of the square whose values share a window, and how many numbers forms may have at once."""


def narrowed_intervals(network: Network, box: Interval) -> list[Interval]:
    """Network.intervals over a reduced box of one image [1, ...], those of what bends narrowed."""
    bends = {
        step.inputs[0]: step.operation for step in network.steps if not isinstance(step.operation, Affine)
    }
    values, exact = [box], True
    for number, step in enumerate(network.steps, 1):
        values.append(step.operation.interval(*(values[place] for place in step.inputs)))
        exact = exact and step.operation.sliding == Sliding()
        if number in bends and not exact:
            values[number] = _narrowed(network, values, bends[number])
    return values


def _narrowed(network: Network, intervals: Sequence[Interval], bend: Operation) -> Interval:
    """The last of the intervals, as far as `bend` gains by it."""
    box = intervals[-1]
    lower, upper = box.lower.flatten().clone(), box.upper.flatten().clone()
    spare = SPARE * torch.maximum(lower.abs(), upper.abs()).clamp(min=1)
    places = bend.open(box).nonzero()
    if not 0 < len(places) <= MOST:
        return box
    largest = max(value.lower.numel() for value in intervals)
    for some in _together(places, max(NUMBERS // (2 * largest), 1)):
        rows, form, corner = _forms(some, box)
        descent = Descent(network, intervals, torch.cat([form, -form]), corner=corner)
        while descent.next is not None and len(rows):
            descent.down()
            if isinstance(descent.next, Affine):
                continue
            low, high = descent.least()[:, 0].chunk(2)
            lower[rows] = torch.fmax(lower[rows], low - spare[rows])
            upper[rows] = torch.fmin(upper[rows], spare[rows] - high)
            open_ = bend.open(Interval(lower[rows], upper[rows]))
            rows = rows[open_]
            descent.keep(torch.cat([open_, open_]))
    return Interval(lower.view_as(box.lower), upper.view_as(box.upper))


def _together(places: Tensor, most: int) -> Iterator[Tensor]:
    """Places [R, axes] in parts of at most so many, those of an image by its tiles."""
    tile = places[:, 0]
    for along in places.T[2:] // TILE:
        tile = tile * 2**16 + along
    order = tile.argsort(stable=True)
    ends = (tile[order].diff() != 0).nonzero()[:, 0] + 1
    for part in places[order].tensor_split(ends):
        yield from torch.split(part, most)


def _forms(places: Tensor, box: Interval) -> tuple[Tensor, Tensor, Pair | None]:
    """(places [R] in the flat value, forms [R, 1, ...] that are 1 there, where their window begins)."""
    shape = list(box.lower.shape[1:])
    rows = places[:, 1].clone()
    for axis, size in enumerate(shape[1:], 2):
        rows = rows * size + places[:, axis]
    corner = None
    if len(shape) == 3:
        begin = places[:, 2:].amin(dim=0)
        top, left = begin.tolist()
        corner = (top, left)
        shape[1:] = (places[:, 2:].amax(dim=0) - begin + 1).tolist()
        places = places - places.new_tensor([0, 0, top, left])
    form = box.lower.new_zeros(len(places), *shape)
    form[torch.arange(len(places), device=form.device), *places.T[1:]] = 1.0
    return rows, form[:, None], corner
