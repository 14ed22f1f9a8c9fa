"""Densely connected networks (Huang et al., 2017), as torchvision builds them."""

from __future__ import annotations

import re

from cxr_gui.core.models.classifier import Classifier
from cxr_gui.core.models.imagenet import NEEDS, adapted
from cxr_gui.core.models.registry import register


@register(
    "densenet121",
    title="DenseNet-121",
    summary="7.0 M parameters; CheXNet's network",
    needs=NEEDS,
)
def densenet121(*, pretrained: bool = False) -> Classifier:
    """Four dense blocks of 6, 12, 24 and 16 layers, each seeing all before it -> 1024 -> one logit."""
    return adapted("densenet121", pretrained=pretrained, rename=undotted)


def undotted(key: str) -> str:
    """`norm.1` as `norm1`: the published file is older than the ban on dots in the names of layers."""
    return re.sub(r"(denselayer\d+\.(?:norm|conv))\.([12]\.)", r"\1\2", key)
