"""A small network made for robust training: it sees which of several grey levels each place is above."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from cxr_gui.core.models.classifier import Classifier, Normalisation
from cxr_gui.core.models.compact_cnn import block, convolution, head
from cxr_gui.core.models.registry import register

RAMP = 0.6
"""Slope of a ramp times the distance of the levels; below 1, neighbouring ramps overlap."""


class Levels(nn.Module):
    """Soft comparisons with grey levels: [B, 1, H, W] -> [B, levels, H, W] in -1..1.

    Channel k rises from -1 to 1 in a ramp about its level. What lies off the ramp by more than epsilon does
    not move under attack, and a network of convolutions alone takes long to find that out. At the start the
    ramps overlap, so that every grey value is on one and has a gradient. Levels and slopes are trained.
    """

    def __init__(self, levels: int) -> None:
        super().__init__()
        apart = 2.0 / (levels + 1)
        # Not a tensor's arithmetic: on "meta", where checkpoints are built, it imports PyTorch's compiler.
        start = np.arange(1, levels + 1, dtype=np.float32) * np.float32(apart) - np.float32(1)
        self.level = nn.Parameter(torch.tensor(start.tolist()).view(1, -1, 1, 1))
        self.slope = nn.Parameter(torch.full((1, levels, 1, 1), RAMP / apart))

    def forward(self, pixels: Tensor) -> Tensor:
        return functional.hardtanh((pixels - self.level) * self.slope)


@register(
    "level_cnn",
    title="Level CNN",
    summary="0.3 M parameters, compares 8 x 8 means with grey levels; made for the robust recipes",
)
def level_cnn(*, width: int = 32, levels: int = 12) -> Classifier:
    """224x224x1 in -1..1 -> 8x8 means, soft levels, convolution, two blocks, global average -> one logit.

    Coarse on purpose: detail that averages away over 8 pixels is what an attack moves first.
    """
    widths = [width, 2 * width, 4 * width]
    network = nn.Sequential(
        nn.AvgPool2d(8),
        Levels(levels),
        convolution(levels, width),
        *[block(before, after) for before, after in pairwise(widths)],
        *head(widths[-1]),
    )
    return Classifier(
        network,
        architecture="level_cnn",
        options={"width": width, "levels": levels},
        input_size=(224, 224),
        normalisation=Normalisation(mean=(0.5,), std=(0.5,)),
    )
