"""The sets an attack may move in: within epsilon of the clean pixels by one norm or another, inside [0, 1].

A norm is one class: how large a change is in it, which way is up, and how to come back in.
"""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor

from cxr_gui.core.base.intervals import bounds

Epsilon = float | Tensor
"""Radius in pixel units: a number, or a tensor [B, 1, 1, 1] once checked."""


class Ball(ABC):
    """The ball around B clean images, and the way to step in it.

    words  what epsilon bounds, for people
    """

    words: ClassVar[str]

    @classmethod
    @abstractmethod
    def around(cls, pixels: Tensor, epsilon: Epsilon, *, exactly: bool = True) -> Ball:
        """The ball around clean `pixels` [B, C, H, W]; `exactly` counts with the rounding of its bounds."""

    @staticmethod
    @abstractmethod
    def size(change: Tensor) -> Tensor:
        """The smallest epsilon whose ball has each of these changes [B, C, H, W]: [B, 1, 1, 1]."""

    @staticmethod
    @abstractmethod
    def uphill(gradient: Tensor) -> Tensor:
        """The step of size 1 that climbs most along a gradient [B, C, H, W]; 0 where that is 0."""

    @abstractmethod
    def project(self, pixels: Tensor) -> Tensor:
        """Points of the ball near `pixels`; those that are inside stay."""

    def start(self, clean: Tensor, epsilon: Epsilon, chance: Tensor) -> Tensor:
        """A random point of the ball around `clean`; chance like it, uniform in [-1, 1)."""
        return self.project(clean + epsilon * chance)

    @abstractmethod
    def __getitem__(self, images: Tensor) -> Ball:
        """The same for some of the images."""


@dataclass(frozen=True, eq=False)
class LinfBall(Ball):
    """No pixel changes by more than epsilon: bounds [B, C, H, W], lower <= x <= upper."""

    words = "Every pixel may change by at most epsilon (an L-infinity ball)"

    lower: Tensor
    upper: Tensor
    wander: float = 1.0
    """How far a random start may be from the clean point, in epsilons."""

    @classmethod
    def around(cls, pixels: Tensor, epsilon: Epsilon, *, exactly: bool = True) -> LinfBall:
        return cls(*bounds(pixels, epsilon, exactly=exactly))

    @staticmethod
    def size(change: Tensor) -> Tensor:
        return change.abs().amax(dim=(1, 2, 3), keepdim=True)

    @staticmethod
    def uphill(gradient: Tensor) -> Tensor:
        return gradient.sign()

    def project(self, pixels: Tensor) -> Tensor:
        return torch.clamp(pixels, self.lower, self.upper)

    def start(self, clean: Tensor, epsilon: Epsilon, chance: Tensor) -> Tensor:
        return super().start(clean, epsilon, self.wander * chance)

    def __getitem__(self, images: Tensor) -> LinfBall:
        return LinfBall(self.lower[images], self.upper[images], self.wander)


@dataclass(frozen=True, eq=False)
class L2Ball(Ball):
    """The root mean square change is at most epsilon: for images of d numbers an L2 norm of epsilon sqrt(d).

    So it has the energy of the L-infinity ball's corners, and both norms share one epsilon axis.
    """

    words = "The root mean square change is at most epsilon (an L2 ball)"

    clean: Tensor
    epsilon: Epsilon

    @classmethod
    def around(cls, pixels: Tensor, epsilon: Epsilon, *, exactly: bool = True) -> L2Ball:  # noqa: ARG003
        """To one rounding of the norm, always."""
        return cls(pixels, epsilon)

    @staticmethod
    def size(change: Tensor) -> Tensor:
        length: Tensor = torch.linalg.vector_norm(change, dim=(1, 2, 3), keepdim=True)
        return length / math.sqrt(change.shape[1:].numel())

    @staticmethod
    def uphill(gradient: Tensor) -> Tensor:
        length = torch.linalg.vector_norm(gradient, dim=(1, 2, 3), keepdim=True)
        unit = torch.where(length > 0, gradient / length, 0.0)
        return math.sqrt(gradient.shape[1:].numel()) * unit

    def project(self, pixels: Tensor) -> Tensor:
        """Towards the clean image, then into [0, 1], which brings no pixel farther from it."""
        change = pixels - self.clean
        size = self.size(change)
        nearer = self.clean + change * (self.epsilon / size)
        return torch.where(size > self.epsilon, nearer, pixels).clamp_(0, 1)

    def __getitem__(self, images: Tensor) -> L2Ball:
        return L2Ball(self.clean[images], take(self.epsilon, images))


def take(epsilon: Epsilon, images: Tensor) -> Epsilon:
    """The epsilon of some of the images."""
    return epsilon[images] if isinstance(epsilon, Tensor) else epsilon
