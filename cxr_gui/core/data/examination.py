"""What the audit looks at in each file; every file is read and decoded once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from cxr_gui.core.base.errors import ImageError
from cxr_gui.core.base.parallel import in_order
from cxr_gui.core.base.progress import Event, Pace, Work
from cxr_gui.core.data.duplicates import SIDE, perceptual_hash
from cxr_gui.core.data.records import Record
from cxr_gui.core.images import Source, read, remarks, to_input

SEEN = (224, 224)
"""The size at which films are looked at, whatever their own: as most classifiers see them."""

MASK = 0.9
"""Share of pixels within 5 % of the darkest or the brightest, from which an image counts as a mask.

Of 730 films of the Kermany data none has more than 0.32; masks keep 0.95 through JPEG and resizing."""


IN_YEARS = {"days": 1 / 365.25, "weeks": 7 / 365.25, "months": 1 / 12, "years": 1.0}


@dataclass(frozen=True, eq=False, slots=True)
class Examined:
    """One readable file of a dataset.

    sha256, hash, thumbnail   to find duplicates with
    traits                    what the acquisition left in the file: {name: number or word}
    looks                     the same of the film, which disease may change, too: {name: number}
    taken                     of whom, how and with what, as far as the file says it: {name: number or word}
    warnings                  what makes it no plain radiograph, in words
    """

    record: Record
    sha256: str
    hash: int
    thumbnail: NDArray[np.uint8]
    traits: dict[str, float | str]
    looks: dict[str, float]
    warnings: tuple[str, ...]
    taken: dict[str, float | str] = field(default_factory=dict)


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
    seen = to_input(radiograph.pixels, SEEN)
    grey = seen.ravel().astype(np.float32) / np.float32(255)
    brightness = float(grey.mean())
    traits: dict[str, float | str] = {
        "width": float(width),
        "height": float(height),
        "aspect ratio": width / height,
        "brightness": brightness,
        "file format": source.format,
        "bit depth": str(source.bits),
        "modality": source.modality or "unsaid",
        "photometric": source.photometric or "unsaid",
    }
    looks = {
        "contrast": max(0.0, float(grey @ grey) / grey.size - brightness**2) ** 0.5,
        "black": 1 - np.count_nonzero(seen) / seen.size,
        "white": np.count_nonzero(seen == 255) / seen.size,
        "detail": (_steps(seen[1:], seen[:-1]) + _steps(seen[:, 1:], seen[:, :-1])) / 2,
    }
    said = (*remarks(radiograph), *_like_a_mask(seen))
    hashed = perceptual_hash(thumbnail)
    return Examined(record, source.sha256, hashed, thumbnail, traits, looks, said, _taken(source))


def _taken(source: Source) -> dict[str, float | str]:
    known = source.acquisition._asdict()
    taken: dict[str, float | str] = {name: words for name, words in known.items() if words is not None}
    number, _, unit = str(taken.get("age", "")).partition(" ")
    if unit in IN_YEARS:  # as a number, so that films can be ranked by it
        del taken["age"]
        taken["age in years"] = float(number) * IN_YEARS[unit]
    if source.spacing is not None:
        taken["spacing in mm"] = source.spacing[0]
    return taken


def _steps(pixels: NDArray[np.uint8], neighbours: NDArray[np.uint8]) -> float:
    """How much they differ in the mean, of 1."""
    differences = np.maximum(pixels, neighbours) - np.minimum(pixels, neighbours)
    return int(differences.sum(dtype=np.uint32)) / (255 * differences.size)


def _like_a_mask(seen: NDArray[np.uint8]) -> tuple[str, ...]:
    low, high = int(seen.min()), int(seen.max())
    border = (high - low) // 20
    between = np.count_nonzero((seen > low + border) & (seen < high - border))
    if between > (1 - MASK) * seen.size:
        return ()
    return ("This has hardly more than two grey values, as masks have.",)
