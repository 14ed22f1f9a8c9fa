"""How a film can be explained: a method is one function here, decorated with its words.

PyTorch, which the window precedes, is imported by the functions, once somebody asks for an explanation.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from cxr_gui.core.base.progress import Event, Work
from cxr_gui.core.base.registry import Registry

if TYPE_CHECKING:
    from cxr_gui.core.inspect.explanation import Explanation, Subject

    Explainer = Callable[[Subject], Work[Explanation]]

SEGMENTS = 8
STEPS = 4
"""Gradients taken in each of the SEGMENTS of the way from black to the image."""


@dataclass(frozen=True)
class Method:
    """A way to explain a decision. signed: whether a value can speak against the decision."""

    title: str
    summary: str
    explain: Explainer
    signed: bool = False


METHODS: Registry[Method] = Registry("method of explanation")


def method(title: str, summary: str, *, signed: bool = False) -> Callable[[Explainer], Explainer]:
    """Make a function the method of its name."""

    def add(explain: Explainer) -> Explainer:
        METHODS.add(explain.__name__, Method(title, summary, explain, signed))
        return explain

    return add


@method(
    "Grad-CAM", "What the last feature map adds to the decision, by places: coarse, and quick (one gradient)."
)
def grad_cam(subject: Subject) -> Work[Explanation]:
    """Grad-CAM (Selvaraju et al., 2017): relu(sum_k a_k A_k), a_k the mean over the places of dz/dA_k.

    A is the last feature map with places that the logit depends on: in a convolutional network the last one
    before the places are pooled or flattened, in a transformer the last patch tokens that are still looked
    at. The map is enlarged to the image's size bilinearly.
    """
    yield Event("Explaining by Grad-CAM", 0, None)
    from torch.nn.functional import interpolate

    from cxr_gui.core.inspect.feature_map import last_feature_map

    name, activation, gradient = last_feature_map(subject.classifier, subject.pixels, subject.sign)
    weights = gradient.mean(dim=(2, 3), keepdim=True)
    small = (weights * activation).sum(dim=1, keepdim=True).relu()
    large = interpolate(small, size=subject.pixels.shape[2:], mode="bilinear", align_corners=False)
    return subject.explained(large, layer=name)


@method(
    "Integrated gradients",
    "What each pixel adds to the decision, from a black image on: fine, and slow (32 gradients).",
    signed=True,
)
def integrated_gradients(subject: Subject) -> Work[Explanation]:
    """Integrated gradients (Sundararajan et al., 2017) from a black image, by Captum; channels summed.

    The way from black is walked in segments, whose attributions add up to those of the whole, so that the
    work can be followed and cancelled.
    """
    yield Event("Loading Captum", 0, None)
    import torch
    from captum.attr import IntegratedGradients  # seconds, so only whoever asks waits

    from cxr_gui.core.attacks import check_logits, frozen, logits_of

    pixels = subject.pixels
    gradients = IntegratedGradients(lambda some: subject.sign * subject.classifier(some))
    attribution = torch.zeros_like(pixels)
    for number in range(SEGMENTS):
        yield Event("Integrating gradients", number, SEGMENTS)
        with frozen(subject.classifier), torch.autocast(pixels.device.type, enabled=False):
            attribution += gradients.attribute(
                pixels * ((number + 1) / SEGMENTS), pixels * (number / SEGMENTS), n_steps=STEPS
            ).detach()
    black = float(check_logits(logits_of(subject.classifier, torch.zeros_like(pixels))))
    return subject.explained(
        attribution.sum(dim=1, keepdim=True), total=subject.sign * (subject.logit - black)
    )
