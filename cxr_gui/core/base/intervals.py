"""The pixels within epsilon of an image and inside [0, 1]: an interval for each of them."""

from __future__ import annotations

import torch
from torch import Tensor


def bounds(pixels: Tensor, epsilon: float | Tensor, *, exactly: bool = True) -> tuple[Tensor, Tensor]:
    """(lower, upper) like `pixels` [B, C, H, W]; epsilon in pixel units, a number or one per image.

    |x - pixels| <= epsilon holds in the pixels' own arithmetic where it is to hold `exactly`:
    pixels + epsilon may round to just outside, which the next number inwards does not.
    """
    if isinstance(epsilon, Tensor):
        epsilon = epsilon.reshape(-1, 1, 1, 1)
    lower, upper = pixels - epsilon, pixels + epsilon
    if exactly:
        lower = torch.where(pixels - lower > epsilon, torch.nextafter(lower, pixels), lower)
        upper = torch.where(upper - pixels > epsilon, torch.nextafter(upper, pixels), upper)
    return lower.clamp_(min=0), upper.clamp_(max=1)
