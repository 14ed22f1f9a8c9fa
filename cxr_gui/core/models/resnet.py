"""Residual networks (He et al., 2016), as torchvision builds them."""

from __future__ import annotations

from cxr_gui.core.models.classifier import Classifier
from cxr_gui.core.models.imagenet import NEEDS, adapted
from cxr_gui.core.models.registry import register


@register(
    "resnet18",
    title="ResNet-18",
    summary="11.2 M parameters in eight residual blocks",
    needs=NEEDS,
)
def resnet18(*, pretrained: bool = False) -> Classifier:
    """Blocks of two 3x3 convolutions, each added to its input -> 512 -> one logit."""
    return adapted("resnet18", pretrained=pretrained)


@register("resnet50", title="ResNet-50", summary="23.5 M parameters in 16 bottleneck blocks", needs=NEEDS)
def resnet50(*, pretrained: bool = False) -> Classifier:
    """Blocks of 1x1, 3x3 and 1x1 convolutions, each added to its input -> 2048 -> one logit."""
    return adapted("resnet50", pretrained=pretrained)
