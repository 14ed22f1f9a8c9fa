"""Is an image like the chest X-rays that classifiers here are trained on? A warning, never a refusal.

Of the image, shrunk to 32 x 32 whatever its shape, these are compared with real chest X-rays:
- six numbers by their Mahalanobis distance: how much its coarse structure resembles the mean chest, how much
  it is its own mirror image, how rough it is from row to row and from column to column, its mean grey and its
  contrast;
- whether it stands upright, and whether the heart lies where it does in most: each is a weighted sum of the
  coarse structure, fitted by least squares (ridge) to give 1 for a chest and -1 for the same one turned;
- its contrast; and, which is lost in shrinking, its proportions.

Measured by tests/benchmarks/domain_rates.py, fitted to the 5,216 images of the Kermany training split:

    of                                                        unlike
    the 624 X-rays of the Kermany test split                   0.8 %
    120 synthetic films of the demo study                      0.0 %
    21 photographs (ImageNet, matplotlib's portrait)           100 %
    80 small images (CIFAR, MNIST, Fashion-MNIST)           98.8 %
    noise, smooth blobs, gradients, pages of text, flat grey   100 %
    test X-rays lying on their side, or inverted               100 %
    test X-rays turned by 180 degrees, or upside down         99.5 %
    test X-rays mirrored                                      75.3 %
    test X-rays at half, a quarter of their contrast     4.6 %, 100 %
    test X-rays squeezed to 2000 x 500                         100 %

So it tells what is no chest X-ray from what is one, and most of those that were turned or mirrored; a heart
that really lies on the right looks mirrored as well. It does not tell another scanner, a lateral view, a
disease the classifier never saw, nor most adults (Kermany's are children of one to five years): whose films a
classifier learned from is told with its predictions. The limits of the proportions are not measured, for the
films that were at hand had been made squares; no detector is twice as high as wide, and the widest cropped
films of that collection have about 3 to 1.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray

from cxr_gui.core.base import resources
from cxr_gui.core.images.radiograph import Radiograph, to_input

SIDE = 32
QUANTILE = 0.995
UPSIDE_DOWN, MIRRORED, FLAT = 0.001, 0.002, 0.0005
"""Shares of chest X-rays that lie beyond each of the other limits."""

RIDGE = 100.0
NARROWEST, WIDEST = 0.5, 3.5
"""Width over height, between which a film may lie."""

FLOOR = 0.02
"""Contrast, as a standard deviation of 0..1, below which an image counts as flat."""

ENOUGH = 256
"""Pixels of each side that are looked at, of a larger image every so many."""

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Reference:
    """What chest X-rays are like.

    template   [16][16] the mean chest, of zero mean and unit contrast
    mean       [6] of the measures          precision  [6][6] the inverse of their covariance
    limit      the distance that QUANTILE of them stay below
    upright, facing   [16][16] weights: the sum is about 1 for a chest; -1 for one upside down, or mirrored
    least_upright, least_facing, least_contrast   what all but a few of them stay above
    """

    template: list[list[float]]
    mean: list[float]
    precision: list[list[float]]
    limit: float
    upright: list[list[float]]
    facing: list[list[float]]
    least_upright: float
    least_facing: float
    least_contrast: float


def distance(pixels: NDArray[np.float32], reference: Reference | None = None) -> float:
    """How far an image [H, W] in 0..1 lies from chest X-rays, in standard deviations over all measures."""
    return _distance(_small(pixels), reference or stored())


def warnings(pixels: NDArray[np.float32], spacing: tuple[float, float] | None = None) -> tuple[str, ...]:
    """One sentence for an image [H, W] in 0..1 that is not like a chest X-ray, else none.

    spacing  (row, column) distance of its pixels, where it is known
    """
    doubts = _doubts(_small(pixels), stored())
    rows, columns = spacing or (1.0, 1.0)
    ratio = pixels.shape[1] * columns / (pixels.shape[0] * rows)
    if not NARROWEST <= ratio <= WIDEST:
        doubts.append(f"it is {ratio:.2g} times as wide as high, so that squeezing it distorts the body")
    if not doubts:
        return ()
    why = "; ".join(doubts)
    unlike = (
        f"This is not like the chest X-rays it was compared with ({why}), so what a classifier says of it"
    )
    return (f"{unlike} means little.",)


def remarks(radiograph: Radiograph) -> tuple[str, ...]:
    """All that a person should be told of a radiograph: of its file, and of what is in it."""
    source = radiograph.source
    return (*source.warnings, *warnings(radiograph.pixels, source.spacing))


def measures(pixels: NDArray[np.float32], template: Floats) -> Floats:
    """The six numbers [6] of an image [H, W] in 0..1."""
    return _measures(_small(pixels), template)


def fit(images: Iterable[NDArray[np.float32]]) -> Reference:
    """The reference of chest X-rays [H, W] in 0..1: at least as many as to invert a covariance of six."""
    films = [_small(pixels) for pixels in images]
    chests = np.array([_coarse(small) for small in films])
    template = np.round(_unit(chests.mean(axis=0)), 3)
    found = np.array([_measures(small, template) for small in films])
    mean, precision = np.round(found.mean(axis=0), 6), np.round(np.linalg.inv(np.cov(found.T)), 4)
    away = found - mean
    distances = np.sqrt(np.einsum("ni,ij,nj->n", away, precision, away))
    both_ways = np.concatenate([chests, chests[:, :, ::-1]])  # which side the heart is on tells nothing of up
    upright = _telling(both_ways, both_ways[:, ::-1])
    facing = _telling(chests, chests[:, :, ::-1])

    contrasts = np.array([small.std() for small in films])

    def least(values: Floats, share: float) -> float:
        return round(float(np.quantile(values, share)), 4)

    return Reference(
        template=template.tolist(),
        mean=mean.tolist(),
        precision=precision.tolist(),
        limit=round(float(np.quantile(distances, QUANTILE)), 3),
        upright=upright.tolist(),
        facing=facing.tolist(),
        least_upright=least((chests * upright).sum(axis=(1, 2)), UPSIDE_DOWN),
        least_facing=least((chests * facing).sum(axis=(1, 2)), MIRRORED),
        least_contrast=least(contrasts, FLAT),
    )


@cache
def stored() -> Reference:
    """The reference that comes with the program."""
    return Reference(**json.loads((resources.folder() / "domain.json").read_text(encoding="utf-8")))


def _doubts(small: Floats, reference: Reference) -> list[str]:
    """What is unlike a chest X-ray in an image [32, 32], each in a clause."""
    coarse = _coarse(small)
    turns = (
        (small[::-1], reference.upright, reference.least_upright, "it seems to be upside down"),
        (small[:, ::-1], reference.facing, reference.least_facing, "it seems to be mirrored, left for right"),
    )
    for turned, weights, least, words in turns:
        if (coarse * np.array(weights)).sum() < least and _distance(turned, reference) <= reference.limit:
            return [words]  # turned back it is like them
    doubts = []
    found, contrast = _distance(small, reference), float(small.std())
    if contrast < reference.least_contrast:
        doubts.append(
            f"it has a contrast of {contrast:.3f}, and nearly all have {reference.least_contrast:.3f}"
        )
    if found > reference.limit:
        of = f"{QUANTILE:.1%}".replace("%", " %")
        doubts.append(f"distance {found:.1f}; {of} of them lie below {reference.limit:.1f}")
    return doubts


def _small(pixels: NDArray[np.float32]) -> Floats:
    """[H, W] -> [32, 32], 0..1 in steps of 1/255."""
    rows, columns = (max(1, side // ENOUGH) for side in pixels.shape)
    small: Floats = to_input(pixels[::rows, ::columns], (SIDE, SIDE)) / 255
    return small


def _distance(small: Floats, reference: Reference) -> float:
    away = _measures(small, np.array(reference.template)) - np.array(reference.mean)
    return float(np.sqrt(away @ np.array(reference.precision) @ away))


def _measures(small: Floats, template: Floats) -> Floats:
    coarse = _coarse(small)
    contrast = float(small.std())
    return np.array(
        [
            (coarse * template).mean(),
            (coarse * coarse[:, ::-1]).mean(),
            np.abs(np.diff(small, axis=0)).mean() / (contrast + FLOOR),
            np.abs(np.diff(small, axis=1)).mean() / (contrast + FLOOR),
            small.mean(),
            contrast,
        ]
    )


def _telling(chests: Floats, turned: Floats) -> Floats:
    """Weights [16, 16] whose sum over a chest is about 1, and -1 over the same one turned."""
    change = ((chests - turned) / 2).reshape(len(chests), -1)
    gram = change.T @ change + RIDGE * np.eye(change.shape[1])
    weights: Floats = np.linalg.solve(gram, change.sum(axis=0)).astype(np.float64)
    return np.round(weights, 4).reshape(chests.shape[1:])


def _coarse(small: Floats) -> Floats:
    """[32, 32] -> [16, 16] of zero mean and unit contrast."""
    return _unit(small.reshape(SIDE // 2, 2, SIDE // 2, 2).mean(axis=(1, 3)))


def _unit(values: Floats) -> Floats:
    centred = values - values.mean()
    unit: Floats = centred / (centred.std() + FLOOR)
    return unit
