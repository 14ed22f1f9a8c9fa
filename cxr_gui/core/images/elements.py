"""Elements of a DICOM data set, read so that one that breaks the standard is named, not taken for damage."""

from __future__ import annotations

import math
from typing import Any

from pydicom import Dataset
from pydicom.datadict import dictionary_description, tag_for_keyword
from pydicom.pixels.common import PhotometricInterpretation

from cxr_gui.core.base.errors import ImageError
from cxr_gui.core.images.decoded import DECODER_ERRORS

PALETTE = "PALETTE COLOR"
_OF_ALL = ("Rows", "Columns", "SamplesPerPixel", "BitsAllocated")
_OF_WHOLE = ("BitsStored", "PixelRepresentation")
"""What Float Pixel Data does without (PS3.3, C.7.6.24)."""


def broken(keyword: str, how: str) -> ImageError:
    """The error of an element that breaks the standard."""
    tag = tag_for_keyword(keyword) or 0
    name = f"{dictionary_description(tag)} ({tag >> 16:04x},{tag & 0xFFFF:04x})"
    hint = "Export it again, if you can with another program."
    return ImageError(f"breaks the DICOM standard: {name} {how}.", hint=hint)


def value_of(dataset: Dataset, keyword: str) -> Any:
    """An element's value; None when it is missing or empty. Raises ImageError when it cannot be read."""
    try:
        value = dataset.get(keyword)
        return value if isinstance(value, int | float) or value else None
    except DECODER_ERRORS as error:  # pydicom makes sense of a value when it is asked for
        raise broken(keyword, "cannot be read") from error


def numbers_of(dataset: Dataset, keyword: str) -> list[float]:
    """An element's numbers, none when it is missing or empty. Raises ImageError when they are not finite."""
    value = value_of(dataset, keyword)
    several = not isinstance(value, str | bytes) and hasattr(value, "__iter__")
    try:
        numbers = [float(each) for each in (value if several else [value] if value is not None else [])]
    except (TypeError, ValueError) as error:
        raise broken(keyword, "cannot be read") from error
    if not all(map(math.isfinite, numbers)):
        raise broken(keyword, "is not finite")
    return numbers


def number_of(dataset: Dataset, keyword: str) -> float | None:
    """The first of an element's numbers, or None. Raises ImageError when it cannot be read."""
    return next(iter(numbers_of(dataset, keyword)), None)


def check_pixel_elements(dataset: Dataset) -> None:
    """Raise ImageError, naming it, for an element without which no pixel can be read (PS3.3, C.7.6.3)."""
    needed = (*_OF_ALL, *_OF_WHOLE) if "PixelData" in dataset else _OF_ALL
    found = {keyword: number_of(dataset, keyword) for keyword in needed}
    for keyword, number in found.items():
        if number is None:
            raise broken(keyword, "is missing")
    stored, allocated = (found.get(keyword) for keyword in ("BitsStored", "BitsAllocated"))
    if stored is not None and not 1 <= stored <= (allocated or 0):
        raise broken("BitsStored", f"is {stored:g} of {allocated:g} bits")
    if found.get("PixelRepresentation", 0) not in (0, 1):
        raise broken("PixelRepresentation", f"is {found['PixelRepresentation']:g}")
    if (found["SamplesPerPixel"] or 1) > 1 and number_of(dataset, "PlanarConfiguration") is None:
        raise broken("PlanarConfiguration", "is missing")
    if (number_of(dataset, "NumberOfFrames") or 0) < 0:
        raise broken("NumberOfFrames", "is below 0")
    _check_photometric(dataset)


def _check_photometric(dataset: Dataset) -> None:
    known = str(value_of(dataset, "PhotometricInterpretation") or "").strip().upper()
    if not known:
        raise broken("PhotometricInterpretation", "is missing")
    if known not in {each.value for each in PhotometricInterpretation}:
        raise broken("PhotometricInterpretation", f"is '{known}'")
    dataset.PhotometricInterpretation = known
    for colour in ("Red", "Green", "Blue") if known == PALETTE else ():
        table = f"{colour}PaletteColorLookupTable"
        if len(numbers_of(dataset, f"{table}Descriptor")) != 3:
            raise broken(f"{table}Descriptor", "does not have three values")
        if not any(value_of(dataset, f"{way}{table}Data") for way in ("", "Segmented")):
            raise broken(f"{table}Data", "is missing")
