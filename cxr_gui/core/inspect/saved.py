"""Adversarial images as files: what an image still does once it has whole levels and was read back."""

from __future__ import annotations

import math
import os
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from cxr_gui.core import images
from cxr_gui.core.attacks import check_logits, device_of, logits_of
from cxr_gui.core.base.decisions import probability, wrong
from cxr_gui.core.base.errors import ArgumentError
from cxr_gui.core.base.files import atomic_path
from cxr_gui.core.base.progress import Event, Work
from cxr_gui.core.inspect.inspection import Inspection
from cxr_gui.core.inspect.saved_kinds import SAVED_KINDS, Levels, SavedKind

ROUNDING = 1e-4
"""Levels by which a bound may be missed through float rounding alone."""

FLOAT_ROUNDING = 1e-6
"""How far, in pixel units, a change may pass epsilon through float32 arithmetic alone."""


@dataclass(frozen=True)
class Decision:
    """What the classifier says. probability: of the positive class; fools: it is not the label."""

    logit: float
    probability: float
    decision: str
    fools: bool


@dataclass(frozen=True)
class SavedImage:
    """The verdict of the file itself, read back and classified.

    kind         of SAVED_KINDS       bits  of a stored level
    linf         largest change against the clean image, pixel units: a whole number of levels
    still_fools  whether its decision differs from the label
    reopened     the same for the file opened again as any radiograph is: as one grey of eight bits. A
                 perturbation of three channels, or of less than 1/255, loses something there
    """

    path: Path
    kind: str
    bits: int
    linf: float
    logit: float
    probability: float
    decision: str
    still_fools: bool
    reopened: Decision


def whole_levels(inspection: Inspection, bits: int) -> Levels:
    """The perturbed image in levels of 8 or 16 bits, each rounded and then brought back inside epsilon.

    uint8 or uint16 [H, W] or [H, W, 3]. An epsilon of less than one level leaves nothing to round to but the
    clean image. Attacks that epsilon bounds in another norm keep to their own largest
    change.
    """
    top = 2**bits - 1
    passed = inspection.linf > inspection.epsilon + FLOAT_ROUNDING
    bound = math.floor(top * (inspection.linf if passed else inspection.epsilon) + ROUNDING)
    clean = _clean_levels(inspection, bits)
    levels = np.rint(top * inspection.perturbed.astype(np.float64)).astype(np.int32)
    inside: Levels = (
        levels.clip(clean - bound, clean + bound).clip(0, top).astype(np.uint8 if bits == 8 else np.uint16)
    )
    return inside


def save_image(
    inspection: Inspection, classifier: nn.Module, path: str | os.PathLike[str], kind: str = "png8"
) -> SavedImage:
    """Write the perturbed image as a file of this kind, read the file back and classify it.

    Grey or RGB as the threat model is. DICOM holds 16 bits of grey, and of RGB the 8 that viewers show.
    Raises ArgumentError for another kind, OutputError when the file cannot be written.
    """
    path = Path(path)
    if kind not in SAVED_KINDS:
        raise ArgumentError(f"is {kind!r}.", where="kind", hint=f"Accepted: {', '.join(SAVED_KINDS)}.")
    levels = whole_levels(inspection, SAVED_KINDS[kind].bits(inspection))
    with atomic_path(path) as temporary:
        SAVED_KINDS[kind].write(levels, temporary, inspection)
    return _read_back(inspection, classifier, path, SAVED_KINDS[kind])


def try_files(
    inspection: Inspection, classifier: nn.Module, kinds: Sequence[str] = tuple(SAVED_KINDS)
) -> Work[tuple[SavedImage, ...]]:
    """What a file of each kind would do: written to a folder that is gone afterwards, read, classified."""
    found = []
    with tempfile.TemporaryDirectory(prefix="cxr-gui-") as folder:
        for number, kind in enumerate(kinds):
            yield Event("Reading files back", number, len(kinds))
            found.append(save_image(inspection, classifier, Path(folder) / SAVED_KINDS[kind].file, kind))
    return tuple(found)


def _read_back(inspection: Inspection, classifier: nn.Module, path: Path, kind: SavedKind) -> SavedImage:
    levels, bits = kind.read(path), kind.bits(inspection)
    top = np.float32(2**bits - 1)
    own = _decide(inspection, classifier, levels / top)
    again = images.to_input(images.read(path).pixels, inspection.clean.shape[:2])
    return SavedImage(
        path=path,
        kind=kind.name,
        bits=bits,
        linf=int(np.abs(levels.astype(np.int32) - _clean_levels(inspection, bits)).max()) / int(top),
        logit=own.logit,
        probability=own.probability,
        decision=own.decision,
        still_fools=own.fools,
        reopened=_decide(inspection, classifier, again / np.float32(255)),
    )


def _decide(inspection: Inspection, classifier: nn.Module, image: NDArray[np.floating]) -> Decision:
    """Classify pixels [H, W] or [H, W, 3] in 0..1."""
    pixels = torch.from_numpy(image.astype(np.float32))
    pixels = pixels[None, None] if pixels.ndim == 2 else pixels.permute(2, 0, 1)[None]
    path = None if inspection.source is None else inspection.source.path
    logit = float(check_logits(logits_of(classifier, pixels.to(device_of(classifier) or "cpu")), path))
    return Decision(
        logit=logit,
        probability=probability(logit),
        decision=inspection.classes[logit >= inspection.threshold_logit],
        fools=wrong(logit, inspection.label, inspection.threshold_logit),
    )


def _clean_levels(inspection: Inspection, bits: int) -> NDArray[np.int32]:
    """The clean image, which has 8 bits, in levels (65535 = 257 * 255); [H, W, 1] beside three channels."""
    clean: NDArray[np.int32] = np.rint(255 * inspection.clean).astype(np.int32) * ((2**bits - 1) // 255)
    return clean if inspection.perturbed.ndim == 2 else clean[..., None]
