"""PGD in the Euclidean norm."""

from __future__ import annotations

from dataclasses import dataclass

from cxr_gui.core.attacks.ball import L2Ball
from cxr_gui.core.attacks.projected_gradient import PGD
from cxr_gui.core.attacks.registry import register


@register
@dataclass(frozen=True)
class PGDL2(PGD):
    """Projected gradient descent in L2 (Madry et al., 2018), on the epsilon axis of FGSM-L2."""

    name = "pgd_l2"
    title = "PGD-L2"
    summary = "PGD along the gradient: epsilon bounds the root mean square change, not the largest"
    norm = L2Ball
