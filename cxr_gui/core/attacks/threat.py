"""The two threat models: three channels perturbed independently, or one perturbation for all of them."""

from __future__ import annotations

import torch
from torch import Tensor

from cxr_gui.core.base.errors import ArgumentError

THREATS = ("rgb", "grey")


def check_threat(threat: str) -> str:
    """`threat` if it is one of THREATS; ArgumentError otherwise."""
    if threat not in THREATS:
        raise ArgumentError(f"is {threat!r}.", where="threat", hint="Accepted: 'rgb' or 'grey'.")
    return threat


def threat_title(threat: str, channels: int | None) -> str:
    """The threat model's name for people, beside a classifier whose network sees so many channels.

    A network of one channel sees the mean of three, so "rgb" can do nothing to it that "grey" cannot.
    """
    return f"{threat}, averaged to grey" if threat == "rgb" and channels == 1 else threat


def as_threat(pixels: Tensor, threat: str) -> Tensor:
    """The same radiographs with as many channels as the threat model perturbs.

    pixels [B, 1 or 3, H, W] -> [B, 3, H, W] for "rgb" (the published setting), [B, 1, H, W] for "grey" (the
    only one that is still a radiograph). Raises ArgumentError when coloured pixels are asked to be grey.
    """
    channels = 3 if check_threat(threat) == "rgb" else 1
    if pixels.shape[1] == channels:
        return pixels
    if channels == 3:
        return pixels.repeat(1, 3, 1, 1)
    if not torch.equal(pixels, pixels[:, :1].expand_as(pixels)):
        raise ArgumentError(
            "has channels that differ.", where="pixels", hint="Accepted for 'grey': equal channels."
        )
    return pixels[:, :1].contiguous()


def threat_of(pixels: Tensor) -> str:
    """The threat model that the channel count of `pixels` stands for."""
    return "grey" if pixels.shape[1] == 1 else "rgb"
