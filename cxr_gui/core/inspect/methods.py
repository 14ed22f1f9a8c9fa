"""How a film can be explained, in words; `explanation` does it. No torch, which the window precedes."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Method:
    """A way to explain a decision. signed: whether a value can speak against the decision."""

    title: str
    summary: str
    signed: bool = False


METHODS = {
    "grad_cam": Method(
        "Grad-CAM",
        "What the last feature map adds to the decision, by places: coarse, and quick (one gradient).",
    ),
    "integrated_gradients": Method(
        "Integrated gradients",
        "What each pixel adds to the decision, from a black image on: fine, and slow (32 gradients).",
        signed=True,
    ),
}
