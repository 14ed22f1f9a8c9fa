"""Checks of the search: what a stronger attack must do, and what none may find that another should have.

They look where it tells most: at the epsilon at which the sweep's attack succeeds on about every second
image, and at the images that are right at epsilon 0.
"""

from __future__ import annotations

from collections.abc import Generator

import torch
from torch import Tensor

from cxr_gui.core.attacks import FGSM, PGD, Attack, Square, logits_of, threshold_logit
from cxr_gui.core.base.decisions import margin
from cxr_gui.core.base.units import describe_epsilon
from cxr_gui.core.sweep.trust.check import CheckFinding, check
from cxr_gui.core.sweep.trust.evidence import Evidence

LARGE_EPSILON = 1.0
"""In pixel units: every image is within reach."""

QUERIES, QUERIED = 250, 5
"""Square's queries for each image, and the images it is given: many queries show more than many images."""

HARDER, RESTARTS = 4, 2
"""How many images more steps and restarts are tried on, and how many starts are added."""

TOLERATED = 0.1
"""Share of the images that may fall beyond what an attack should find, and one in any case: by a hair."""


@check(
    "iterative at least as strong as single step",
    "Do many small steps (PGD) break at least as many images as one (FGSM)? If it fails, the gradient "
    "misleads, and robustness to PGD means nothing.",
)
def iterative_beats_single_step(evidence: Evidence) -> Generator[None, None, CheckFinding]:
    by_fgsm = yield from evidence.broken(FGSM(), evidence.epsilon)
    by_pgd = yield from evidence.broken(PGD(), evidence.epsilon)
    fgsm_count, pgd_count, total = int(by_fgsm.sum()), int(by_pgd.sum()), len(by_pgd)
    return CheckFinding(
        pgd_count >= fgsm_count,
        (pgd_count - fgsm_count) / total,
        f"PGD breaks {pgd_count} and FGSM {fgsm_count} of {total} images at epsilon "
        f"{describe_epsilon(evidence.epsilon)}.",
    )


@check(
    "more steps break no more",
    "Is the attack at its end after its steps? If it fails, twice as many break more images: the attack was "
    "stopped too early, and what resists it says little.",
)
def more_steps(evidence: Evidence) -> Generator[None, None, CheckFinding]:
    """The sweep's attack, or PGD where it takes no steps, with twice as many of them."""
    attack = evidence.result.attack
    attack = attack if "steps" in attack.parameters() else PGD()
    steps = attack.parameters()["steps"]
    harder = _with(attack, steps=min(2 * steps, 1000))
    return (yield from _harder(evidence, attack, harder, f"with {2 * steps} steps instead of {steps}"))


@check(
    "more restarts break no more",
    "Does it matter where the attack starts? If it fails, further random starts break more images, and what "
    "resists a single start resists by luck.",
)
def more_restarts(evidence: Evidence) -> Generator[None, None, CheckFinding]:
    """The sweep's attack, or PGD where it has no starts, from further random ones."""
    attack = evidence.result.attack
    attack = attack if "restarts" in attack.parameters() else PGD()
    changes = {"restarts": RESTARTS, "seed": (attack.parameters()["seed"] + 1) % 2**31}
    if "random_start" in attack.parameters():
        changes["random_start"] = True
    harder = _with(attack, **changes)
    return (yield from _harder(evidence, attack, harder, f"from {RESTARTS} further random starts"))


@check(
    "a large epsilon reaches 0 %",
    "Does PGD break every image when it may change everything? If it fails, the attack is broken, not "
    "the classifier strong.",
)
def large_epsilon(evidence: Evidence) -> Generator[None, None, CheckFinding]:
    broken = yield from evidence.broken(PGD(random_start=False), LARGE_EPSILON)
    standing, total = int((~broken).sum()), len(broken)
    return CheckFinding(
        standing == 0,
        standing / total,
        f"{standing} of {total} images resist PGD at epsilon {describe_epsilon(LARGE_EPSILON)}, "
        "where any image is within reach.",
    )


@check(
    "black box does not beat white box",
    "Does an attack without gradients (Square) break images that FGSM and PGD cannot? If it fails, "
    "gradients are masked.",
)
def black_box(evidence: Evidence) -> Generator[None, None, CheckFinding]:
    by_fgsm = yield from evidence.broken(FGSM(), evidence.epsilon)
    by_pgd = yield from evidence.broken(PGD(), evidence.epsilon)
    left = ~(by_fgsm | by_pgd)
    square = Square(queries=QUERIES)
    return (
        yield from _tried(evidence, left, square, QUERIED, f"Square with {QUERIES} queries", "FGSM and PGD")
    )


def _harder(
    evidence: Evidence, attack: Attack, harder: Attack, how: str
) -> Generator[None, None, CheckFinding]:
    left = ~(yield from evidence.broken(attack, evidence.epsilon))
    return (yield from _tried(evidence, left, harder, HARDER, f"{attack.title} {how}", "it as it is"))


def _tried(
    evidence: Evidence, left: Tensor, attack: Attack, count: int, who: str, others: str
) -> Generator[None, None, CheckFinding]:
    """What an attack breaks of what others left standing, bool [B] of `right`: tried on the `count` images
    nearest to the threshold, which one that finds more breaks first.
    """
    some = evidence.right[left]
    logits = logits_of(evidence.classifier, some.pixels)
    order = margin(logits, some.labels, threshold_logit(evidence.classifier)).argsort(descending=True)
    nearest = torch.zeros_like(some.labels, dtype=torch.bool)
    nearest[order[:count]] = True
    broken = yield from evidence.broken_of(some[nearest], attack, evidence.epsilon)
    found, tried, standing, total = int(broken.sum()), len(broken), int(left.sum()), len(left)
    return CheckFinding(
        found <= 1 or found / total <= TOLERATED,
        found / total,
        f"{who} breaks {found} of {tried} images, those nearest to the threshold of the {standing} of "
        f"{total} that resist {others} at epsilon {describe_epsilon(evidence.epsilon)}.",
    )


def _with(attack: Attack, **changes: object) -> Attack:
    """The same attack with some parameters changed."""
    return type(attack)(**{**attack.parameters(), **changes})
