"""Checks of the gradient: that there is one, and that it is the one of what the classifier computes."""

from __future__ import annotations

import copy
from collections.abc import Generator
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from cxr_gui.core.attacks import Batch, logits_of, loss_gradient
from cxr_gui.core.base.errors import ArgumentError
from cxr_gui.core.sweep.trust.check import CheckFinding, NotMadeError, check
from cxr_gui.core.sweep.trust.evidence import Evidence

IMAGES, DIRECTIONS = 6, 3
"""So many images, each along so many random directions and along the gradient's signs."""

JITTER = 1 / 510
"""Half a grey level. Black borders and equal neighbours are where maxima and ReLUs have kinks."""


@check(
    "zero gradients",
    "Has the attack a gradient to follow? If it fails, gradients are masked, which hides the way from "
    "the attack without making the classifier robust.",
)
def zero_gradients(evidence: Evidence) -> CheckFinding:
    """Share of the gradient's entries that are exactly 0; more than half, or a whole image, is masking."""
    try:
        _, gradient = loss_gradient(evidence.classifier, evidence.images.pixels, evidence.images.labels)
    except ArgumentError as error:
        return CheckFinding(False, 1.0, f"There is no gradient: {error.what}")
    zero = gradient == 0
    share = float(zero.float().mean())
    whole = int(zero.flatten(1).all(dim=1).sum())
    return CheckFinding(
        whole == 0 and share <= 0.5,
        share,
        f"{share:.1%} of the gradient's entries are exactly 0; all of them in {whole} of {len(zero)} images.",
    )


@dataclass(frozen=True)
class Precision:
    """How finely a derivative can be measured: the step of a central difference in pixel units, and how much
    of the derivative may be missing.

    A step crosses the kinks of ReLU, hardtanh and maxima in proportion to its length. In float64 it can be so
    short that hardly any are left: sound classifiers are within 1 %. In float32 rounding asks for a step ten
    thousand times as long, over whose kinks they are within 15 %. A gradient of something else is off by 90 %
    and more along random directions.
    """

    dtype: torch.dtype
    step: float
    tolerance: float


DOUBLE = Precision(torch.float64, 1e-7, 0.05)
SINGLE = Precision(torch.float32, 1e-3, 0.5)


@check(
    "gradient matches finite differences",
    "Is the gradient that of the numbers the classifier gives? If it fails, it belongs to something else, "
    "and attacks that follow it are led astray, however well it looks.",
)
def finite_differences(evidence: Evidence) -> Generator[None, None, CheckFinding]:
    """Autograd against central differences, along random signs and along the gradient's own."""
    images = evidence.images[:IMAGES]
    try:
        try:
            errors, precision = (yield from _errors(evidence.classifier, images, DOUBLE)), "float64"
        except (RuntimeError, TypeError):  # layers that cast by themselves, or a device without float64
            errors = yield from _errors(evidence.classifier, images, SINGLE)
            precision = "float32, as the classifier does not run in float64"
    except ArgumentError as error:
        raise NotMadeError(f"the classifier {error.what}") from error
    limit = (DOUBLE if precision == "float64" else SINGLE).tolerance
    worst, off = float(errors.max()), int((errors > limit).sum())
    return CheckFinding(
        off == 0,
        worst,
        f"Autograd and central differences disagree by more than {limit:.0%} in {off} of {len(errors)} "
        f"images (at most by {worst:.2g} of the derivative, in {precision}).",
    )


def _errors(classifier: nn.Module, images: Batch, precision: Precision) -> Generator[None, None, Tensor]:
    """How much of each image's derivative is missing [B]: along random directions or along the gradient's.

    Chance is pinned, so that both ends of a difference meet the same; labels are 0, as the sign is no matter.
    Raises TypeError or RuntimeError where the classifier does not run in this precision.
    """
    probe = copy.deepcopy(classifier).to(precision.dtype)
    chance = images.chance(0)
    pixels = images.pixels.to(precision.dtype)
    pixels = JITTER + (1 - 2 * JITTER) * pixels + JITTER * chance.uniform(pixels)
    devices = [pixels.device] if pixels.device.type == "cuda" else []

    def at(points: Tensor) -> Tensor:
        with torch.random.fork_rng(devices=devices):
            torch.manual_seed(0)
            return logits_of(probe, points)

    with torch.random.fork_rng(devices=devices):
        torch.manual_seed(0)
        logits, gradient = loss_gradient(probe, pixels, torch.zeros_like(images.labels))
    if logits.dtype != precision.dtype:
        raise TypeError(f"answered in {logits.dtype}")
    yield
    stated, measured = [], []
    for number in range(1 + DIRECTIONS):
        direction = chance.signs(pixels) if number else gradient.sign()
        step = precision.step * direction
        measured.append((at(pixels + step) - at(pixels - step)) / (2 * precision.step))
        stated.append((gradient * direction).flatten(1).sum(dim=1))
        yield
    rounding = 10 * torch.finfo(precision.dtype).eps * (1 + logits.abs()) / precision.step
    ours, theirs = torch.stack(stated), torch.stack(measured)
    along = _share(ours[:1], theirs[:1], rounding)
    return torch.maximum(along, _share(ours[1:], theirs[1:], rounding))


def _share(stated: Tensor, measured: Tensor, rounding: Tensor) -> Tensor:
    """How much of the larger one their difference [D, B] is, beyond what rounding explains: [B]."""
    difference = ((stated - measured).norm(dim=0) - rounding).clamp(min=0)
    size = torch.maximum(stated.norm(dim=0), measured.norm(dim=0))
    return torch.where(difference > 0, difference / size, 0.0)
