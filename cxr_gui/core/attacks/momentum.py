"""Momentum I-FGSM: steps along a running mean of the gradient, so that they carry over small bumps."""

from __future__ import annotations

from dataclasses import dataclass

from torch import Tensor

from cxr_gui.core.attacks.projected_gradient import ManySteps
from cxr_gui.core.attacks.protocol import parameter
from cxr_gui.core.attacks.registry import register


@register
@dataclass(frozen=True)
class MomentumIFGSM(ManySteps):
    """Momentum iterative method (Dong et al., 2018): g = decay * g + grad / |grad|_1, steps along sign(g)."""

    name = "mifgsm"
    title = "Momentum I-FGSM"
    summary = "I-FGSM along a running mean of the gradient"

    decay: float = parameter(1.0, "Share of the last direction that is kept", minimum=0.0, maximum=1.0)

    def update(self, gradient: Tensor, velocity: Tensor | None) -> Tensor:
        size = gradient.abs().sum(dim=(1, 2, 3), keepdim=True)
        fresh = gradient / size.clamp_min(1e-30)
        return fresh if velocity is None else self.decay * velocity + fresh
