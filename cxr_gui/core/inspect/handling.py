"""A film as it is after it was handled, in one batch for as many ways as are asked for."""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch
from torch import Tensor
from torch.nn import functional

from cxr_gui.core.shifts import ATTENUATION, Handling


def handled(pixels: Tensor, handlings: Sequence[Handling]) -> Tensor:
    """One film [1, 1, H, W] in 0..1, handled in B ways: [B, 1, H, W], rounded to 8 bits as every input is.

    Grey values first, then geometry, bilinear; black where the film ended.
    """
    factors = torch.tensor(
        [[each.exposure, each.gamma] for each in handlings], dtype=pixels.dtype, device=pixels.device
    )
    exposure, gamma = factors[:, :, None, None, None].unbind(1)
    grey = (pixels - exposure.log() / ATTENUATION).clamp(0, 1) ** gamma
    height, width = pixels.shape[-2:]
    if any((each.rotation, each.right, each.down, each.zoom) != (0.0, 0.0, 0.0, 1.0) for each in handlings):
        back = [_back(each, height / width) for each in handlings]
        matrices = torch.tensor(back, dtype=pixels.dtype, device=pixels.device)
        grid = functional.affine_grid(matrices, [len(handlings), 1, height, width], align_corners=False)
        grey = functional.grid_sample(grey, grid, mode="bilinear", padding_mode="zeros", align_corners=False)
    return (grey * 255).round() / 255


def _back(handling: Handling, tall: float) -> list[list[float]]:
    """Where each point of the film comes from: [2, 3] of (x, y) in -1..1; y is `tall` times as long as x."""
    angle = math.radians(handling.rotation)
    cos, sin = math.cos(angle) / handling.zoom, math.sin(angle) / handling.zoom
    x, y = 2 * handling.right, 2 * handling.down
    return [
        [cos, sin * tall, -cos * x - sin * tall * y],
        [-sin / tall, cos, sin / tall * x - cos * y],
    ]
