"""A linear form on its way backwards through a network, below the one it began as everywhere in the box.

Through an affine step goes its transpose, through what bends the line below or above; forms that meet where
the network branched add up. A form of few places keeps to a window, which grows with each convolution.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import torch
from torch import Tensor
from torch.nn import functional

from cxr_gui.core.certify.interval import Interval
from cxr_gui.core.certify.network import Network
from cxr_gui.core.certify.operations import Affine, Clamp, MaxPool, Operation, Pair, Sliding, Smooth
from cxr_gui.core.certify.relaxation import bent, bent_max_pool, clamp_lines, smooth_lines

Shares = Mapping[int, tuple[Tensor, Tensor]]
"""The free slopes of the steps with a Clamp, by their numbers, see `clamp_lines`."""


class Descent:
    """Forms of some values whose sum, and a term, is below the form [S, B, ...] of the last value.

    intervals  of the input and of every step up to that value, see Network.intervals
    corner     (row, column) where the window of the form [S, B, C, h, w] begins in its value [B, C, H, W];
               None when it is the whole value
    """

    def __init__(
        self,
        network: Network,
        intervals: Sequence[Interval],
        form: Tensor,
        shares: Shares | None = None,
        corner: Pair | None = None,
    ) -> None:
        self._steps, self._intervals, self._shares = network.steps, intervals, shares or {}
        self._forms = {len(intervals) - 1: (form, corner)}
        self._term = form.new_zeros(form.shape[:2])

    @property
    def next(self) -> Operation | None:
        """What `down` goes through; None at the input."""
        last = max(self._forms)
        return self._steps[last - 1].operation if last else None

    def least(self) -> Tensor:
        """The least value [S, B] over the intervals of where the forms are by now."""
        least = self._term
        for number, (form, corner) in self._forms.items():
            box = (
                self._intervals[number] if corner is None else _window(self._intervals[number], form, corner)
            )
            least = least + (form * box.centre - form.abs() * box.radius).flatten(2).sum(dim=2)
        return least

    def keep(self, rows: Tensor) -> None:
        """Go on with some of the S forms."""
        self._term = self._term[rows]
        self._forms = {number: (form[rows], corner) for number, (form, corner) in self._forms.items()}

    def down(self) -> None:
        """Take the form of the last value through its step, to forms of the step's inputs."""
        number = max(self._forms) - 1
        step, (form, corner) = self._steps[number], self._forms.pop(number + 1)
        sliding, boxes = step.operation.sliding, [self._intervals[place] for place in step.inputs]
        moved: list[tuple[Tensor, Pair | None]]
        if corner is None or sliding is None:
            shapes = [box.lower.shape[1:] for box in boxes]
            form = _whole(form, corner, self._intervals[number + 1])
            parts, term = _through(step.operation, boxes, shapes, form, self._shares.get(number))
            moved = [(part, None) for part in parts]
        else:
            form, corner, size = _spread(form, corner, sliding)
            shapes = [torch.Size([box.lower.shape[1], *size]) for box in boxes]
            bending = not isinstance(step.operation, Affine)
            seen = [_window(box, form, corner) for box in boxes] if bending else boxes
            parts, term = _through(step.operation, seen, shapes, form, None)
            moved = [_trimmed(part, corner, box) for part, box in zip(parts, boxes, strict=True)]
        self._term = self._term + term
        for place, (part, begin) in zip(step.inputs, moved, strict=True):
            if place in self._forms:  # branches meet; they are whole since the step that joined them
                part = part + self._forms[place][0]
            self._forms[place] = part, begin


def descended(
    network: Network, intervals: Sequence[Interval], form: Tensor, shares: Shares | None = None
) -> Tensor:
    """The least values [S, B] of linear forms [S, B, ...] of the last of the `intervals`.

    With gradient to the slopes that `shares` gives.
    """
    descent = Descent(network, intervals, form, shares)
    while descent.next is not None:
        descent.down()
    return descent.least()


def _through(
    operation: Operation,
    boxes: Sequence[Interval],
    shapes: Sequence[torch.Size],
    form: Tensor,
    shares: tuple[Tensor, Tensor] | None,
) -> tuple[Sequence[Tensor], Tensor]:
    """Forms [S, B, ...] of a step's inputs, of these shapes [...], and a term, below one of its outputs."""
    if isinstance(operation, Affine):
        rows = form.flatten(0, 1)
        parts = [
            part.reshape(*form.shape[:2], *part.shape[1:])
            for part in operation.transposed(rows, [torch.Size([len(rows), *shape]) for shape in shapes])
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


def _spread(form: Tensor, corner: Pair, sliding: Sliding) -> tuple[Tensor, Pair, Pair]:
    """A windowed form with room at its sides, and the corner and size of the window of inputs it is one of.

    A transpose leaves out what falls on the padding at the sides. Within the value that is no padding but
    neighbours: zeros around the form keep them.
    """
    (rows, columns), (down, right) = form.shape[-2:], sliding.stride
    above, left = (-(-pad // step) for pad, step in zip(sliding.padding, sliding.stride, strict=True))
    begin = (corner[0] - above) * down, (corner[1] - left) * right
    size = (
        (rows + 2 * above - 1) * down + sliding.extent[0] - 2 * sliding.padding[0],
        (columns + 2 * left - 1) * right + sliding.extent[1] - 2 * sliding.padding[1],
    )
    return functional.pad(form, (left, left, above, above)), begin, size


def _trimmed(form: Tensor, corner: Pair, box: Interval) -> tuple[Tensor, Pair]:
    """A form whose window may reach beyond its value, without what does."""
    (height, width), (top, left) = box.lower.shape[-2:], corner
    form = form[..., max(-top, 0) : height - top, max(-left, 0) : width - left]
    return form, (max(top, 0), max(left, 0))


def _window(box: Interval, form: Tensor, corner: Pair) -> Interval:
    """The part of a box that a form's window shows."""
    (top, left), (height, width) = corner, form.shape[-2:]
    place = (..., slice(top, top + height), slice(left, left + width))
    return Interval(box.lower[place], box.upper[place])


def _whole(form: Tensor, corner: Pair | None, box: Interval) -> Tensor:
    """A form of the whole value, zero outside its window."""
    if corner is None:
        return form
    (top, left), (height, width), (rows, columns) = corner, box.lower.shape[-2:], form.shape[-2:]
    return functional.pad(form, (left, width - left - columns, top, height - top - rows))
