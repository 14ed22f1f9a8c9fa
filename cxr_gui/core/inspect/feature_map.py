"""The feature map that Grad-CAM reads: the last one with places that a classifier's logit depends on."""

from __future__ import annotations

import copy
import math
from collections.abc import Callable

import torch
from torch import Tensor, nn

from cxr_gui.core.attacks import frozen
from cxr_gui.core.base.errors import ArgumentError


def last_feature_map(classifier: nn.Module, pixels: Tensor, sign: int) -> tuple[str, Tensor, Tensor]:
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
