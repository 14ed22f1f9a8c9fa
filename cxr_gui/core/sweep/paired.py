"""Two classifiers, or two attacks, on the same images: how much more often one is right, with an interval."""

from __future__ import annotations

import math
from collections.abc import Hashable, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from cxr_gui.core.base.metrics import UNDEFINED, Interval, mean_of_two, wilson_of_share

Bools = NDArray[np.bool_]


@dataclass(frozen=True)
class PairedDifference:
    """How `other` differs from `reference` on the same n images. Shares are 0..1.

    difference      share right in `other` less share right in `reference`
    interval        its 95 % interval, see `paired_difference`
    only_reference  images that only `reference` decides rightly     only_other  those that only `other` does
    balanced_*      the same as the means of both classes, see `balanced_difference`; NaN without labels
    """

    n: int
    reference: float
    other: float
    difference: float
    interval: Interval
    only_reference: int
    only_other: int
    balanced_reference: float = math.nan
    balanced_other: float = math.nan
    balanced_difference: float = math.nan
    balanced_interval: Interval = UNDEFINED

    @property
    def distinct(self) -> bool:
        """Whether the interval leaves out 0."""
        return not self.interval[0] <= 0 <= self.interval[1]


def paired_difference(
    reference: Bools, other: Bools, patients: Sequence[Hashable] | None = None
) -> PairedDifference:
    """Compare right decisions [N] with right decisions [N] on the same N >= 1 images.

    patients [N] says whose image each is; None takes every image for a patient of its own.

    The interval is Newcombe's hybrid score interval for paired proportions (Newcombe, 1998, Statistics in
    Medicine 17:2635, method 10), which keeps its coverage where few or no images tell the two apart. Images
    of one patient are not independent, so it is worked out as if there were N / deff images, deff being how
    much the clustering inflates the variance of the difference (Rao and Scott, 1992; for paired proportions
    Yang, Sun and Hardin, 2012, Biometrical Journal 54). Without shared patients it is Newcombe's own.
    """
    a, b = reference.astype(np.float64), other.astype(np.float64)
    n = len(a)
    effective = n / design_effect(b - a, range(n) if patients is None else patients)
    p, q = float(a.mean()), float(b.mean())
    (low_p, high_p), (low_q, high_q) = wilson_of_share(p, effective), wilson_of_share(q, effective)
    phi = _phi(reference, other, effective)
    down = _together(q - low_q, high_p - p, phi)
    up = _together(high_q - q, p - low_p, phi)
    return PairedDifference(
        n=n,
        reference=p,
        other=q,
        difference=q - p,
        interval=(max(-1.0, q - p - down), min(1.0, q - p + up)),
        only_reference=int(np.sum(reference & ~other)),
        only_other=int(np.sum(other & ~reference)),
    )


def balanced_difference(
    reference: Bools,
    other: Bools,
    labels: NDArray[np.integer],
    patients: Sequence[Hashable] | None = None,
) -> PairedDifference:
    """`paired_difference`, and the same of balanced accuracy, where both classes 0/1 of labels [N] occur.

    The classes are different images: the intervals of their paired differences make that of the mean, see
    `metrics.mean_of_two`.
    """
    found = paired_difference(reference, other, patients)
    sides = [np.flatnonzero(labels == label) for label in (0, 1)]
    if not all(map(len, sides)):
        return found
    whose = range(len(labels)) if patients is None else patients
    one, two = (
        paired_difference(reference[side], other[side], [whose[image] for image in side.tolist()])
        for side in sides
    )
    mean, interval = mean_of_two(one.difference, one.interval, two.difference, two.interval)
    return replace(
        found,
        balanced_reference=(one.reference + two.reference) / 2,
        balanced_other=(one.other + two.other) / 2,
        balanced_difference=mean,
        balanced_interval=interval,
    )


def design_effect(differences: NDArray[np.float64], patients: Sequence[Hashable]) -> float:
    """How many times larger the variance of the mean of `differences` [N] is than of N patients; 1 or more.

    Where all differences are the same nothing can be estimated, and each patient counts as one image.
    """
    numbers: dict[Hashable, int] = {}
    places = np.array([numbers.setdefault(patient, len(numbers)) for patient in patients])
    residuals = differences - differences.mean()
    simple = float(residuals @ residuals)
    if len(numbers) < 2 or simple == 0:
        return len(differences) / len(numbers)
    if len(numbers) == len(differences):
        return 1.0
    sums = np.bincount(places, weights=residuals)
    clustered = float(sums @ sums) * len(numbers) / (len(numbers) - 1)
    return max(1.0, clustered / simple)


def _phi(reference: Bools, other: Bools, n: float) -> float:
    """The correlation of the two, a positive one reduced by Newcombe's continuity correction for n images."""
    both, neither = np.mean(reference & other), np.mean(~reference & ~other)
    first, second = np.mean(reference & ~other), np.mean(other & ~reference)
    spread = (both + first) * (second + neither) * (both + second) * (first + neither)
    if not spread > 0:
        return 0.0
    product = float(both * neither - first * second)
    if product > 0:
        product = max(product - 1 / (2 * n), 0.0)
    return product / math.sqrt(spread)


def _together(one: float, two: float, phi: float) -> float:
    """The half-width that two half-widths of correlated estimates make for their difference."""
    return math.sqrt(max(0.0, one**2 - 2 * phi * one * two + two**2))
