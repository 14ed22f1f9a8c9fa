"""A small network made to be proven: what interval bounds lose, they lose at every layer, so it has few."""

from __future__ import annotations

import math
from itertools import pairwise

from torch import nn

from cxr_gui.core.models.classifier import Classifier, Normalisation
from cxr_gui.core.models.level_cnn import Levels
from cxr_gui.core.models.registry import register

GAIN = 0.6
"""Of the weights at the start, relative to He's for ReLU: so the bounds grow less with depth."""

STRIDES = (2, 2, 2, 1)


@register(
    "bounded_cnn",
    title="Bounded CNN",
    summary="0.3 M parameters, four convolutions of grey levels of 4 x 4 means; made to be proven",
)
def bounded_cnn(*, width: int = 32, levels: int = 12) -> Classifier:
    """224x224x1 in -1..1 -> 4x4 means, soft levels, four 3x3 convolutions down to 7x7 -> one logit.

    No normalisation of batches: its statistics would move the bounds from step to step.
    """
    widths = [levels, width, 2 * width, 4 * width, 4 * width]
    layers: list[nn.Module] = []
    for (before, after), stride in zip(pairwise(widths), STRIDES, strict=True):
        layers += [nn.Conv2d(before, after, kernel_size=3, stride=stride, padding=1), nn.ReLU()]
    network = nn.Sequential(
        nn.AvgPool2d(4),
        Levels(levels),
        *layers,
        nn.Flatten(),
        nn.Dropout(0.2),
        nn.Linear(49 * widths[-1], 1),
    )
    for name, weight in network.named_parameters():
        if name.endswith("bias"):
            nn.init.zeros_(weight)
        elif name.endswith("weight"):
            nn.init.normal_(weight, std=GAIN * math.sqrt(2 / weight[0].numel()))
    return Classifier(
        network,
        architecture="bounded_cnn",
        options={"width": width, "levels": levels},
        input_size=(224, 224),
        normalisation=Normalisation(mean=(0.5,), std=(0.5,)),
    )
