"""Vision transformer (Dosovitskiy et al., 2021), as torchvision builds it."""

from __future__ import annotations

from cxr_gui.core.models.classifier import Classifier
from cxr_gui.core.models.imagenet import NEEDS, adapted
from cxr_gui.core.models.registry import register


@register(
    "vit_b_16",
    title="ViT-B/16",
    summary="85.8 M parameters; attention between 196 patches of 16x16; slow on a CPU",
    needs=NEEDS,
)
def vit_b_16(*, pretrained: bool = False) -> Classifier:
    """Twelve encoder layers of width 768 with twelve heads; the class token -> one logit."""
    return adapted("vit_b_16", pretrained=pretrained)
