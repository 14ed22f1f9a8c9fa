"""Checks of the sweep's own numbers, over all of its images."""

from __future__ import annotations

import numpy as np

from cxr_gui.core.attacks import Noise
from cxr_gui.core.base.units import describe_epsilon
from cxr_gui.core.sweep.points import Point, noise_kinds
from cxr_gui.core.sweep.trust.check import CheckFinding, NotMadeError, check
from cxr_gui.core.sweep.trust.evidence import Evidence


@check(
    "saturation",
    "Is the gradient of the loss ever exactly 0? If it fails, attacks of other programs, which follow "
    "the loss, would call those images immune. The attacks here follow the logit and do not.",
)
def saturation(evidence: Evidence) -> CheckFinding:
    """Share of images whose float32 BCE gradient is exactly 0: attacks through the loss cannot move them."""
    result = evidence.result
    with np.errstate(over="ignore"):  # not decisions.probability: it is float32's own arithmetic that sticks
        probability = (1 / (1 + np.exp(-result.clean_logits))).astype(np.float32)
    stuck = int(np.sum(probability - result.labels.astype(np.float32) == 0))
    total = len(result.labels)
    return CheckFinding(
        stuck == 0,
        stuck / total,
        f"The float32 gradient of the cross-entropy is exactly 0 for {stuck} of {total} images"
        + (
            ": attacks through the loss would call them immune; those here follow the logit and do not."
            if stuck
            else "."
        ),
    )


@check(
    "success grows with epsilon",
    "Does a larger epsilon break more images? If it fails, the attack overshoots, and its accuracy "
    "curve flatters the classifier: read Correct at all smaller epsilons.",
)
def growth(evidence: Evidence) -> CheckFinding:
    """Attack success grows with epsilon, to 2 % of the images."""
    points = _attacked(evidence)
    success = np.array([point.attack_success for point in points])
    falls = success[:-1] - success[1:]
    if not len(falls):
        raise NotMadeError("the sweep has a single epsilon.")
    fall = max(float(falls.max()), 0.0)
    where = f" towards epsilon {describe_epsilon(points[int(falls.argmax()) + 1].epsilon)}" if fall else ""
    return CheckFinding(
        fall <= 0.02,
        fall,
        f"Attack success falls by at most {fall:.1%} from one epsilon to the next{where}."
        + (" The attack overshoots: read 'broken by any smaller epsilon' too." if fall > 0.02 else ""),
    )


@check(
    "noise is weaker than the attack",
    "Is the attack better than chance? If it fails, it does not find the way, and nothing follows "
    "from what resists it.",
)
def noise_is_weaker(evidence: Evidence) -> CheckFinding:
    """At no epsilon does random noise do more harm than the attack."""
    if isinstance(evidence.result.attack, Noise):
        raise NotMadeError("the attack is random noise itself.")
    if evidence.result.noise_logits is None:
        raise NotMadeError("the sweep ran without the noise control.")
    points = [point for point in _attacked(evidence) if point.epsilon > 0]
    if not points:
        raise NotMadeError("the sweep has no epsilon above 0.")
    leads = [point.accuracy - point.noise_accuracy for point in points]
    lead = max(leads)
    kinds = points[leads.index(lead)].noise_kind if lead > 0 else noise_kinds(points)
    return CheckFinding(
        lead <= 0,
        lead,
        f"Random noise ({kinds}) lowers the accuracy "
        + (f"by up to {lead:.1%} more than" if lead > 0 else "at no epsilon more than")
        + f" {evidence.result.attack.title} of the same epsilon.",
    )


@check(
    "the certificate holds",
    "Is every decision that is proven also right under the attack? If it fails, an image is broken inside "
    "its certified radius: the bounds or the attacked logits are in error, and neither can be trusted.",
    concerns=lambda evidence: evidence.result.certified is not None,
)
def certificate_holds(evidence: Evidence) -> CheckFinding:
    """No image is wrong within its certified radius: attacked, under noise, or at its critical epsilon."""
    result = evidence.result
    crossed = len(result.contradicted)
    proven = 0 if result.certified is None else int(np.sum(result.certified > 0))
    return CheckFinding(
        not crossed,
        float(crossed),
        f"{crossed or 'None'} of {proven} images with a proven decision {'is' if crossed < 2 else 'are'} "
        "wrong within the certified radius.",
    )


def _attacked(evidence: Evidence) -> list[Point]:
    """The points by rising epsilon. Raises NotMadeError when no image was right to begin with."""
    points = sorted(evidence.result.measure(replicates=0), key=lambda point: point.epsilon)
    if not points[0].attacked:
        raise NotMadeError(f"none of the {points[0].n} images is right at epsilon 0.")
    return points
