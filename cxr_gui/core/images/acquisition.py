"""Of whom, how and with what a DICOM image was taken: what a reader looks for beside it."""

from __future__ import annotations

import re

from pydicom import Dataset

from cxr_gui.core.base.errors import ImageError
from cxr_gui.core.images.decoded import Acquisition
from cxr_gui.core.images.elements import value_of

LONGEST = 64
"""Characters of a value that are kept: no device is called more (PS3.5, 6.2, LO)."""

_AGE = re.compile(r"0*(\d+)([DWMY])")
_UNITS = {"D": "days", "W": "weeks", "M": "months", "Y": "years"}
_SEXES = {"F": "female", "M": "male", "O": "other"}


def acquisition_of(dataset: Dataset) -> Acquisition:
    """What a data set says of it."""
    age, sex = _text(dataset, "PatientAge"), _text(dataset, "PatientSex")
    counted = _AGE.fullmatch(age or "")
    maker, model = _text(dataset, "Manufacturer"), _text(dataset, "ManufacturerModelName")
    return Acquisition(
        _text(dataset, "ViewPosition"),
        f"{counted[1]} {_UNITS[counted[2]]}" if counted else age,
        _SEXES.get(sex or "", sex),
        " ".join(filter(None, (maker, model))) or None,
    )


def _text(dataset: Dataset, keyword: str) -> str | None:
    """An element as text; None where it is missing or broken: no image is unreadable for that."""
    try:
        value = value_of(dataset, keyword)
    except ImageError:
        return None
    return " ".join(str(value).split())[:LONGEST] or None if value is not None else None
