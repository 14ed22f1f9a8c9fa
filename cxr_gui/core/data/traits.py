"""Traits of films as numbers to rank by, and where two groups of films part in one of them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Traits = dict[str, Floats]

EDGE = 2
"""Rows or columns of a thumbnail's 32 that are its border: some 5 % of a film."""

BLOCKS = 8
"""Parts of a side, the mean grey of which tells how films are lit and framed."""

SERIES = 8
"""Words of a trait from which it is no series of films but a name of each."""

_MORE_OR_LESS = {
    "width": ("are wider in pixels", "are narrower in pixels"),
    "height": ("are taller in pixels", "are less tall in pixels"),
    "aspect ratio": ("are wider for their height", "are narrower for their height"),
    "brightness": ("are brighter", "are darker"),
    "contrast": ("have more contrast", "have less contrast"),
    "black": ("have more pixels of pure black", "have fewer pixels of pure black"),
    "white": ("have more pixels of pure white", "have fewer pixels of pure white"),
    "detail": ("have more detail", "have less detail"),
    "chest width": ("show the chest wider", "show the chest narrower"),
    "chest height": ("show the chest taller", "show the chest less tall"),
    "chest right": ("show the chest further right", "show the chest further left"),
    "chest down": ("show the chest lower", "show the chest higher"),
} | {
    f"{side} border": (f"have a brighter {side} border", f"have a darker {side} border")
    for side in ("left", "right", "top", "bottom")
}


def as_numbers(trait: str, values: Sequence[float | str]) -> Traits:
    """A trait as numbers to rank by; a word becomes one yes or no for each of its values."""
    if isinstance(values[0], float):
        return {trait: np.array(values, np.float64)}
    words = sorted({str(value) for value in values})
    return {f"{trait} {word}": np.array([value == word for value in values], np.float64) for word in words}


def borders(thumbnails: NDArray[np.uint8]) -> Traits:
    """The mean grey, 0..1, of each border of thumbnails [N, S, S]."""
    sides = {
        "left border": thumbnails[:, :, :EDGE],
        "right border": thumbnails[:, :, -EDGE:],
        "top border": thumbnails[:, :EDGE],
        "bottom border": thumbnails[:, -EDGE:],
    }
    return {trait: pixels.mean(axis=(1, 2), dtype=np.float64) / 255 for trait, pixels in sides.items()}


def framing(thumbnails: NDArray[np.uint8]) -> Traits:
    """How wide, how tall and where each of thumbnails [N, S, S] shows what their mean shows.

    The first step of Gauss and Newton towards the mean, from a least squares fit of each to the mean, what
    stretching and moving it would change, and a constant: width and height in parts of the mean's own, place
    in parts of the frame. One step falls short of a large change; AUROC goes by the order of films alone.
    """
    side = thumbnails.shape[1]
    mean = thumbnails.mean(axis=0)
    down = np.linspace(-0.5, 0.5, side)[:, None]
    by_row, by_column = np.gradient(mean, 1 / (side - 1))
    changes = (mean, down.T * by_column, down * by_row, by_column, by_row, np.ones_like(mean))
    fit = np.linalg.pinv(np.stack(changes, axis=-1).reshape(side * side, -1)).astype(np.float32)
    gain, *moved = (fit @ thumbnails.reshape(len(thumbnails), -1).T.astype(np.float32)).astype(np.float64)[:5]
    names = ("chest width", "chest height", "chest right", "chest down")
    likeness = np.maximum(gain, 0.1)  # less of the mean is in no film that could be placed
    return {name: -move / likeness for name, move in zip(names, moved, strict=True)}


def block_means(thumbnails: NDArray[np.uint8]) -> Floats:
    """The mean grey, 0..255, of the blocks of thumbnails [N, S, S], as [N, BLOCKS * BLOCKS]."""
    size = thumbnails.shape[1] // BLOCKS
    blocks = thumbnails.reshape(len(thumbnails), BLOCKS, size, BLOCKS, size)
    means: Floats = blocks.mean(axis=(2, 4), dtype=np.float64).reshape(len(thumbnails), -1)
    return means


def border(values: Floats, labels: NDArray[np.integer]) -> float:
    """The value from which on most is the other of two groups 0/1 (Youden's J, either way round)."""
    order = np.argsort(values, kind="stable")
    ranked, below = values[order], labels[order]
    positive = np.cumsum(below) / max(1, below.sum())
    negative = np.cumsum(1 - below) / max(1, (1 - below).sum())
    last = np.append(ranked[1:] != ranked[:-1], False)  # a border lies between two values
    apart = np.where(last, np.abs(positive - negative), -1.0)
    return float(ranked[min(int(np.argmax(apart)) + 1, len(ranked) - 1)])


def is_counted(trait: str) -> bool:
    """True of a word that films have or have not; what they have less of they have more of another."""
    return trait not in _MORE_OR_LESS


def in_words(trait: str, *, more: bool) -> str:
    """What films do that have more of a trait, or less of it; "than" may follow."""
    often = (f"are more often of {trait}", f"are less often of {trait}")
    return _MORE_OR_LESS.get(trait, often)[not more]
