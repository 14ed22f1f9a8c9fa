"""ConvNeXt (Liu et al., 2022), as torchvision builds it."""

from __future__ import annotations

from cxr_gui.core.models.classifier import Classifier
from cxr_gui.core.models.imagenet import NEEDS, adapted
from cxr_gui.core.models.registry import register


@register(
    "convnext_tiny",
    title="ConvNeXt-Tiny",
    summary="27.8 M parameters; a convolutional network with a transformer's proportions, no BatchNorm",
    needs=NEEDS,
)
def convnext_tiny(*, pretrained: bool = False) -> Classifier:
    """Eighteen blocks of 7x7 depthwise convolutions with LayerNorm -> 768 -> one logit."""
    return adapted("convnext_tiny", pretrained=pretrained)
