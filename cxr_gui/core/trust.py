"""May these numbers be believed? Checks for the known ways in which robustness looks better than it is.

After Carlini et al., On Evaluating Adversarial Robustness (2019). They run with every sweep, on its first
images where they need attacks of their own.
"""

from __future__ import annotations

import copy
from collections.abc import Generator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import Tensor, nn

from cxr_gui.core.attacks.arguments import device_of
from cxr_gui.core.attacks.fgsm import FGSM
from cxr_gui.core.attacks.gradient import logits_of, loss_gradient, threshold_logit, wrong
from cxr_gui.core.attacks.noise import Noise
from cxr_gui.core.attacks.pgd import PGD
from cxr_gui.core.attacks.protocol import Attack, Batch, Iterative
from cxr_gui.core.attacks.square import Square
from cxr_gui.core.errors import ArgumentError
from cxr_gui.core.units import describe

if TYPE_CHECKING:
    from cxr_gui.core.sweeping.sweep_result import SweepResult

LARGE_EPSILON = 1.0
"""In pixel units: every image is within reach."""

FALLBACK_EPSILON = 8 / 255
QUERIES = 100


@dataclass(frozen=True)
class Check:
    """One check: whether it passed, the number it looked at, and a sentence that says so."""

    name: str
    passed: bool
    value: float
    sentence: str


Checking = Generator[None, None, tuple[Check, ...]]


class Look:
    """Takes a sweep's first images along for the checks.

    count  how many of them; 0 leaves the checks out
    given  the classifier as the caller handed it over: its mode is part of what is checked
    """

    def __init__(self, count: int, given: nn.Module) -> None:
        self._missing = count
        self._given = given
        self._batches: list[Batch] = []

    def __bool__(self) -> bool:
        """Whether there is anything to check."""
        return bool(self._batches)

    def take(self, batch: Batch) -> None:
        """Keep what is still missing from `batch`."""
        count = min(self._missing, len(batch.labels))
        if count:
            self._missing -= count
            self._batches.append(Batch(batch.pixels[:count], batch.labels[:count], batch.rows[:count]))

    def keep(self, count: int) -> None:
        """Be content with so many images: more at once take too much memory."""
        for place, batch in enumerate(self._batches):
            kept = max(0, min(count, len(batch.labels)))
            self._batches[place] = Batch(batch.pixels[:kept], batch.labels[:kept], batch.rows[:kept])
            count -= kept
        self._batches = [batch for batch in self._batches if len(batch.labels)]
        self._missing = 0

    def checks(self, classifier: nn.Module, result: SweepResult) -> Checking:
        """Run every check; yields after each step of an attack."""
        batch = Batch(
            torch.cat([batch.pixels for batch in self._batches]),
            torch.cat([batch.labels for batch in self._batches]),
            [row for batch in self._batches for row in batch.rows],
        )
        checks = [same_answer_alone(self._given, batch.pixels), saturation(result), growth(result)]
        yield
        if result.noise_logits is not None and not isinstance(result.attack, Noise):
            checks.append(noise_is_weaker(result))
        gradients = zero_gradients(classifier, batch)
        yield
        return (*checks, gradients, *(yield from attacks_agree(classifier, batch, result)))


def same_answer_alone(given: nn.Module, pixels: Tensor) -> Check:
    """The classifier, in the mode it was handed over in, answers the same in any company.

    BatchNorm left in train mode or without statistics answers by the other images of the batch, and dropout
    left on by chance; then no attack on one image is well defined.
    """
    probe = copy.deepcopy(given)
    pixels = pixels[:8].to(device_of(given) or pixels.device)
    pixels = pixels if len(pixels) >= 4 else pixels.repeat(4, 1, 1, 1)[:4]
    half = len(pixels) // 2
    devices = [pixels.device] if pixels.device.type == "cuda" else []
    with torch.random.fork_rng(devices=devices), torch.no_grad():
        together = probe(pixels).float()
        apart = torch.cat([probe(pixels[:half]), probe(pixels[half:])]).float()
    difference = float(((together - apart).abs() / (1 + together.abs())).max())
    passed = difference <= 1e-3
    mode = "in train mode" if any(module.training for module in given.modules()) else "in eval mode"
    return Check(
        "same answer alone",
        passed,
        difference,
        f"Handed over {mode}, the classifier's logits {'do not ' if passed else ''}depend on the other "
        f"images of the batch (largest relative difference {difference:.2g}).",
    )


def saturation(result: SweepResult) -> Check:
    """Share of images whose float32 BCE gradient is exactly 0: attacks through the loss cannot move them."""
    with np.errstate(over="ignore"):
        probability = (1 / (1 + np.exp(-result.clean_logits))).astype(np.float32)
    stuck = int(np.sum(probability - result.labels.astype(np.float32) == 0))
    total = len(result.labels)
    return Check(
        "saturation",
        stuck == 0,
        stuck / total,
        f"The float32 gradient of the cross-entropy is exactly 0 for {stuck} of {total} images"
        + (
            ": attacks through the loss would call them immune; those here follow the logit and do not."
            if stuck
            else "."
        ),
    )


def growth(result: SweepResult) -> Check:
    """Attack success grows with epsilon, to 2 % of the images."""
    points = sorted(result.measure(replicates=0), key=lambda point: point.epsilon)
    success = np.array([point.attack_success for point in points])
    falls = np.nan_to_num(success[:-1] - success[1:])
    fall = max(float(falls.max(initial=0.0)), 0.0)
    where = f" towards epsilon {describe(points[int(falls.argmax()) + 1].epsilon)}" if fall else ""
    return Check(
        "success grows with epsilon",
        fall <= 0.02,
        fall,
        f"Attack success falls by at most {fall:.1%} from one epsilon to the next{where}."
        + (" The attack overshoots: read 'broken by any smaller epsilon' too." if fall > 0.02 else ""),
    )


def noise_is_weaker(result: SweepResult) -> Check:
    """At no epsilon does random noise do more harm than the attack."""
    points = result.measure(replicates=0)
    lead = max(point.accuracy - point.noise_accuracy for point in points)
    return Check(
        "noise is weaker than the attack",
        lead <= 0,
        lead,
        "Random noise lowers the accuracy "
        + (f"by up to {lead:.1%} more than" if lead > 0 else "at no epsilon more than")
        + f" {result.attack.title} of the same epsilon.",
    )


def zero_gradients(classifier: nn.Module, batch: Batch) -> Check:
    """Share of the gradient's entries that are exactly 0; more than half, or a whole image, is masking."""
    try:
        _, gradient = loss_gradient(classifier, batch.pixels, batch.labels)
    except ArgumentError as error:
        return Check("zero gradients", False, 1.0, f"There is no gradient: {error.what}")
    zero = gradient == 0
    share = float(zero.float().mean())
    whole = int(zero.flatten(1).all(dim=1).sum())
    return Check(
        "zero gradients",
        whole == 0 and share <= 0.5,
        share,
        f"{share:.1%} of the gradient's entries are exactly 0; all of them in {whole} of {len(zero)} images.",
    )


def attacks_agree(classifier: nn.Module, batch: Batch, result: SweepResult) -> Checking:
    """What a stronger attack must do: PGD beats FGSM, reaches 0 % in the end, and leaves nothing to Square.

    Looked at where it tells most: at the epsilon at which the sweep's attack succeeds on about every second
    image, and on the images that are right at epsilon 0.
    """
    epsilon = telling_epsilon(result)
    threshold = threshold_logit(classifier)
    right = ~wrong(logits_of(classifier, batch.pixels), batch.labels, threshold)
    batch = _some(batch, right)
    total = len(batch.labels)
    yield
    if not total:
        return ()

    def broken(attack: Attack, batch: Batch, epsilon: float) -> Generator[None, None, Tensor]:
        if isinstance(attack, Iterative):
            adversarial = yield from attack.search(classifier, batch, epsilon)
        else:
            adversarial = attack.run(classifier, batch, epsilon)
            yield
        return wrong(logits_of(classifier, adversarial), batch.labels, threshold)

    try:
        by_fgsm = yield from broken(FGSM(), batch, epsilon)
        by_pgd = yield from broken(PGD(), batch, epsilon)
        by_large = yield from broken(PGD(random_start=False), batch, LARGE_EPSILON)
    except ArgumentError:
        by_fgsm = by_pgd = by_large = torch.zeros_like(batch.labels, dtype=torch.bool)
    resisted = ~(by_fgsm | by_pgd)
    by_square = 0
    if resisted.any():
        found = yield from broken(Square(queries=QUERIES), _some(batch, resisted), epsilon)
        by_square = int(found.sum())
    fgsm_count, pgd_count, standing = int(by_fgsm.sum()), int(by_pgd.sum()), int((~by_large).sum())
    at = f"at epsilon {describe(epsilon)}"
    return (
        Check(
            "iterative at least as strong as single step",
            pgd_count >= fgsm_count,
            (pgd_count - fgsm_count) / total,
            f"PGD breaks {pgd_count} and FGSM {fgsm_count} of {total} images {at}.",
        ),
        Check(
            "a large epsilon reaches 0 %",
            standing == 0,
            standing / total,
            f"{standing} of {total} images resist PGD at epsilon {describe(LARGE_EPSILON)}, "
            "where any image is within reach.",
        ),
        Check(
            "black box does not beat white box",
            by_square / total <= 0.05,
            by_square / total,
            f"Square with {QUERIES} queries breaks {by_square} of {total} images "
            f"that FGSM and PGD do not {at}.",
        ),
    )


def telling_epsilon(result: SweepResult) -> float:
    """The sweep's epsilon above 0 at which the attack's success is nearest to one half."""
    points = [point for point in result.measure(replicates=0) if point.epsilon > 0]
    if not points:
        return FALLBACK_EPSILON
    return min(
        points, key=lambda point: (abs(np.nan_to_num(point.attack_success) - 0.5), -point.epsilon)
    ).epsilon


def _some(batch: Batch, chosen: Tensor) -> Batch:
    """The images of a batch for which `chosen`, bool [B], is True."""
    rows = [row for row, kept in zip(batch.rows, chosen.tolist(), strict=True) if kept]
    return Batch(batch.pixels[chosen], batch.labels[chosen], rows)
