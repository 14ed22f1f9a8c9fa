"""A box of tensors: everything between a lower and an upper one."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

ROUNDING = 1e-10
"""How far a sum in float64 may be off, relative to the sum of the magnitudes of its terms.

n terms in any order are off by n * 2^-53 at most, to first order (Higham, Accuracy and Stability of Numerical
Algorithms, 2002, section 3.1): this covers sums of 900,000 and the few elementwise roundings before each.
"""


@dataclass(frozen=True)
class Interval:
    """Tensors [B, ...] between `lower` and `upper`.

    clean  values [B, ...] of the images themselves, where a forward of them shares the pass: BatchNorm in
           train mode takes its statistics from them
    """

    lower: Tensor
    upper: Tensor
    clean: Tensor | None = None

    @property
    def centre(self) -> Tensor:
        return (self.lower + self.upper) / 2

    @property
    def radius(self) -> Tensor:
        return (self.upper - self.lower) / 2

    def __len__(self) -> int:
        return len(self.lower)


def ball(pixels: Tensor, epsilon: float | Tensor) -> Interval:
    """The images within epsilon of `pixels` [B, C, H, W] in 0..1 that are in 0..1 themselves.

    epsilon  in pixel units, one number or one for each image [B, 1, 1, 1]
    """
    return Interval((pixels - epsilon).clamp(min=0), (pixels + epsilon).clamp(max=1), pixels)


def outward(centre: Tensor, radius: Tensor) -> Tensor:
    """The radius, in float64 with room for what rounding can add to the sums that follow.

    In float32, which trains and proves nothing, it is the radius itself.
    """
    return radius + ROUNDING * (centre.abs() + radius) if radius.dtype == torch.float64 else radius
