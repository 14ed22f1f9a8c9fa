"""A person's own weights for one of our architectures become one of our classifiers."""

from __future__ import annotations

import os
from pathlib import Path

import torch
from torch import Tensor

from cxr_gui.core.base.errors import CheckpointError, SettingsError
from cxr_gui.core.base.files import sha256
from cxr_gui.core.base.numbers import parse_number
from cxr_gui.core.models.checkpoint import check_answer, load_weights
from cxr_gui.core.models.classifier import (
    Classifier,
    Normalisation,
    check_classes,
    check_input_size,
    check_threshold,
)
from cxr_gui.core.models.imagenet import IMAGENET
from cxr_gui.core.models.meta import unfilled
from cxr_gui.core.models.parts import Wanted
from cxr_gui.core.models.registry import architectures, create
from cxr_gui.core.models.weights_file import HINT, read_weights

RANGES = {"symmetric": "0.5/0.5", "unit": "0/1", "xrayvision": f"0.5/{1 / 2048}"}
"""Preprocessing by the range it ends in: -1..1, 0..1 and TorchXRayVision's -1024..1024, as MEAN/STD."""


def adopt(
    path: str | os.PathLike[str],
    architecture: str,
    *,
    classes: tuple[str, str],
    preprocessing: str,
    positive: str | None = None,
    threshold: float | None = None,
    input_size: tuple[int, int] | None = None,
    part: str | None = None,
) -> Classifier:
    """The weights in `path` (a state_dict in .pt or .pth, or .safetensors) as a classifier, in eval mode.

    Some architectures take the files of their makers too, and know what these say: see their own files.

    classes        the names of outputs 0 and 1, or of labels 0 and 1 of a single logit
    preprocessing  what the network was fed in training, see `parse_preprocessing`
    positive       the positive one of `classes`; the second unless said
    threshold      p(positive) >= threshold means positive; unless said, what the makers published, or 0.5
    input_size     (height, width); the architecture's own unless said
    part           which weights are meant, where the file holds several that fit and differ

    Two logits become one: the logit of softmax(z)[1] is z1 - z0, so the last layer's weights are w1 - w0. No
    code in the file can run. The card names what was left aside. Raises CheckpointError when the file cannot
    be read, does not fit, or fits in two ways that differ, and SettingsError when another argument is not
    accepted.
    """
    path = Path(path)
    with unfilled():
        classifier = create(architecture)
    classifier.normalise_by(parse_preprocessing(preprocessing, classifier.normalisation.channels))
    classifier.classes = _ordered(classes, positive or classes[-1])
    classifier.threshold = check_threshold(0.5 if threshold is None else threshold)
    classifier.input_size = check_input_size(*(input_size or classifier.input_size))
    wanted = Wanted.by(classifier.network)
    weights = (architectures()[architecture].read or read_weights)(path, wanted, part=part)
    negate = classifier.classes != tuple(classes)
    if threshold is None and weights.threshold is not None:
        classifier.threshold = 1 - weights.threshold if negate else weights.threshold
    state = one_logit(weights.tensors, wanted.head, negate=negate)
    load_weights(classifier.network, _like(classifier.network.state_dict(), state, path), path, architecture)
    check_answer(classifier.eval().requires_grad_(False), path)
    classifier.card.source = f"Adopted from '{path.name}'{weights.part}."
    classifier.card.data = {"weights": sha256(path)}
    if weights.aside:
        classifier.card.source += f" Left aside: {', '.join(weights.aside)}."
        classifier.card.data["left_aside"] = list(weights.aside)
    return classifier


def parse_preprocessing(text: str, channels: int) -> Normalisation:
    """(pixels - mean) / std, from `imagenet`, `symmetric` (to -1..1), `unit` (0..1 as it is) or `MEAN/STD`.

    MEAN and STD are for pixels in 0..1: one number, or one a channel with commas between. Raises
    SettingsError for anything else.
    """
    if text == "imagenet":
        return IMAGENET
    try:
        mean, std = (_one_or_more(part) for part in RANGES.get(text, text).split("/"))
    except (SettingsError, ValueError) as error:
        raise SettingsError(
            f"There is no preprocessing '{text}'.",
            hint=f"Known are: imagenet, {', '.join(RANGES)}, or MEAN/STD such as 0.5,0.5,0.5/0.25,0.25,0.25.",
        ) from error
    return Normalisation(*(part * channels if len(part) == 1 else part for part in (mean, std)))


def _one_or_more(text: str) -> tuple[float, ...]:
    """One number, whose comma is a decimal one (no image has two channels), or several between commas."""
    try:
        return (parse_number(text),)
    except SettingsError:
        return tuple(parse_number(word) for word in text.split(","))


def one_logit(state: dict[str, Tensor], head: str, *, negate: bool = False) -> dict[str, Tensor]:
    """`state` with the last layer, `head`, giving one logit: of two outputs, the second minus the first.

    weight [2, D] -> [1, D], bias [2] -> [1], subtracted in float64. With `negate` the logit is that of the
    other class. A layer that gives neither one nor two logits is left alone.
    """
    changed = dict(state)
    for key in (f"{head}.weight", f"{head}.bias"):
        value = state.get(key)
        if value is None or not value.is_floating_point() or not value.ndim or len(value) not in (1, 2):
            continue
        first, last = value.double()[0], value.double()[-1]
        logit = last - first if len(value) == 2 else last
        changed[key] = (-logit if negate else logit)[None]
    return changed


def _ordered(classes: tuple[str, str], positive: str) -> tuple[str, str]:
    """The negative class, then the positive one."""
    first, second = check_classes(classes)
    if positive not in classes:
        raise SettingsError(
            f"The classes are {first} and {second}, the positive one is '{positive}'.",
            hint="Name one of the two as the positive one.",
        )
    return (first, second) if positive == second else (second, first)


def _like(own: dict[str, Tensor], state: dict[str, Tensor], path: Path) -> dict[str, Tensor]:
    """`state` in the number types of `own`, with the counters that BatchNorm never uses in eval mode."""
    odd = [key for key in sorted(own.keys() & state.keys()) if _quantised(state[key], own[key])]
    if odd:
        raise CheckpointError(
            f"holds whole numbers where weights belong ({', '.join(odd[:4])}).", where=path, hint=HINT
        )
    counters = {key: torch.zeros(()) for key in own if key.endswith(".num_batches_tracked")}
    return {
        key: value.detach().to(own[key].dtype).contiguous() if key in own else value
        for key, value in (counters | state).items()
    }


def _quantised(value: Tensor, own: Tensor) -> bool:
    return own.is_floating_point() and not value.is_floating_point()
