"""Images that occur twice: byte for byte, or looking the same after re-encoding, resizing or brightening."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.fft import dctn

from cxr_gui.core.base.progress import Event, Pace, Work

SIDE = 32
"""Side of the thumbnails that are compared."""

MAX_DISTANCE, MIN_CORRELATION = 6, 0.99
"""Near duplicates: bits by which hashes may differ, and how thumbnails must correlate.

Measured on the Kermany images: JPEG at quality 50, resizing and brightening change at most 4 bits and leave
0.997 of the correlation; two different images never correlate by more than 0.980.
"""

_ROWS = 64  # of the matrix of distances at a time: 50 MB at 100,000 images

Groups = tuple[tuple[int, ...], ...]


def perceptual_hash(thumbnail: NDArray[np.uint8]) -> int:
    """64 bits: which of the lowest 8 x 8 DCT coefficients lie above their median (pHash; Zauner, 2010)."""
    low = dctn(thumbnail.astype(np.float32), norm="ortho")[:8, :8].ravel()
    low[0] = 0  # the mean, which brightening changes
    bits = np.packbits(low > np.median(low[1:]))
    return int.from_bytes(bits.tobytes(), "big")


def exact_groups(digests: Sequence[str]) -> Groups:
    """Indices of equal digests, for each digest that occurs more than once."""
    places: dict[str, list[int]] = defaultdict(list)
    for index, digest in enumerate(digests):
        places[digest].append(index)
    return tuple(tuple(group) for group in places.values() if len(group) > 1)


def near_groups(hashes: Sequence[int], thumbnails: NDArray[np.uint8]) -> Work[Groups]:
    """Indices of images that look the same: groups of those linked by similar pairs.

    hashes [N], thumbnails uint8 [N, SIDE, SIDE]. All pairs of hashes are compared; only the few similar ones
    have their thumbnails compared.
    """
    codes = np.array(hashes, np.uint64)
    parents = list(range(len(codes)))
    pace = Pace()
    for start in range(0, len(codes), _ROWS):
        if pace():
            yield Event("Looking for near duplicates", start, len(codes))
        rows = codes[start : start + _ROWS, None]
        similar = np.bitwise_count(rows ^ codes[None, start:]) <= MAX_DISTANCE
        similar[:, : len(rows)] = np.triu(similar[:, : len(rows)], 1)  # each pair once
        for row, column in zip(*np.nonzero(similar), strict=True):
            first, second = start + int(row), start + int(column)
            if _correlation(thumbnails[first], thumbnails[second]) >= MIN_CORRELATION:
                parents[_root(parents, second)] = _root(parents, first)
    members: dict[int, list[int]] = defaultdict(list)
    for index in range(len(parents)):
        members[_root(parents, index)].append(index)
    return tuple(tuple(group) for group in members.values() if len(group) > 1)


def _root(parents: list[int], index: int) -> int:
    while parents[index] != index:
        parents[index] = parents[parents[index]]
        index = parents[index]
    return index


def _correlation(first: NDArray[np.uint8], second: NDArray[np.uint8]) -> float:
    """Pearson's correlation of two thumbnails; of blank ones 1 when both are the same."""
    a, b = first.astype(np.float32) - first.mean(), second.astype(np.float32) - second.mean()
    length = float(np.sqrt(np.sum(a * a) * np.sum(b * b)))
    return float(np.sum(a * b)) / length if length else float(np.array_equal(first, second))
