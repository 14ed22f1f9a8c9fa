"""Small random networks of every layer that has bounds, and attacks that try to cross them."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator

import torch
from torch import Tensor, nn
from torch.nn import functional

from cxr_gui.core.models import Classifier
from tests.support.victims import SIDE, Times, classifier_of


class Residual(nn.Module):
    """values + branch(values)."""

    def __init__(self, branch: nn.Module) -> None:
        super().__init__()
        self.branch = branch

    def forward(self, values: Tensor) -> Tensor:
        return torch.relu(values + self.branch(values))


class Dense(nn.Module):
    """[values, branch(values)] side by side."""

    def __init__(self, branch: nn.Module) -> None:
        super().__init__()
        self.branch = branch

    def forward(self, values: Tensor) -> Tensor:
        return torch.cat([values, self.branch(values)], 1)


class Narrow(nn.Module):
    """A function whose limits are named."""

    def forward(self, values: Tensor) -> Tensor:
        return functional.hardtanh(values, min_val=-0.3, max_val=0.2)


def _convolution(channels: int = 4) -> nn.Module:
    return nn.Conv2d(3, channels, 3, padding=1)


def _head(channels: int = 4) -> list[nn.Module]:
    return [nn.AvgPool2d(2), nn.Flatten(), nn.Dropout(), nn.Linear(channels * (SIDE // 2) ** 2, 1)]


def _bent(bend: nn.Module) -> Callable[[], nn.Module]:
    return lambda: nn.Sequential(_convolution(), bend, *_head())


def _pooled(pool: nn.Module, places: int) -> Callable[[], nn.Module]:
    return lambda: nn.Sequential(_convolution(), pool, nn.ReLU(), nn.Flatten(), nn.Linear(4 * places, 1))


def _block() -> nn.Module:
    return nn.Sequential(nn.Conv2d(4, 4, 3, padding=1), nn.BatchNorm2d(4), nn.ReLU())


NETWORKS: dict[str, Callable[[], nn.Module]] = {
    "relu": _bent(nn.ReLU()),
    "hardtanh": _bent(nn.Hardtanh(-0.3, 0.2)),
    "relu6": _bent(nn.ReLU6()),
    "function": _bent(Narrow()),
    "silu": _bent(nn.SiLU()),
    "gelu": _bent(nn.GELU()),
    "sigmoid": _bent(nn.Sigmoid()),
    "tanh": _bent(nn.Tanh()),
    "batch norm": lambda: nn.Sequential(_convolution(), _block(), _block(), *_head()),
    "residual": lambda: nn.Sequential(_convolution(), Residual(_block()), Residual(_block()), *_head()),
    "dense": lambda: nn.Sequential(_convolution(), Dense(_block()), *_head(8)),
    "max pool": _pooled(nn.MaxPool2d(3, stride=2, padding=1), 16),
    "max pool, overlapping": _pooled(nn.MaxPool2d(3, stride=2), 9),
    "max pool, side by side": _pooled(nn.MaxPool2d(2), 16),
    "max pool, beyond the edge": _pooled(nn.MaxPool2d(2, padding=1), 25),
    "reduced": lambda: nn.Sequential(
        nn.AvgPool2d(2), _convolution(), nn.ReLU(), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(4, 1)
    ),
    "deep": lambda: nn.Sequential(
        nn.Flatten(),
        nn.Linear(192, 16),
        nn.ReLU(),
        nn.Linear(16, 16),
        nn.ReLU(),
        nn.Linear(16, 1),
        Times(3.0),
    ),
}


def network_of(name: str, seed: int) -> Classifier:
    """One of NETWORKS with random weights and statistics, in float64."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        network = NETWORKS[name]()
        for module in network.modules():
            if isinstance(module, nn.BatchNorm2d):
                assert module.running_mean is not None
                assert module.running_var is not None
                module.running_mean.normal_()
                module.running_var.uniform_(0.5, 2.0)
                module.weight.data.normal_()
                module.bias.data.normal_()
            elif isinstance(module, nn.Conv2d | nn.Linear):
                module.weight.data *= 2
    return classifier_of(network).double()


def shaken(classifier: Classifier, pixels: Tensor, epsilon: float, seed: int) -> Iterator[Tensor]:
    """Logits [B] at the images, at random places and corners of their boxes, and where the gradient leads."""
    generator = torch.Generator().manual_seed(seed)
    lower, upper = (pixels - epsilon).clamp(min=0), (pixels + epsilon).clamp(max=1)
    yield classifier(pixels)
    for _ in range(20):
        share = torch.rand(pixels.shape, generator=generator, dtype=pixels.dtype)
        for place in (share, share.round()):
            yield classifier(lower + place * (upper - lower))
    for sign, start in itertools.product((-1, 1), (lower, upper, pixels)):
        at = start.clone()
        for _ in range(15):
            leaf = at.clone().requires_grad_()
            (gradient,) = torch.autograd.grad(classifier(leaf).sum(), leaf)
            at = (at + sign * epsilon / 4 * gradient.sign()).clamp(lower, upper)
            yield classifier(at).detach()
