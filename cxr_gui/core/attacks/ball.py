"""The set an iterative attack may move in: within epsilon of the clean pixels, and inside [0, 1]."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from cxr_gui.core.attacks.protocol import Epsilon


@dataclass(frozen=True, eq=False)
class Ball:
    """Per-pixel bounds [B, C, H, W]: lower <= x <= upper."""

    lower: Tensor
    upper: Tensor

    @classmethod
    def around(cls, pixels: Tensor, epsilon: Epsilon) -> Ball:
        """The ball around clean `pixels`; |x - pixels| <= epsilon holds in their own arithmetic.

        pixels + epsilon may round to just outside, which the next number inwards does not.
        """
        lower, upper = pixels - epsilon, pixels + epsilon
        lower = torch.where(pixels - lower > epsilon, torch.nextafter(lower, pixels), lower)
        upper = torch.where(upper - pixels > epsilon, torch.nextafter(upper, pixels), upper)
        return cls(lower.clamp_(min=0), upper.clamp_(max=1))

    def project(self, pixels: Tensor) -> Tensor:
        """The nearest point of the ball to each of `pixels`."""
        return torch.clamp(pixels, self.lower, self.upper)

    def __getitem__(self, rows: Tensor) -> Ball:
        return Ball(self.lower[rows], self.upper[rows])


def take(epsilon: Epsilon, rows: Tensor) -> Epsilon:
    """The epsilon of some of the images."""
    return epsilon[rows] if isinstance(epsilon, Tensor) else epsilon
