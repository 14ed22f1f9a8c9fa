"""The published robustness table that this workbench reproduces, in one place.

A plain CNN of 25.8 M parameters (`paper_cnn`) on the Kermany chest radiographs, attacked with FGSM in three
independent channels. Epsilon is in model units (images in [-1, 1]); accuracies are fractions of all images.
"""

from __future__ import annotations

from dataclasses import dataclass

CLASSES = ("NORMAL", "PNEUMONIA")
"""The negative one first."""
NEGATIVE_IMAGES = 234
POSITIVE_IMAGES = 390
SENSITIVITY = 0.99
SPECIFICITY = 0.35
ATTACK = "fgsm"
THREAT = "rgb"


@dataclass(frozen=True)
class PublishedPoint:
    """One row of the table: epsilon in model units, accuracy as a fraction of all images."""

    epsilon: float
    accuracy: float


POINTS = (
    PublishedPoint(0.0, 0.752),
    PublishedPoint(0.01, 0.676),
    PublishedPoint(0.03, 0.575),
    PublishedPoint(0.05, 0.455),
    PublishedPoint(0.10, 0.146),
)

EPSILONS = tuple(point.epsilon for point in POINTS)


def accuracy_at(epsilon: float) -> float | None:
    """The published accuracy at `epsilon` (model units), or None where the table has no such row."""
    for point in POINTS:
        if abs(point.epsilon - epsilon) < 1e-6:
            return point.accuracy
    return None


def differences(*, attack: str, threat: str, negative: int, positive: int) -> tuple[str, ...]:
    """In what a sweep differs from the published one, in words; empty when the two can be compared.

    attack, threat      names, such as "fgsm" and "rgb"
    negative, positive  how many images of each class were attacked
    """
    found = []
    if (negative, positive) != (NEGATIVE_IMAGES, POSITIVE_IMAGES):
        found.append(
            f"the images are others ({negative} negative and {positive} positive here, "
            f"{NEGATIVE_IMAGES} and {POSITIVE_IMAGES} there)"
        )
    if attack != ATTACK:
        found.append(f"the attack is {attack} here and {ATTACK} there")
    if threat != THREAT:
        found.append(f"the threat model is {threat} here and {THREAT} there")
    return tuple(found)
