"""The fast gradient sign method: the attack this workbench is about."""

from __future__ import annotations

from dataclasses import dataclass

from torch import Tensor, nn

from cxr_gui.core.attacks.arguments import check_attack_arguments, check_logits, device_of
from cxr_gui.core.attacks.gradient import loss_gradient
from cxr_gui.core.attacks.protocol import Batch, SingleStep
from cxr_gui.core.attacks.registry import register


def fgsm(classifier: nn.Module, pixels: Tensor, labels: Tensor, epsilon: float | Tensor) -> Tensor:
    """Fast gradient sign method (Goodfellow et al., 2015, section 4).

    pixels   float [B, 1 or 3, H, W], 0..1: one channel is the grey threat model, three are rgb
    labels   0/1 [B], the class to move away from; to aim at class t, give 1 - t
    epsilon  L-infinity radius in pixel units, a number or one per image [B]

    Returns adversarial pixels like `pixels`, inside [0, 1] and, to one rounding of pixels' dtype, within
    epsilon: they are the formula's own float32 values, bit for bit those of other libraries. The classifier
    (mode, statistics, gradients) and the arguments are untouched. Raises ArgumentError for arguments that are
    not accepted.
    """
    device = pixels.device if isinstance(pixels, Tensor) else None
    pixels, labels, epsilon = check_attack_arguments(pixels, labels, epsilon, device_of(classifier))
    logits, gradient = loss_gradient(classifier, pixels, labels)
    check_logits(logits)
    return (pixels + epsilon * gradient.sign()).clamp(0, 1).to(device)


@register
@dataclass(frozen=True)
class FGSM(SingleStep):
    """The fast gradient method of a norm as a member of the family."""

    name = "fgsm"
    title = "FGSM"
    summary = "One step of epsilon along the sign of the loss gradient"

    def direction(self, classifier: nn.Module, batch: Batch) -> tuple[Tensor, Tensor]:
        logits, gradient = loss_gradient(classifier, batch.pixels, batch.labels)
        return logits, self.norm.uphill(gradient)
