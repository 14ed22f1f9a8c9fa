"""What a network does, step by step: each operation knows its bounds.

An operation bounds its outputs by an interval (forward), and by lines above and below it (backward, see
`linear`). All of them take their weights from the network's own modules at every call, so that training can
follow their gradient.
"""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional

from cxr_gui.core.certify.interval import Interval, outward

Map = Callable[[Tensor], Tensor]
Pair = tuple[int, int]


@dataclass(frozen=True)
class Sliding:
    """How each place of the outputs [B, C, H, W] sees a window of the inputs; all (rows, columns).

    extent  of the window    stride  from one to the next    padding  before the first and after the last
    """

    extent: Pair = (1, 1)
    stride: Pair = (1, 1)
    padding: Pair = (0, 0)


class Operation(ABC):
    """One step from tensors [B, ...] to a tensor [B, ...].

    disjoint  no input has a part in two outputs: a box of inputs becomes exactly the box of outputs
    sliding   does the same at every place of its outputs; None where it does not, or nobody says so
    """

    disjoint = False
    sliding: Sliding | None = None

    @abstractmethod
    def forward(self, *inputs: Tensor) -> Tensor:
        """The outputs themselves."""

    @abstractmethod
    def interval(self, *inputs: Interval) -> Interval:
        """Bounds of the outputs over a box of inputs."""

    def open(self, values: Interval) -> Tensor:
        """Which of its inputs, bool like them, may take it over a bend: there narrower bounds narrow more."""
        return values.upper > values.lower

    def _clean(self, *inputs: Interval) -> Tensor | None:
        clean = [each.clean for each in inputs if each.clean is not None]
        return self.forward(*clean) if len(clean) == len(inputs) else None


class Affine(Operation):
    """weights(inputs) + offset. Its interval goes through centre and radius, the radius through |weights|."""

    @abstractmethod
    def weighted(self, *inputs: Tensor, absolute: bool = False) -> Tensor:
        """The linear part; with `absolute` that of the weights' magnitudes."""

    def transposed(self, form: Tensor, shapes: Sequence[torch.Size]) -> tuple[Tensor, ...]:
        """A linear form [B, ...] of the outputs as forms of the inputs of these shapes [B, ...]."""
        with torch.enable_grad():
            anywhere = [form.new_zeros(shape).requires_grad_() for shape in shapes]
            # A scalar on purpose: with grad_outputs torch imports sympy, seconds before the first proof.
            total = (form * self.weighted(*anywhere)).sum()
            return torch.autograd.grad(total, anywhere, create_graph=form.requires_grad)

    def offset(self) -> Tensor | None:
        """What is added, in a shape that fits the outputs."""
        return None

    def forward(self, *inputs: Tensor) -> Tensor:
        return _plus(self.weighted(*inputs), self.offset())

    def interval(self, *inputs: Interval) -> Interval:
        centres = [each.centre for each in inputs]
        radii = [outward(centre, each.radius) for centre, each in zip(centres, inputs, strict=True)]
        centre, radius = self.weighted(*centres), self.weighted(*radii, absolute=True)
        offset = self.offset()
        if offset is not None:
            radius = outward(offset, radius)
        centre = _plus(centre, offset)
        return Interval(centre - radius, centre + radius, self._clean(*inputs))


def _plus(values: Tensor, offset: Tensor | None) -> Tensor:
    return values if offset is None else values + offset


class Rearranged(Affine):
    """Averages, sums and changes of shape: linear maps without a negative weight."""

    def __init__(
        self, function: Callable[..., Tensor], *, disjoint: bool = False, sliding: Sliding | None = None
    ) -> None:
        self._function, self.disjoint, self.sliding = function, disjoint, sliding

    def weighted(self, *inputs: Tensor, **_: bool) -> Tensor:
        return self._function(*inputs)


class Weighted(Affine):
    """A convolution or a linear layer.

    apply  takes (values, weight)
    back   takes (form, weight, shape of the values): a transpose that needs no forward, where there is one
    """

    def __init__(
        self,
        layer: nn.Linear | nn.Conv2d,
        apply: Callable[[Tensor, Tensor], Tensor],
        back: Callable[[Tensor, Tensor, torch.Size], Tensor] | None,
        sliding: Sliding | None = None,
    ) -> None:
        self._layer, self._apply, self._back, self.sliding = layer, apply, back, sliding

    def weighted(self, *inputs: Tensor, absolute: bool = False) -> Tensor:
        weight = self._layer.weight
        return self._apply(inputs[0], weight.abs() if absolute else weight)

    def transposed(self, form: Tensor, shapes: Sequence[torch.Size]) -> tuple[Tensor, ...]:
        if self._back is None:
            return super().transposed(form, shapes)
        return (self._back(form, self._layer.weight, shapes[0]),)

    def offset(self) -> Tensor | None:
        bias = self._layer.bias
        return bias if bias is None or isinstance(self._layer, nn.Linear) else bias.view(-1, 1, 1)


class Scaled(Affine):
    """values * factor + term, elementwise, by constants that `constants` asks for at every call."""

    def __init__(self, constants: Callable[[], tuple[Tensor, Tensor | None]], *, disjoint: bool) -> None:
        self._constants, self.disjoint = constants, disjoint
        everywhere = (
            each is None or each.numel() == 1 or each.shape[-2:] == torch.Size([1, 1]) for each in constants()
        )
        self.sliding = Sliding() if all(everywhere) else None

    def weighted(self, *inputs: Tensor, absolute: bool = False) -> Tensor:
        factor = self._constants()[0]
        return inputs[0] * (factor.abs() if absolute else factor)

    def offset(self) -> Tensor | None:
        return self._constants()[1]


class BatchNorm(Affine):
    """In eval mode by the running statistics; in train mode by those of the clean images in the same pass."""

    disjoint = True
    sliding = Sliding()

    def __init__(self, layer: nn.BatchNorm2d | nn.BatchNorm1d) -> None:
        self._layer = layer
        self._mean, self._variance = self._running()

    def interval(self, *inputs: Interval) -> Interval:
        layer, (values,) = self._layer, inputs
        if not layer.training:
            self._mean, self._variance = self._running()
            return super().interval(values)
        if values.clean is None:
            raise ValueError("BatchNorm in train mode needs the clean images in the same pass.")
        clean = values.clean
        others = [axis for axis in range(clean.ndim) if axis != 1]
        self._variance, self._mean = torch.var_mean(clean, others, correction=0)
        bounds = super().interval(Interval(values.lower, values.upper))
        return Interval(bounds.lower, bounds.upper, layer(clean))

    def weighted(self, *inputs: Tensor, absolute: bool = False) -> Tensor:
        factor = self._factor()
        return inputs[0] * _by_channel(factor.abs() if absolute else factor, inputs[0])

    def offset(self) -> Tensor:
        layer = self._layer
        term = -self._mean * self._factor()
        term = term if layer.bias is None else term + layer.bias
        return term.view(-1, 1, 1) if isinstance(layer, nn.BatchNorm2d) else term

    def _running(self) -> tuple[Tensor, Tensor]:
        mean, variance = self._layer.running_mean, self._layer.running_var
        if mean is None or variance is None:
            raise ValueError("BatchNorm without running statistics has no bounds in eval mode.")
        return mean, variance

    def _factor(self) -> Tensor:
        factor = (self._variance + self._layer.eps).rsqrt()
        return factor if self._layer.weight is None else factor * self._layer.weight


def _by_channel(values: Tensor, like: Tensor) -> Tensor:
    return values.view(-1, *[1] * (like.ndim - 2))


class Dropped(Affine):
    """Dropout: in train mode the same values go of the bounds and of the clean images; else all stay."""

    disjoint, sliding = True, Sliding()

    def __init__(self, layer: nn.Dropout) -> None:
        self._layer = layer

    def weighted(self, *inputs: Tensor, **_: bool) -> Tensor:
        return inputs[0]

    def interval(self, *inputs: Interval) -> Interval:
        (values,) = inputs
        if not self._layer.training:
            return values
        kept = functional.dropout(torch.ones_like(values.lower), self._layer.p, training=True)
        clean = None if values.clean is None else values.clean * kept
        return Interval(values.lower * kept, values.upper * kept, clean)


class Clamp(Operation):
    """Values between `low` and `high`: ReLU (0, inf), hardtanh (-1, 1), ReLU6 (0, 6), a clamp."""

    sliding = Sliding()

    def __init__(self, low: float = 0.0, high: float = math.inf) -> None:
        self.low, self.high = low, high

    def forward(self, *inputs: Tensor) -> Tensor:
        return functional.relu(inputs[0]) if self._rectifies else inputs[0].clamp(self.low, self.high)

    def interval(self, *inputs: Interval) -> Interval:
        (values,) = inputs
        return Interval(self.forward(values.lower), self.forward(values.upper), self._clean(values))

    def open(self, values: Interval) -> Tensor:
        kinks = [kink for kink in (self.low, self.high) if math.isfinite(kink)]
        over = [(values.lower < kink) & (kink < values.upper) for kink in kinks]
        return torch.stack(over).any(dim=0)

    @property
    def _rectifies(self) -> bool:
        return self.low == 0 and self.high == math.inf


class Smooth(Operation):
    """An elementwise function with a second derivative.

    curvature  the largest magnitude of that derivative anywhere
    lowest     where the function has its minimum, before which it falls and after which it rises; -inf for
               one that only rises
    """

    sliding = Sliding()

    def __init__(self, function: Map, curvature: float, lowest: float = -math.inf) -> None:
        self._function, self.curvature, self._lowest = function, curvature, lowest

    def forward(self, *inputs: Tensor) -> Tensor:
        return self._function(*inputs)

    def interval(self, *inputs: Interval) -> Interval:
        (values,) = inputs
        left, right = self._function(values.lower), self._function(values.upper)
        if self._lowest == -math.inf:
            return Interval(left, right, self._clean(values))
        within = (values.lower < self._lowest) & (self._lowest < values.upper)
        bottom = self._function(torch.full_like(left, self._lowest)) - 1e-6  # the place itself is rounded
        lower = torch.where(within, bottom, torch.minimum(left, right))
        return Interval(lower, torch.maximum(left, right), self._clean(values))


class MaxPool(Operation):
    """The largest value of each window."""

    def __init__(self, layer: nn.MaxPool2d) -> None:
        self.layer = layer

    def forward(self, *inputs: Tensor) -> Tensor:
        pooled: Tensor = self.layer(*inputs)
        return pooled

    def interval(self, *inputs: Interval) -> Interval:
        (values,) = inputs
        return Interval(self.forward(values.lower), self.forward(values.upper), self._clean(values))
