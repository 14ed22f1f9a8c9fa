"""FGSM's relative in the Euclidean norm: one step along the gradient itself, not along its sign."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from cxr_gui.core.attacks.gradient import loss_gradient
from cxr_gui.core.attacks.protocol import Batch, SingleStep
from cxr_gui.core.attacks.registry import register


@register
@dataclass(frozen=True)
class FGSML2(SingleStep):
    """Fast gradient method in L2: x + epsilon * sqrt(d) * grad / |grad|_2, for images of d numbers.

    Its root mean square change is epsilon, as FGSM's is, so both have the same energy on one epsilon axis;
    single pixels may change by more than epsilon.
    """

    name = "fgsm_l2"
    title = "FGSM-L2"
    summary = "One step along the gradient: epsilon bounds the root mean square change, not the largest"

    def direction(self, classifier: nn.Module, batch: Batch) -> tuple[Tensor, Tensor]:
        logits, gradient = loss_gradient(classifier, batch.pixels, batch.labels)
        length = torch.linalg.vector_norm(gradient, dim=(1, 2, 3), keepdim=True)
        unit = torch.where(length > 0, gradient / length, 0.0)
        return logits, gradient[0].numel() ** 0.5 * unit
