"""Checks of what the classifier answers, before anything is attacked."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
import torch
from torch import Tensor, nn

from cxr_gui.core.attacks import device_of, logits_of
from cxr_gui.core.base import metrics
from cxr_gui.core.sweep.trust.check import CheckFinding, NotMadeError, check
from cxr_gui.core.sweep.trust.evidence import Evidence

CLOSE = 1e-3
"""A relative difference of two logits up to which they are the same, whatever kernels a device chose."""

CHANCE = 4
"""Answers that differ from one call to the next may differ so many times as much in other company."""

LIKELY = 1e-6
"""How far from [0, 1] a probability may be rounded."""


@check(
    "same answer alone",
    "Is each image answered by itself? If it fails, the logit depends on the company of the image, "
    "and no attack on one image is well defined.",
)
def same_answer_alone(evidence: Evidence) -> CheckFinding:
    """The classifier, in the mode it was handed over in, answers the same in any company.

    BatchNorm left in train mode or without statistics answers by the other images of the batch. What two
    calls with the same images differ by is chance, not company.
    """
    given = evidence.given
    pixels = evidence.images.pixels[:8].to(device_of(given) or evidence.images.pixels.device)
    pixels = pixels if len(pixels) >= 4 else pixels.repeat(4, 1, 1, 1)[:4]
    half = len(pixels) // 2
    with _apart(given, pixels) as probe:
        together, again = probe(pixels).float(), probe(pixels).float()
        apart = torch.cat([probe(pixels[:half]), probe(pixels[half:])]).float()
    difference, chance = _difference(together, apart), _difference(together, again)
    passed = difference <= max(CLOSE, CHANCE * chance)
    mode = "in train mode" if any(module.training for module in given.modules()) else "in eval mode"
    return CheckFinding(
        passed,
        difference,
        f"Handed over {mode}, the classifier's logits {'do not ' if passed else ''}depend on the other "
        f"images of the batch (largest relative difference {difference:.2g}).",
    )


@check(
    "same answer twice",
    "Does the classifier give the same logit when it is asked again? If it fails, it answers by chance, and "
    "an attack that knows one answer cannot find what another would be.",
)
def same_answer_twice(evidence: Evidence) -> CheckFinding:
    """Asked twice about the same images it answers the same, as it was handed over and in eval mode."""
    given = evidence.given
    pixels = evidence.images.pixels[:8].to(device_of(given) or evidence.images.pixels.device)
    with _apart(given, pixels) as probe:
        handed_over = _difference(probe(pixels).float(), probe(pixels).float())
        probe.eval()
        evaluated = _difference(probe(pixels).float(), probe(pixels).float())
    difference = max(handed_over, evaluated)
    where = ", even in eval mode" if evaluated > CLOSE else ""
    return CheckFinding(
        difference <= CLOSE,
        difference,
        f"Asked twice about the same images, the classifier's logits differ by at most {difference:.2g} "
        f"of their size{where}.",
    )


@check(
    "answers are logits",
    "Are the numbers logits, not probabilities? If it fails, a sigmoid stands at the end: its gradient fades "
    "where the classifier is sure, and attacks that follow it fade too.",
)
def answers_are_logits(evidence: Evidence) -> CheckFinding:
    """Not every answer, clean and attacked, lies in [0, 1]."""
    result = evidence.result
    answers = np.concatenate([result.clean_logits, result.logits.ravel()])
    inside = (answers >= -LIKELY) & (answers <= 1 + LIKELY)
    share = float(inside.mean())
    return CheckFinding(
        not inside.all(),
        share,
        f"{share:.1%} of the classifier's answers, clean and attacked, lie between 0 and 1"
        + (": they look like probabilities." if inside.all() else "."),
    )


@check(
    "no optimisation at inference",
    "Does the classifier answer without learning from the image first? If it fails, it takes gradients while "
    "it answers, and an attack through it sees a different function from the one it meets.",
)
def no_optimisation(evidence: Evidence) -> CheckFinding:
    """Asked for logits alone, the classifier saves nothing for a backward pass of its own."""
    saved = 0

    def save(tensor: Tensor) -> Tensor:
        nonlocal saved
        saved += 1
        return tensor

    with torch.autograd.graph.saved_tensors_hooks(save, lambda tensor: tensor):
        logits_of(evidence.classifier, evidence.images.pixels[:2])
    return CheckFinding(
        not saved,
        float(saved),
        f"Asked for logits without gradients, the classifier saves {saved or 'no'} "
        f"tensor{'' if saved == 1 else 's'} for a backward pass of its own.",
    )


@check(
    "accuracy above chance",
    "Is the classifier better than a coin, or than the same answer to everything, on the images as they are? "
    "If it fails, the labels may be swapped, or the images not of the kind it learned, and there is no "
    "accuracy to lose.",
)
def above_chance(evidence: Evidence) -> CheckFinding:
    """Balanced accuracy at epsilon 0 is above one half."""
    result = evidence.result
    tp, fp, tn, fn = metrics.confusion(result.clean_logits >= result.threshold_logit, result.labels)
    if not (tp + fn and tn + fp):
        raise NotMadeError(f"all {len(result.labels)} images are of one class.")
    balanced = (metrics.share(tp, tp + fn) + metrics.share(tn, tn + fp)) / 2
    return CheckFinding(
        balanced > 0.5,
        balanced,
        f"The balanced accuracy at epsilon 0 is {balanced:.1%}; a coin and a constant answer have 50.0%.",
    )


@contextmanager
def _apart(given: nn.Module, pixels: Tensor) -> Iterator[nn.Module]:
    """A copy of the classifier in its mode; its statistics and everybody's random numbers are left alone."""
    devices = [pixels.device] if pixels.device.type == "cuda" else []
    with torch.random.fork_rng(devices=devices), torch.no_grad():
        torch.manual_seed(0)
        yield copy.deepcopy(given)


def _difference(one: Tensor, two: Tensor) -> float:
    """The largest difference of logits [B], as a share of their size."""
    return float(((one - two).abs() / (1 + one.abs())).max())
