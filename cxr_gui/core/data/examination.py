"""What the audit looks at in each file; every file is read and decoded once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from cxr_gui.core.base.errors import ImageError
from cxr_gui.core.base.parallel import in_order
from cxr_gui.core.base.progress import Event, Pace, Work
from cxr_gui.core.data.duplicates import SIDE, perceptual_hash
from cxr_gui.core.data.records import Record
from cxr_gui.core.images import read, remarks, to_input

MASK = 0.9
"""Share of pixels within 5 % of the darkest or the brightest, from which an image counts as a mask.

Of 730 films of the Kermany data none has more than 0.32; masks keep 0.95 through JPEG and resizing."""


@dataclass(frozen=True, eq=False, slots=True)
class Examined:
    """One readable file of a dataset.

    sha256, hash, thumbnail   to find duplicates with
    traits                    what the acquisition left in the file: {name: number or word}
    warnings                  what makes it no plain radiograph, in words
    """

    record: Record
    sha256: str
    hash: int
    thumbnail: NDArray[np.uint8]
    traits: dict[str, float | str]
    warnings: tuple[str, ...]


@dataclass(frozen=True, eq=False, slots=True)
class Unreadable:
    """A file that could not be decoded, and why."""

    record: Record
    what: str


def examine(records: Sequence[Record]) -> Work[tuple[list[Examined], list[Unreadable]]]:
    """Read every file of a dataset, several at once."""
    examined: list[Examined] = []
    unreadable: list[Unreadable] = []
    pace = Pace()
    for number, found in enumerate(in_order(_examine, records), start=1):
        if isinstance(found, Examined):
            examined.append(found)
        else:
            unreadable.append(found)
        if pace() or number == len(records):
            yield Event("Examining images", number, len(records))
    return examined, unreadable


def _examine(record: Record) -> Examined | Unreadable:
    try:
        radiograph = read(record.path)
    except ImageError as error:
        return Unreadable(record, error.what)
    source = radiograph.source
    height, width = source.size
    thumbnail = to_input(radiograph.pixels, (SIDE, SIDE))
    traits: dict[str, float | str] = {
        "width": float(width),
        "height": float(height),
        "aspect ratio": width / height,
        "brightness": float(radiograph.pixels.mean()),
        "file format": source.format,
        "bit depth": str(source.bits),
        "modality": source.modality or "unsaid",
        "photometric": source.photometric or "unsaid",
    }
    said = (*remarks(radiograph), *_like_a_mask(radiograph.pixels))
    return Examined(record, source.sha256, perceptual_hash(thumbnail), thumbnail, traits, said)


def _like_a_mask(pixels: NDArray[np.float32]) -> tuple[str, ...]:
    low, high = pixels.min(), pixels.max()
    border = 0.05 * (high - low)
    if np.mean((pixels <= low + border) | (pixels >= high - border)) < MASK:
        return ()
    return ("This has hardly more than two grey values, as masks have.",)
