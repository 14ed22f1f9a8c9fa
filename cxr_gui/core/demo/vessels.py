"""The pulmonary vessels: trees that fork, bend and taper from both hila outwards."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from cxr_gui.core.demo.fields import Field, Frame, splat

GENERATIONS = 6
HILA = ((-1, -0.085, 0.475), (1, 0.095, 0.45))
CHEST_DEPTH = 0.5  # of a whole chest, in film heights

Tree = tuple[tuple[NDArray[np.float64], NDArray[np.float64], float], ...]


def grow(rng: np.random.Generator) -> Tree:
    """One entry a generation: points [N, 2] along its branches, the volume at each [N], the mean radius.

    Lengths are in film heights. Daughters together carry about the cross-section of their parent.
    """
    first = 7
    angle = np.tile(np.linspace(-1.35, 1.3, first), 2) + rng.normal(0, 0.12, 2 * first)
    side, x, y = (np.repeat([hilum[k] for hilum in HILA], first).astype(float) for k in range(3))
    x += rng.normal(0, 0.008, len(x))
    y += 0.06 * np.sin(angle) + rng.normal(0, 0.008, len(y))
    radius = rng.uniform(0.006, 0.011, len(x))
    length = rng.uniform(0.07, 0.12, len(x))
    tree = []
    for generation in range(GENERATIONS):
        along = np.linspace(0, 1, 48 >> (generation // 2))
        heading = angle[:, None] + rng.normal(0, 0.3, len(x))[:, None] * along
        stride = (length / len(along))[:, None]
        xs = x[:, None] + side[:, None] * np.cumsum(np.cos(heading) * stride, axis=1)
        ys = y[:, None] + np.cumsum(np.sin(heading) * stride, axis=1)
        calibre = radius[:, None] * (1 - 0.25 * along)
        volume = np.pi * calibre**2 * stride
        tree.append((np.stack((xs, ys), axis=-1).reshape(-1, 2), volume.ravel(), float(radius.mean())))
        fork = rng.uniform(0.2, 0.55, len(x))
        angle = np.stack((heading[:, -1] - fork, heading[:, -1] + fork * 0.7), axis=1).ravel()
        x, y, side = np.repeat(xs[:, -1], 2), np.repeat(ys[:, -1], 2), np.repeat(side, 2)
        radius = np.repeat(radius, 2) * rng.uniform(0.62, 0.8, len(x))
        length = np.repeat(length, 2) * rng.uniform(0.6, 0.95, len(x))
    return tuple(tree)


def draw(frame: Frame, tree: Tree) -> Field:
    """The vessels' depth, in chest depths. Two generations share one blur, as wide as their branches."""
    total = frame.blank()
    for first in range(0, GENERATIONS, 2):
        points, volumes, radii = zip(*tree[first : first + 2], strict=True)
        total += splat(frame, np.concatenate(points), np.concatenate(volumes), 0.5 * float(np.mean(radii)))
    return total / CHEST_DEPTH
