"""Is an image like the chest X-rays that classifiers here are trained on? A warning, never a refusal.

Six numbers of the image, shrunk to 32 x 32 whatever its shape, are compared with those of real chest X-rays
by their Mahalanobis distance: how much its coarse structure resembles the mean chest, how much it is its own
mirror image, how rough it is from row to row and from column to column, its mean grey and its contrast.

Measured by tests/benchmarks/domain_rates.py, fitted to 1,200 images of the Kermany training split, drawn with
seed 0; the limit is what 99.5 % of them stay below:

    of                                                        unlike
    the 624 X-rays of the Kermany test split                   0.8 %
    120 synthetic films of the demo study                      0.8 %
    21 photographs (ImageNet, matplotlib's portrait)           100 %
    80 small pictures (CIFAR, MNIST, Fashion-MNIST)           98.8 %
    noise, smooth blobs, gradients, pages of text, flat grey   100 %
    test X-rays lying on their side, or inverted               100 %
    test X-rays upside down                                      8 %

So it tells what is no chest X-ray from what is one. It does not tell another scanner, a child from an adult
(Kermany's are children), a lateral view, or a disease the classifier never saw.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray

from cxr_gui.core import resources
from cxr_gui.core.images import Radiograph, to_input

SIDE = 32
QUANTILE = 0.995
FLOOR = 0.02
"""Contrast, as a standard deviation of 0..1, below which an image counts as flat."""

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Reference:
    """What chest X-rays are like.

    template   [16][16] the mean chest, of zero mean and unit contrast
    mean       [6] of the measures          precision  [6][6] the inverse of their covariance
    limit      the distance that QUANTILE of them stay below
    """

    template: list[list[float]]
    mean: list[float]
    precision: list[list[float]]
    limit: float


def distance(pixels: NDArray[np.float32], reference: Reference | None = None) -> float:
    """How far an image [H, W] in 0..1 lies from chest X-rays, in standard deviations over all measures."""
    reference = reference or stored()
    away = measures(pixels, np.array(reference.template)) - np.array(reference.mean)
    return float(np.sqrt(away @ np.array(reference.precision) @ away))


def warnings(pixels: NDArray[np.float32]) -> tuple[str, ...]:
    """One sentence for an image [H, W] in 0..1 that is not like a chest X-ray, else none."""
    found, limit = distance(pixels), stored().limit
    if found <= limit:
        return ()
    return (
        "This is not like the chest X-rays it was compared with "
        f"(distance {found:.1f}; {QUANTILE:.1%} of them lie below {limit:.1f}), so what a classifier says of "
        "it means little.".replace("%", " %"),
    )


def remarks(radiograph: Radiograph) -> tuple[str, ...]:
    """All that a person should be told of a radiograph: of its file, and of what is in it."""
    return (*radiograph.source.warnings, *warnings(radiograph.pixels))


def measures(pixels: NDArray[np.float32], template: Floats) -> Floats:
    """The six numbers [6] of an image [H, W] in 0..1."""
    small = to_input(pixels, (SIDE, SIDE)) / 255
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


def fit(images: Sequence[NDArray[np.float32]]) -> Reference:
    """The reference of chest X-rays [H, W] in 0..1: at least as many as to invert a covariance of six."""
    coarse = np.mean([_coarse(to_input(pixels, (SIDE, SIDE)) / 255) for pixels in images], axis=0)
    template = np.round(_unit(coarse), 3)
    found = np.array([measures(pixels, template) for pixels in images])
    unlimited = Reference(
        template=template.tolist(),
        mean=np.round(found.mean(axis=0), 6).tolist(),
        precision=np.round(np.linalg.inv(np.cov(found.T)), 4).tolist(),
        limit=0.0,
    )
    limit = float(np.quantile([distance(pixels, unlimited) for pixels in images], QUANTILE))
    return Reference(**(asdict(unlimited) | {"limit": round(limit, 3)}))


@cache
def stored() -> Reference:
    """The reference that comes with the program."""
    return Reference(**json.loads((resources.folder() / "domain.json").read_text(encoding="utf-8")))


def _coarse(small: Floats) -> Floats:
    """[32, 32] -> [16, 16] of zero mean and unit contrast."""
    return _unit(small.reshape(SIDE // 2, 2, SIDE // 2, 2).mean(axis=(1, 3)))


def _unit(values: Floats) -> Floats:
    centred = values - values.mean()
    unit: Floats = centred / (centred.std() + FLOOR)
    return unit
