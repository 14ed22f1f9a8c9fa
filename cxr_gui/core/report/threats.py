"""The threat models in words, as they are for the classifier at hand."""

from __future__ import annotations

from cxr_gui.core.sweep import SweepResult

COLOURED = "A radiograph has a single grey channel, so such an image is no longer one."
RGB = {
    None: "Three channels are perturbed independently (threat model rgb, the published setting). "
    f"{COLOURED} How many channels the network sees was not recorded; one that sees a single channel gets "
    "their mean, and then this is the same as one shared perturbation (threat model grey).",
    1: "Three channels are perturbed independently (threat model rgb), but this classifier sees a single "
    "grey channel, their mean. So there is nothing that this attacker can do to it and one with a single "
    "perturbation for all channels (threat model grey) cannot: it is not the published setting.",
    3: "The three channels that the network sees are perturbed independently (threat model rgb, the "
    f"published setting). {COLOURED}",
}
GREY = (
    "One perturbation is shared by all channels (threat model grey), so the perturbed image is still a "
    "radiograph."
)


def threat_words(result: SweepResult) -> str:
    """What the threat model means for the classifier at hand."""
    return GREY if result.threat == "grey" else RGB.get(result.channels, RGB[None])
