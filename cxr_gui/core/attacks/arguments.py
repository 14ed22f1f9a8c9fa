"""What attacks and sweeps accept, checked before any work; a refusal names argument, value and accepted."""

from __future__ import annotations

import math
from pathlib import Path

import torch
from torch import Tensor, nn

from cxr_gui.core.base.errors import AnswerError, ArgumentError


def check_pixels(pixels: Tensor) -> Tensor:
    """`pixels` detached, if it is floating point [B, 1 or 3, H, W] in 0..1 without NaN."""
    accepted = "Accepted: a floating-point tensor [B, 1 or 3, H, W] in 0..1."
    if not isinstance(pixels, Tensor) or not pixels.is_floating_point():
        kind = f"a tensor of {pixels.dtype}" if isinstance(pixels, Tensor) else f"a {type(pixels).__name__}"
        raise ArgumentError(f"is {kind}.", where="pixels", hint=accepted)
    if pixels.ndim != 4 or pixels.shape[1] not in (1, 3):
        raise ArgumentError(f"has shape {list(pixels.shape)}.", where="pixels", hint=accepted)
    if pixels.numel():
        low, high = (float(bound) for bound in torch.aminmax(pixels.detach()))
        if not (low >= 0 and high <= 1):
            what = "contains NaN." if math.isnan(low) else f"ranges from {low:g} to {high:g}."
            raise ArgumentError(what, where="pixels", hint=accepted)
    return pixels.detach()


def check_labels(labels: Tensor, count: int) -> Tensor:
    """`labels` as int64 [count] if they are 0 or 1."""
    accepted = f"Accepted: a tensor [{count}] of 0 and 1, one for each image."
    if not isinstance(labels, Tensor):
        raise ArgumentError(f"is a {type(labels).__name__}.", where="labels", hint=accepted)
    if labels.shape != (count,):
        raise ArgumentError(f"has shape {list(labels.shape)}.", where="labels", hint=accepted)
    strange = labels[(labels != 0) & (labels != 1)]
    if len(strange):
        raise ArgumentError(f"contains {strange[0].item()}.", where="labels", hint=accepted)
    return labels.detach().to(torch.int64)


def check_epsilon(epsilon: float | Tensor, pixels: Tensor) -> float | Tensor:
    """`epsilon` as a float, or as [B, 1, 1, 1] like `pixels`, if it is finite and not negative."""
    accepted = f"Accepted: a finite number >= 0 in pixel units, or one for each image [{len(pixels)}]."
    if isinstance(epsilon, Tensor) and epsilon.ndim:
        if epsilon.shape != (len(pixels),):
            raise ArgumentError(f"has shape {list(epsilon.shape)}.", where="epsilon", hint=accepted)
        strange = epsilon[~(torch.isfinite(epsilon) & (epsilon >= 0))]
        if len(strange):
            raise ArgumentError(f"contains {strange[0].item()}.", where="epsilon", hint=accepted)
        return epsilon.detach().to(pixels).view(-1, 1, 1, 1)
    try:
        value = float(epsilon)
    except (TypeError, ValueError) as error:
        raise ArgumentError(f"is {epsilon!r}.", where="epsilon", hint=accepted) from error
    if not (math.isfinite(value) and value >= 0):
        raise ArgumentError(f"is {value}.", where="epsilon", hint=accepted)
    return value


def check_attack_arguments(
    pixels: Tensor, labels: Tensor, epsilon: float | Tensor, device: torch.device | None = None
) -> tuple[Tensor, Tensor, float | Tensor]:
    """The three arguments of every attack, checked, detached and on `device` (None: where the pixels are)."""
    pixels = check_pixels(pixels)
    labels = check_labels(labels, len(pixels))
    epsilon = check_epsilon(epsilon, pixels)
    device = pixels.device if device is None else device
    moved = epsilon.to(device) if isinstance(epsilon, Tensor) else epsilon
    return pixels.to(device), labels.to(device), moved


def check_logits(logits: Tensor, image: Path | None = None) -> Tensor:
    """`logits` if all of them are finite; `image` is the file that they are about, where there is one.

    Every decision asks this first: NaN is above no threshold, and would pass for the negative class.
    """
    strange = int((~torch.isfinite(logits)).sum())
    if strange:
        raise no_answer(f"{strange} of {len(logits)} images") if image is None else no_answer("it", image)
    return logits


def no_answer(images: str, where: str | Path = "") -> AnswerError:
    """The error for logits of which nothing can be decided: of `images`, in words, or of the file `where`."""
    if where:
        hint = (
            "Choose another classifier, or adopt its weights with the preprocessing they were trained with."
        )
        return AnswerError(
            f"gets no prediction: the classifier answers NaN or infinity for {images}.",
            where=where,
            hint=hint,
        )
    hint = "Accepted: one finite number for each image [B]."
    return AnswerError(f"answered NaN or infinity for {images}.", where="classifier", hint=hint)


def device_of(classifier: nn.Module) -> torch.device | None:
    """Where the classifier's weights are; None for a classifier without any."""
    for tensor in (*classifier.parameters(), *classifier.buffers()):
        return tensor.device
    return None
