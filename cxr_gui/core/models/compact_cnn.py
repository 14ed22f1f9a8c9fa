"""A small network for laptops: convolutions with BatchNorm between 2x2 means, global average pooling."""

from __future__ import annotations

from itertools import pairwise

from torch import nn

from cxr_gui.core.models.classifier import Classifier, Normalisation
from cxr_gui.core.models.registry import register


def convolution(channels_in: int, channels_out: int) -> nn.Sequential:
    """3x3 convolution, BatchNorm, ReLU."""
    return nn.Sequential(
        nn.Conv2d(channels_in, channels_out, kernel_size=3, padding=1, bias=False),
        nn.BatchNorm2d(channels_out),
        nn.ReLU(),
    )


def block(channels_in: int, channels_out: int) -> nn.Sequential:
    """2x2 means, which alias less than strides do, and two convolutions."""
    return nn.Sequential(
        nn.AvgPool2d(2), convolution(channels_in, channels_out), convolution(channels_out, channels_out)
    )


def head(channels: int) -> list[nn.Module]:
    """Global average, dropout, one logit."""
    return [nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Dropout(0.2), nn.Linear(channels, 1)]


@register(
    "compact_cnn", title="Compact CNN", summary="0.7 M parameters, global average pooling; quick on a CPU"
)
def compact_cnn(*, width: int = 24) -> Classifier:
    """224x224x1 in -1..1 -> 4x4 means, convolution, three blocks to 7x7, global average -> one logit."""
    widths = [width, 2 * width, 4 * width, 8 * width]
    network = nn.Sequential(
        nn.AvgPool2d(4),
        convolution(1, width),
        *[block(before, after) for before, after in pairwise(widths)],
        *head(widths[-1]),
    )
    return Classifier(
        network,
        architecture="compact_cnn",
        options={"width": width},
        input_size=(224, 224),
        normalisation=Normalisation(mean=(0.5,), std=(0.5,)),
    )
