"""From a network's layers to operations with bounds. A new layer is one function here."""

from __future__ import annotations

import operator
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional
from torch.nn.grad import conv2d_input

from cxr_gui.core.base.errors import ArgumentError
from cxr_gui.core.certify.operations import (
    Affine,
    BatchNorm,
    Clamp,
    Dropped,
    MaxPool,
    Operation,
    Pair,
    Rearranged,
    Scaled,
    Sliding,
    Smooth,
    Weighted,
)

GELU_LOWEST, SILU_LOWEST = -0.7517915, -1.2784645


class UnboundedError(ArgumentError):
    """A classifier, or a layer of it, of which no bound is known: names it."""


OTHER = "Choose an architecture of convolutions, BatchNorm, ReLU and pooling, such as level_cnn."


def unbounded(layer: str, hint: str = OTHER) -> UnboundedError:
    """The error for a layer or function without bounds."""
    return UnboundedError(
        f"has no bounds: {layer} is not among the layers with known ones.", where="classifier", hint=hint
    )


Constant = Callable[[], Tensor] | float
"""A weight of the network, asked for at every call, or a number."""

LAYERS: dict[type[nn.Module], Callable[[Any], Operation | None]] = {}
FUNCTIONS: dict[object, Callable[..., Operation | None]] = {}
"""Make an operation of a layer, or of a function's constant arguments; None where values stay as they are."""


def layer(*kinds: type[nn.Module]) -> Callable[[Any], Any]:
    """Decorate what reads layers of these kinds."""

    def decorate(reader: Callable[[Any], Operation | None]) -> Callable[[Any], Operation | None]:
        LAYERS.update(dict.fromkeys(kinds, reader))
        return reader

    return decorate


def function(*functions: object) -> Callable[[Any], Any]:
    """Decorate what reads calls of these functions, or methods by name."""

    def decorate(reader: Callable[..., Operation | None]) -> Callable[..., Operation | None]:
        FUNCTIONS.update(dict.fromkeys(functions, reader))
        return reader

    return decorate


@layer(nn.Conv2d)
def convolution_layer(of: nn.Conv2d) -> Affine:
    if of.padding_mode != "zeros":
        raise unbounded(f"a convolution with padding by {of.padding_mode}")
    stride, padding, dilation, groups = of.stride, of.padding, of.dilation, of.groups

    def apply(values: Tensor, weight: Tensor) -> Tensor:
        return functional.conv2d(values, weight, None, stride, padding, dilation, groups)

    def back(form: Tensor, weight: Tensor, shape: torch.Size) -> Tensor:
        transposed: Tensor = conv2d_input(  # type: ignore[no-untyped-call]
            shape, weight, form, stride, padding, dilation, groups
        )
        return transposed

    if isinstance(padding, str):
        return Weighted(of, apply, None)
    extent = [gap * (size - 1) + 1 for gap, size in zip(dilation, of.kernel_size, strict=True)]
    return Weighted(of, apply, back, Sliding(_pair(extent), _pair(stride), _pair(padding)))


def _pair(size: int | Sequence[int]) -> Pair:
    rows, columns = (size, size) if isinstance(size, int) else size
    return rows, columns


@layer(nn.Linear)
def linear(of: nn.Linear) -> Affine:
    return Weighted(of, functional.linear, lambda form, weight, _: form @ weight)


@layer(nn.BatchNorm1d, nn.BatchNorm2d)
def batch_norm(of: nn.BatchNorm1d | nn.BatchNorm2d) -> Affine:
    if of.running_mean is None:
        raise unbounded("BatchNorm without running statistics")
    return BatchNorm(of)


@layer(nn.AvgPool2d, nn.AdaptiveAvgPool2d)
def average(of: nn.AvgPool2d | nn.AdaptiveAvgPool2d) -> Affine:
    apart = isinstance(of, nn.AvgPool2d) and of.stride == of.kernel_size and of.padding == 0
    size = of.kernel_size if isinstance(of, nn.AvgPool2d) and apart and not of.ceil_mode else None
    return Rearranged(of, disjoint=apart, sliding=None if size is None else Sliding(_pair(size), _pair(size)))


@layer(nn.Flatten)
def flatten(of: nn.Flatten) -> Affine:
    return Rearranged(of)


@layer(nn.ReLU)
def relu(_: nn.ReLU) -> Clamp:
    return Clamp()


@layer(nn.Hardtanh, nn.ReLU6)
def hardtanh(of: nn.Hardtanh) -> Clamp:
    return Clamp(of.min_val, of.max_val)


@layer(nn.MaxPool2d)
def max_pool(of: nn.MaxPool2d) -> MaxPool:
    return MaxPool(of)


@layer(nn.Dropout)
def dropout(of: nn.Dropout) -> Dropped:
    return Dropped(of)


@layer(nn.Identity)
def nothing(_: nn.Module) -> None:
    return None


@layer(nn.SiLU)
def silu(_: nn.SiLU) -> Smooth:
    return Smooth(functional.silu, 0.5, SILU_LOWEST)


@layer(nn.GELU)
def gelu(of: nn.GELU) -> Smooth:
    if of.approximate != "none":
        raise unbounded("GELU by an approximation")
    return Smooth(functional.gelu, 0.7979, GELU_LOWEST)


@layer(nn.Sigmoid)
def sigmoid(_: nn.Sigmoid) -> Smooth:
    return Smooth(torch.sigmoid, 0.0963)


@layer(nn.Tanh)
def tanh(_: nn.Tanh) -> Smooth:
    return Smooth(torch.tanh, 0.7699)


@function(functional.relu, torch.relu, "relu")
def relu_of(**_: object) -> Clamp:
    return Clamp()


@function(functional.hardtanh)
def hardtanh_of(min_val: float = -1.0, max_val: float = 1.0, **_: object) -> Clamp:
    return Clamp(min_val, max_val)


@function(torch.flatten, "flatten")
def flattened(start_dim: int = 0, end_dim: int = -1) -> Affine:
    return Rearranged(lambda values: values.flatten(start_dim, end_dim))


@function(functional.adaptive_avg_pool2d)
def averaged(output_size: Any) -> Affine:
    return Rearranged(lambda values: functional.adaptive_avg_pool2d(values, output_size))


@function(torch.cat)
def concatenated(dim: int = 0) -> Affine:
    return Rearranged(lambda *values: torch.cat(values, dim))


@function(operator.add, torch.add, operator.iadd, "add")
def added(constant: Constant | None = None) -> Affine:
    if constant is None:
        return Rearranged(lambda *values: sum(values[1:], values[0]))
    return Scaled(lambda: (torch.ones_like(_value(constant)), _value(constant)), disjoint=False)


@function(operator.sub, torch.sub, operator.isub, "sub")
def subtracted(constant: Constant) -> Affine:
    return Scaled(lambda: (torch.ones_like(_value(constant)), -_value(constant)), disjoint=False)


@function(operator.mul, torch.mul, operator.imul, "mul")
def multiplied(constant: Constant) -> Affine:
    return Scaled(lambda: (_value(constant), None), disjoint=False)


@function(operator.truediv, torch.div, operator.itruediv, "div")
def divided(constant: Constant) -> Affine:
    return Scaled(lambda: (1 / _value(constant), None), disjoint=False)


def _value(constant: Constant) -> Tensor:
    return constant() if callable(constant) else torch.tensor(constant, dtype=torch.float64)


def title(target: object) -> str:
    """What people call a function or method."""
    return str(getattr(target, "__name__", target))


def of_layer(name: str, module: nn.Module) -> Operation | None:
    """The operation of a layer of the network. Raises UnboundedError where none is known."""
    reader = LAYERS.get(type(module))
    if reader is None:
        raise unbounded(f"'{name}' ({type(module).__name__})")
    return reader(module)


def of_function(target: object, arguments: tuple[object, ...], named: dict[str, object]) -> Operation | None:
    """The operation of a function with constant arguments. Raises UnboundedError where none is known."""
    reader = FUNCTIONS.get(target)
    if reader is None:
        raise unbounded(f"the function '{title(target)}'")
    try:
        return partial(reader, *arguments, **named)()
    except TypeError as error:  # two branches multiplied, or an argument of a rare kind
        raise unbounded(f"the function '{title(target)}' with these arguments") from error
