"""The network of the published study: three conv blocks of 32, 64 and 128 channels, FC 256, dropout."""

from __future__ import annotations

from torch import nn

from cxr_gui.core.models.classifier import Classifier
from cxr_gui.core.models.registry import register


def _block(channels_in: int, channels_out: int) -> nn.Sequential:
    """3x3 convolution, ReLU, 2x2 max pooling.

    Both ReLU and max are monotone, so pooling first is the same function on a quarter of the values.
    """
    return nn.Sequential(
        nn.Conv2d(channels_in, channels_out, kernel_size=3, padding=1), nn.MaxPool2d(2), nn.ReLU()
    )


@register("paper_cnn", title="Paper CNN", summary="The published study's network, 25.8 M parameters")
def paper_cnn() -> Classifier:
    """The study's CNN: 224x224x3 in -1..1 -> 128x28x28 -> 256 -> dropout 0.5 -> one logit."""
    network = nn.Sequential(
        _block(3, 32),
        _block(32, 64),
        _block(64, 128),
        nn.Flatten(),
        nn.Linear(128 * 28 * 28, 256),
        nn.ReLU(),
        nn.Dropout(0.5),
        nn.Linear(256, 1),
    )
    return Classifier(network, architecture="paper_cnn", input_size=(224, 224))
