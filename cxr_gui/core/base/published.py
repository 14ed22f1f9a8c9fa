"""The published robustness table that this workbench reproduces, in one place.

A plain CNN of 25.8 M parameters (`paper_cnn`) on the Kermany chest radiographs, attacked with FGSM in three
independent channels. Epsilon is in model units (images in [-1, 1]); accuracies are fractions of all images.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from hashlib import sha256
from pathlib import PurePosixPath

CLASSES = ("NORMAL", "PNEUMONIA")
"""The negative one first."""
NEGATIVE_IMAGES = 234
POSITIVE_IMAGES = 390
SENSITIVITY = 0.99
SPECIFICITY = 0.35
ATTACK = "fgsm"
THREAT = "rgb"
ARCHITECTURE = "paper_cnn"
RECIPE = "paper"
TEST_FILES = "5640ec67692899f87969dfcf7e45e32812b433d3dd7109697b03bc55edbb4101"
"""The `digest` of the names of the test images, as the Kermany data are published."""


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


def digest(paths: Iterable[str]) -> str:
    """Which images these are, by their names alone: folders, suffixes and order do not count; "" of none."""
    names = sorted(PurePosixPath(path).stem for path in paths)
    return sha256("\n".join(names).encode("utf-8", "surrogatepass")).hexdigest() if names else ""


def differences(
    *,
    attack: str,
    threat: str,
    negative: int,
    positive: int,
    architecture: str = "",
    recipe: str = "",
    files: str = "",
) -> tuple[str, ...]:
    """In what a sweep differs from the published one, in words; empty when the two can be compared.

    attack, threat        names, such as "fgsm" and "rgb"
    negative, positive    how many images of each class were attacked
    architecture, recipe  what was attacked and how it was trained; "" where that is not known
    files                 the `digest` of the attacked images; "" where they have no names
    What is not known counts as a difference, for nobody can say that it is none.
    """
    found = []
    if (negative, positive) != (NEGATIVE_IMAGES, POSITIVE_IMAGES):
        found.append(
            f"the images are others ({negative} negative and {positive} positive here, "
            f"{NEGATIVE_IMAGES} and {POSITIVE_IMAGES} there)"
        )
    elif files != TEST_FILES:
        found.append("the images are not those of the Kermany data's test split, by their names")
    for what, here, there in (
        ("architecture", architecture, ARCHITECTURE),
        ("recipe", recipe, RECIPE),
        ("attack", attack, ATTACK),
        ("threat model", threat, THREAT),
    ):
        if here != there:
            found.append(f"the {what} is {here or 'not known'} here and {there} there")
    return tuple(found)
