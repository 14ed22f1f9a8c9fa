"""The brushes: coordinates, soft shapes, smooth noise and splatted trees, all float32."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

Field = NDArray[np.floating[Any]]
"""float32 throughout: a Python float leaves the type of the array it meets alone (NEP 50)."""

Window = tuple[slice, slice]
Point = tuple[float, float]


@dataclass(frozen=True, eq=False)
class Frame:
    """Where the patient stands on the film.

    x [H, W] grows to the image's right from the midline, y [H, 1] from the top down, both in units of
    `scale` film heights. Leaning is a shear of x, so whatever depends on height alone stays one column.
    """

    x: Field
    y: Field

    @classmethod
    def place(cls, size: tuple[int, int], *, centre: float, top: float, scale: float, lean: float) -> Frame:
        height, width = size
        y = ((np.arange(height, dtype=np.float32) + 0.5) / height - top) / scale
        x = ((np.arange(width, dtype=np.float32) + 0.5 - width / 2) / height - centre) / scale
        return cls(x[None, :] - lean * (y[:, None] - 0.5), y[:, None])

    @property
    def size(self) -> tuple[int, int]:
        return len(self.y), self.x.shape[1]

    def blank(self) -> Field:
        return np.zeros(self.size, np.float32)

    def crop(self, left: float, right: float, top: float, bottom: float) -> tuple[Window, Frame]:
        """The smallest window of the film that holds these bounds, and that part of the frame."""
        rows = np.searchsorted(self.y[:, 0], (top, bottom))
        ends = np.array([np.searchsorted(self.x[row], (left, right)) for row in (0, -1)])
        window = (slice(int(rows[0]), int(rows[1])), slice(int(ends[:, 0].min()), int(ends[:, 1].max())))
        return window, Frame(self.x[window], self.y[window[0]])

    def crop_around(self, centre: Point, reach: float) -> tuple[Window, Frame]:
        """The window of the film within `reach` of a point, and that part of the frame."""
        return self.crop(centre[0] - reach, centre[0] + reach, centre[1] - reach, centre[1] + reach)


def step(value: Field, softness: float) -> Field:
    """A soft threshold: 0 where `value` is below -softness, 1 above +softness, smooth between."""
    t: Field = value * (0.5 / softness)
    t += 0.5
    np.clip(t, 0, 1, out=t)
    t *= t * (3 - 2 * t)
    return t


def ellipse(frame: Frame, centre: Point, radii: Point, turn: float = 0.0) -> Field:
    """How far inside an ellipse turned by `turn` radians a point lies: about a length, negative outside."""
    x, y = frame.x - centre[0], frame.y - centre[1]
    cos, sin = math.cos(turn), math.sin(turn)
    u = x * (cos / radii[0]) + y * (sin / radii[0])
    v = y * (cos / radii[1]) - x * (sin / radii[1])
    depth: Field = (1 - np.sqrt(u * u + v * v)) * min(radii)
    return depth


def spot(frame: Frame, centre: Point, radii: Point, turn: float, softness: float) -> Field:
    """A soft filled ellipse, 0..1, drawn only where it is."""
    total = frame.blank()
    window, near = frame.crop_around(centre, max(radii) * (1 + softness / min(radii)))
    total[window] = step(ellipse(near, centre, radii, turn), softness)
    return total


def union(first: Field, second: Field, blend: float) -> Field:
    """The union of two shapes given as distances inside, with the crease between them filled."""
    crease = np.clip(1 - np.abs(first - second) / blend, 0, None)
    return np.maximum(first, second) + crease * crease * (blend / 4)


def tube(offset: Field, radius: float | Field, wall: float) -> Field:
    """Depth of bone through a hollow tube at `offset` from its axis: bright cortex, fainter marrow."""
    u = (offset / radius) ** 2
    depth: Field = np.sqrt(np.clip(1 - u, 0, 1)) - 0.7 * np.sqrt(np.clip((1 - wall) ** 2 - u, 0, 1))
    return depth


@lru_cache(maxsize=64)
def _weights(length: int, knots: int) -> Field:
    """Smooth interpolation from `knots` values to `length` samples, as a matrix."""
    at = (np.arange(length) + 0.5) / length * (knots - 1)
    left = np.minimum(at.astype(int), knots - 2)
    t = at - left
    t = t * t * (3 - 2 * t)
    weights = np.zeros((length, knots), np.float32)
    weights[np.arange(length), left] = 1 - t
    weights[np.arange(length), left + 1] = t
    return weights


def clouds(rng: np.random.Generator, size: tuple[int, int], cells: int, octaves: int = 1) -> Field:
    """Cloudy noise of about unit variance: octaves from `cells` a side up, each half as strong."""
    height, width = size
    total = np.zeros(size, np.float32)
    for octave in range(octaves):
        knots = cells * 2**octave + 1
        grid = rng.standard_normal((knots, knots), dtype=np.float32)
        total += (1.4 * 0.5**octave) * (_weights(height, knots) @ grid @ _weights(width, knots).T)
    return total


def splat(frame: Frame, points: NDArray[np.float64], volumes: NDArray[np.float64], blur: float) -> Field:
    """The depth of matter of `volumes` [N] at `points` [N, 2] (x, y), spread by a Gaussian of `blur`."""
    height, width = frame.size
    left, top = float(frame.x[0, 0]), float(frame.y[0, 0])
    pitch = float(frame.x[0, 1] - frame.x[0, 0])
    lean = float(frame.x[0, 0] - frame.x[-1, 0]) / float(frame.y[-1, 0] - top)
    row = (points[:, 1] - top) / pitch
    column = (points[:, 0] + lean * (points[:, 1] - top) - left) / pitch
    inside = (row > 0) & (row < height - 1) & (column > 0) & (column < width - 1)
    cell = np.rint(row[inside]).astype(np.int64) * width + np.rint(column[inside]).astype(np.int64)
    counts = np.bincount(cell, weights=volumes[inside] / pitch**2, minlength=height * width)
    matter = counts.reshape(frame.size).astype(np.float32)
    ndimage.gaussian_filter(matter, max(blur / pitch, 0.6), truncate=2.5, output=matter)
    return matter
