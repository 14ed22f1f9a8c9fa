"""Where a classifier looks: which parts of one image speak for its decision.

An explanation is of the model, not of the disease: it says what the logit depends on, which may be a letter
on the film as well as a lung. Both methods explain the decision's own logit: z where the image is decided
to be positive, -z where it is not.
"""

from __future__ import annotations

import copy
import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional

from cxr_gui.core.attacks import check_logits, device_of, frozen, logits_of, threshold_logit
from cxr_gui.core.base.errors import ArgumentError
from cxr_gui.core.base.progress import Event, Work
from cxr_gui.core.base.published import CLASSES
from cxr_gui.core.inspect.methods import METHODS

SEGMENTS = 8
STEPS = 4
"""Gradients taken in each of the SEGMENTS of the way from black to the image."""


@dataclass(frozen=True, eq=False)
class Explanation:
    """What one image's decision rests on.

    values    float32 [H, W], of the image's size, in logits. Grad-CAM: 0 or more. Integrated gradients: for
              the decision where positive, against it where negative; they add up to `total`
    decision  the class that is spoken for                     logit  the classifier's own, of this image
    layer     Grad-CAM: the feature map that was read, by its name in the network
    total     integrated gradients: the decision's logit of the image less that of a black one
    """

    method: str
    values: NDArray[np.float32]
    decision: str
    logit: float
    layer: str = ""
    total: float = math.nan

    @property
    def signed(self) -> bool:
        """Whether a value can speak against the decision."""
        return METHODS[self.method].signed


def explain(classifier: nn.Module, image: NDArray[np.float32], method: str) -> Work[Explanation]:
    """Explain the decision on `image`, float [H, W] or [H, W, 3] in 0..1, by one of METHODS.

    The classifier's modes, flags, gradients and hooks stay as they are. Raises ArgumentError for an unknown
    method, an image of another shape, or a classifier that the method cannot read.
    """
    if method not in METHODS:
        raise ArgumentError(f"is {method!r}.", where="method", hint=f"Accepted: {', '.join(METHODS)}.")
    if image.ndim not in (2, 3) or (image.ndim == 3 and image.shape[2] != 3):
        raise ArgumentError(
            f"has shape {list(image.shape)}.", where="image", hint="Accepted: [H, W] or [H, W, 3]."
        )
    return (yield from EXPLAINERS[method](classifier, image))


def grad_cam(classifier: nn.Module, image: NDArray[np.float32]) -> Work[Explanation]:
    """Grad-CAM (Selvaraju et al., 2017): relu(sum_k a_k A_k), a_k the mean over the places of dz/dA_k.

    A is the last feature map with places that the logit depends on: in a convolutional network the last one
    before the places are pooled or flattened, in a transformer the last patch tokens that are still looked
    at. The map is enlarged to the image's size bilinearly.
    """
    yield Event("Explaining by Grad-CAM", 0, None)
    pixels, logit, positive = _decided(classifier, image)
    name, activation, gradient = _last_feature_map(classifier, pixels, 1 if positive else -1)
    weights = gradient.mean(dim=(2, 3), keepdim=True)
    small = functional.relu((weights * activation).sum(dim=1, keepdim=True))
    large = functional.interpolate(small, size=image.shape[:2], mode="bilinear", align_corners=False)
    return Explanation("grad_cam", _values(large), _class(classifier, positive), logit, layer=name)


def integrated_gradients(classifier: nn.Module, image: NDArray[np.float32]) -> Work[Explanation]:
    """Integrated gradients (Sundararajan et al., 2017) from a black image, by Captum; channels summed.

    The way from black is walked in segments, whose attributions add up to those of the whole, so that the
    work can be followed and cancelled.
    """
    yield Event("Loading Captum", 0, None)
    from captum.attr import IntegratedGradients  # seconds, so only whoever asks waits

    pixels, logit, positive = _decided(classifier, image)
    sign = 1 if positive else -1
    method = IntegratedGradients(lambda some: sign * classifier(some))
    attribution = torch.zeros_like(pixels)
    for number in range(SEGMENTS):
        yield Event("Integrating gradients", number, SEGMENTS)
        with frozen(classifier), torch.autocast(pixels.device.type, enabled=False):
            attribution += method.attribute(
                pixels * ((number + 1) / SEGMENTS), pixels * (number / SEGMENTS), n_steps=STEPS
            ).detach()
    black = float(check_logits(logits_of(classifier, torch.zeros_like(pixels))))
    return Explanation(
        "integrated_gradients",
        _values(attribution.sum(dim=1, keepdim=True)),
        _class(classifier, positive),
        logit,
        total=sign * (logit - black),
    )


EXPLAINERS: dict[str, Callable[[nn.Module, NDArray[np.float32]], Work[Explanation]]] = {
    "grad_cam": grad_cam,
    "integrated_gradients": integrated_gradients,
}


def _decided(classifier: nn.Module, image: NDArray[np.float32]) -> tuple[Tensor, float, bool]:
    """(pixels [1, 1 or 3, H, W] as the classifier takes them, its logit, whether that is positive)."""
    channels = image[None] if image.ndim == 2 else image.transpose(2, 0, 1)
    weight = next((weight for weight in classifier.parameters() if weight.is_floating_point()), None)
    pixels = torch.from_numpy(np.ascontiguousarray(channels))[None].to(
        device_of(classifier) or "cpu", torch.float32 if weight is None else weight.dtype
    )
    logit = float(check_logits(logits_of(classifier, pixels)))
    return pixels, logit, logit >= threshold_logit(classifier)


def _last_feature_map(classifier: nn.Module, pixels: Tensor, sign: int) -> tuple[str, Tensor, Tensor]:
    """(name, activation [1, C, h, w], gradient of sign * logit like it) of the map that Grad-CAM reads."""
    twin = _twin(classifier)
    maps: list[tuple[str, Tensor]] = []

    def watch(name: str) -> Callable[[nn.Module, object, object], None]:
        def keep(_module: nn.Module, _inputs: object, output: object) -> None:
            if isinstance(output, Tensor) and _grid(output, pixels) is not None:
                maps.append((name, output))

        return keep

    for name, module in twin.named_modules():
        if name:
            module.register_forward_hook(watch(name))
    with frozen(twin), torch.enable_grad(), torch.autocast(pixels.device.type, enabled=False):
        logit = sign * twin(pixels.clone().requires_grad_()).sum()
        if not logit.requires_grad or not maps:
            raise ArgumentError(
                "has no feature map with places in it that its logit depends on.",
                where="classifier",
                hint="Use integrated gradients.",
            )
        # From the end: in a transformer the last tokens of all are passed over, where only the class token
        # is read on, and the first map found serves where nothing has a gradient at all.
        for name, output in reversed(maps):
            (gradient,) = torch.autograd.grad(logit, output, retain_graph=True, allow_unused=True)
            if gradient is not None and _as_map(gradient, pixels).any():
                return name, _as_map(output.detach(), pixels), _as_map(gradient, pixels)
    name, output = maps[-1]
    nothing = _as_map(torch.zeros_like(output), pixels)
    return name, nothing, nothing


def _twin(classifier: nn.Module) -> nn.Module:
    """The same layers around the very same weights, to be watched without touching the original.

    Others may use the classifier at this moment on threads of their own, and would be watched as well.
    """
    shared = {id(tensor): tensor for tensor in (*classifier.parameters(), *classifier.buffers())}
    return copy.deepcopy(classifier, shared)


def _grid(output: Tensor, pixels: Tensor) -> tuple[int, int] | None:
    """The places (h, w) of a map [1, C, h, w], or of tokens [1, 1 + h * w or h * w, C]; None for neither."""
    if not output.is_floating_point() or len(output) != 1:
        return None
    if output.ndim == 4:
        height, width = output.shape[2:]
        return (height, width) if height * width > 1 else None
    if output.ndim == 3:
        for patches in (output.shape[1] - 1, output.shape[1]):
            height = round(math.sqrt(max(patches, 0) * pixels.shape[2] / pixels.shape[3]))
            if height and patches > 1 and patches % height == 0:
                return height, patches // height
    return None


def _as_map(output: Tensor, pixels: Tensor) -> Tensor:
    """A map or tokens as [1, C, h, w]; a class token, which has no place, is left out."""
    if output.ndim == 4:
        return output
    grid = _grid(output, pixels)
    assert grid is not None  # noqa: S101
    patches = output[:, output.shape[1] - grid[0] * grid[1] :]
    return patches.transpose(1, 2).reshape(1, -1, *grid)


def _values(found: Tensor) -> NDArray[np.float32]:
    values: NDArray[np.float32] = found[0, 0].float().cpu().numpy()
    return values


def _class(classifier: nn.Module, positive: bool) -> str:
    classes: tuple[str, str] = getattr(classifier, "classes", CLASSES)
    return classes[positive]
