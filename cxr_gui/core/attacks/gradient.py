"""The three things an attack asks of a classifier: its logits, its threshold, and the loss gradient."""

from __future__ import annotations

import contextlib
import math
import threading
from collections.abc import Iterator

import torch
from torch import Tensor, nn

from cxr_gui.core.base.errors import ArgumentError
from cxr_gui.core.models import Reduction

PORTION = 8 * 224 * 224
"""Pixels that a classifier on the CPU is asked about at a time.

Blocks this small are reused from one layer to the next; those of a whole batch come fresh from the system,
and clearing them takes it a third of the time.
"""


class _Hold:
    """A classifier that somebody holds frozen, and what of it was not before."""

    def __init__(self, classifier: nn.Module) -> None:
        self.holders = 0
        self._training = [module for module in classifier.modules() if module.training]
        self._trainable = [weight for weight in classifier.parameters() if weight.requires_grad]
        self._set(False)

    def put_back(self) -> None:
        self._set(True)

    def _set(self, flag: bool) -> None:
        for module in self._training:
            module.training = flag
        for weight in self._trainable:
            weight.requires_grad_(flag)


_HELD: dict[nn.Module, _Hold] = {}
_GUARD = threading.Lock()


@contextlib.contextmanager
def frozen(classifier: nn.Module) -> Iterator[None]:
    """Within the block the classifier is in eval mode and its weights ask for no gradient.

    Eval mode leaves BatchNorm statistics and dropout's random numbers alone; weights without gradient spare
    the backward pass half its work. The first to hold a classifier freezes it, the last to let go puts back
    every module's mode and every weight's flag. So a block within a block costs next to nothing, which is
    what each step of an attack is, and threads that share a classifier do not thaw it for each other.
    """
    with _GUARD:
        hold = _HELD.get(classifier)
        if hold is None:
            hold = _HELD[classifier] = _Hold(classifier)
        hold.holders += 1
    try:
        yield
    finally:
        with _GUARD:
            hold.holders -= 1
            if not hold.holders:
                del _HELD[classifier]
                hold.put_back()


def logits_of(classifier: nn.Module, pixels: Tensor) -> Tensor:
    """Logits [B] as float32 or better, computed without autocast: what decisions are made from."""
    with frozen(classifier), torch.no_grad(), torch.autocast(pixels.device.type, enabled=False):
        return _precise(torch.cat([_answer(classifier, some) for some in _portions(pixels)]))


def loss_gradient(classifier: nn.Module, pixels: Tensor, labels: Tensor) -> tuple[Tensor, Tensor]:
    """(logits [B] float32, gradient like pixels) of the signed logit: z for label 0, -z for label 1.

    For one logit the derivative dJ/dz of the binary cross-entropy, sigmoid(z) - y, has this constant sign, so
    both losses ascend in the same direction; but in float32 it is exactly 0 from |z| = 16.7, which makes
    confident images look immune. Where the classifier sees block means alone, it is theirs, spread.
    """
    if reduction := Reduction.of(classifier):
        logits, gradient = loss_gradient(reduction.classifier, reduction.means(pixels), labels)
        return logits, reduction.gradient(gradient, pixels)
    portions = _portions(pixels)
    signs = torch.split(1 - 2 * labels, [len(some) for some in portions])
    found = [_signed_gradient(classifier, *some) for some in zip(portions, signs, strict=True)]
    logits, gradient = (torch.cat(parts) for parts in zip(*found, strict=True))
    if torch.is_autocast_enabled(pixels.device.type):
        return logits_of(classifier, pixels), gradient
    return _precise(logits), gradient


def threshold_logit(classifier: nn.Module) -> float:
    """The classifier's threshold on the logit scale; 0, which is p = 0.5, for a module that has none."""
    return float(getattr(classifier, "threshold_logit", 0.0))


def _portions(pixels: Tensor) -> tuple[Tensor, ...]:
    """The images, on the CPU a few at a time."""
    if pixels.device.type != "cpu":
        return (pixels,)
    return pixels.chunk(max(1, math.ceil(pixels[:, 0].numel() / PORTION)))


def _signed_gradient(classifier: nn.Module, pixels: Tensor, sign: Tensor) -> tuple[Tensor, Tensor]:
    """(logits [B], gradient like pixels) of sign * logit."""
    with frozen(classifier), torch.inference_mode(False), torch.enable_grad():
        leaf = (pixels.clone() if pixels.is_inference() else pixels.detach()).requires_grad_()
        logits = _answer(classifier, leaf)
        if not logits.requires_grad:
            raise ArgumentError(
                "carries no gradient to its pixels.",
                where="classifier",
                hint="Use a black-box attack: square.",
            )
        # A scalar on purpose: with grad_outputs torch imports sympy, seconds before the first image.
        (gradient,) = torch.autograd.grad((sign.to(logits.dtype) * logits).sum(), leaf)
    return logits.detach(), gradient


def _precise(logits: Tensor) -> Tensor:
    """Half precision is no ground for decisions."""
    return logits if logits.dtype == torch.float64 else logits.float()


def _answer(classifier: nn.Module, pixels: Tensor) -> Tensor:
    weight = next((weight for weight in classifier.parameters() if weight.is_floating_point()), None)
    logits: Tensor = classifier(pixels if weight is None else pixels.to(weight.dtype))
    if logits.shape != (len(pixels),):
        raise ArgumentError(
            f"answered with shape {list(logits.shape)} for {len(pixels)} images.",
            where="classifier",
            hint="Accepted: one logit for each image [B].",
        )
    return logits
