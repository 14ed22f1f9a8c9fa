"""FGSM's relative in the Euclidean norm: one step along the gradient itself, not along its sign."""

from __future__ import annotations

from dataclasses import dataclass

from cxr_gui.core.attacks.ball import L2Ball
from cxr_gui.core.attacks.fast_gradient import FGSM
from cxr_gui.core.attacks.registry import register


@register
@dataclass(frozen=True)
class FGSML2(FGSM):
    """Fast gradient method in L2: x + epsilon * sqrt(d) * grad / |grad|_2, for images of d numbers.

    Its root mean square change is epsilon, as FGSM's is, so both have the same energy on one epsilon axis;
    single pixels may change by more than epsilon.
    """

    name = "fgsm_l2"
    title = "FGSM-L2"
    summary = "One step along the gradient: epsilon bounds the root mean square change, not the largest"
    norm = L2Ball
