"""Adversarial images as files: what a picture still does once it is eight bits deep."""

from __future__ import annotations

import math
import os
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image
from torch import nn

from cxr_gui.core.attacks.arguments import device_of
from cxr_gui.core.attacks.gradient import logits_of
from cxr_gui.core.files import atomic_path
from cxr_gui.core.inspection import Inspection

ROUNDING = 1e-4
"""Levels of 255 by which a bound may be missed through float rounding alone."""


@dataclass(frozen=True)
class SavedImage:
    """The verdict of the file itself, read back and classified.

    linf         largest change against the clean image, pixel units: whole 255ths
    still_fools  whether its decision differs from the label
    """

    path: Path
    linf: float
    logit: float
    probability: float
    decision: str
    still_fools: bool


def eight_bits(inspection: Inspection) -> NDArray[np.uint8]:
    """The perturbed image in 0..255, each value rounded and then brought back inside epsilon.

    uint8 [H, W] or [H, W, 3]. Less than 1/255 leaves nothing to round to but the clean image. Attacks that
    epsilon bounds in another norm keep to their own largest change.
    """
    bound = math.floor(255 * max(inspection.epsilon, inspection.linf) + ROUNDING)
    clean = np.rint(255 * inspection.clean).astype(np.int16)
    clean = clean if inspection.perturbed.ndim == 2 else clean[..., None]
    levels = np.rint(255 * inspection.perturbed).astype(np.int16)
    inside: NDArray[np.uint8] = levels.clip(clean - bound, clean + bound).clip(0, 255).astype(np.uint8)
    return inside


def saved_png(inspection: Inspection, classifier: nn.Module, path: str | os.PathLike[str]) -> SavedImage:
    """Write the perturbed image as an 8-bit PNG, read the file back and classify it.

    Grey or RGB as the threat model is. Raises OutputError when the file cannot be written.
    """
    path = Path(path)
    with atomic_path(path) as temporary:
        Image.fromarray(eight_bits(inspection)).save(temporary, format="PNG")
    with Image.open(path) as file:
        levels = np.asarray(file)
    pixels = torch.from_numpy(levels.astype(np.float32) / 255)
    pixels = pixels[None, None] if pixels.ndim == 2 else pixels.permute(2, 0, 1)[None]
    logit = float(logits_of(classifier, pixels.to(device_of(classifier) or "cpu")))
    clean = np.rint(255 * inspection.clean).astype(int)
    change = levels.astype(int) - (clean if levels.ndim == 2 else clean[..., None])
    positive = logit >= inspection.threshold_logit
    return SavedImage(
        path=path,
        linf=int(np.abs(change).max()) / 255,
        logit=logit,
        probability=0.5 * (1 + math.tanh(0.5 * logit)),
        decision=inspection.classes[positive],
        still_fools=positive != bool(inspection.label),
    )
