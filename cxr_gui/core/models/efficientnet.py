"""EfficientNet (Tan and Le, 2019), as torchvision builds it."""

from __future__ import annotations

from cxr_gui.core.models.classifier import Classifier
from cxr_gui.core.models.imagenet import NEEDS, adapted
from cxr_gui.core.models.registry import register


@register(
    "efficientnet_b0",
    title="EfficientNet-B0",
    summary="4.0 M parameters; depthwise convolutions with squeeze and excitation",
    needs=NEEDS,
)
def efficientnet_b0(*, pretrained: bool = False) -> Classifier:
    """Sixteen inverted residual blocks -> 1280 -> dropout 0.2 -> one logit."""
    return adapted("efficientnet_b0", pretrained=pretrained)
