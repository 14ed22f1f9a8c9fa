"""Whose radiograph is it? As far as the names of files and folders tell."""

from __future__ import annotations

import re

_IN_FILE_NAME = re.compile(
    r"(person\d+)_"  # Kermany, pneumonia: person1946_bacteria_4874.jpeg
    r"|((?:NORMAL2-)?IM-\d+)-"  # Kermany, normal: NORMAL2-IM-0381-0001.jpeg
    r"|(\d{8})_\d{3}\."  # NIH: 00000001_000.png
)
_IN_FOLDER_NAME = re.compile(
    r"patient[-_ ]?\d+", re.IGNORECASE
)  # CheXpert: patient00001/study1/view1_frontal.jpg
_WORDS = re.compile(r"[^\W\d_]+")
_NUMBERED = re.compile(r"(?:p|pat|patient|person|subject|case)?[-_ ]?\d[\d._-]*", re.IGNORECASE)


def patient_of(file_name: str) -> str | None:
    """The patient in a file's name, as Kermany's and NIH's are made; None when it has none."""
    match = _IN_FILE_NAME.match(file_name)
    return match.group(match.lastindex or 0) if match else None


def series_of(file_name: str) -> str:
    """The words in a file's name: "NORMAL IM" of NORMAL2-IM-0381-0001.jpeg; "" when there are none."""
    return " ".join(_WORDS.findall(file_name.rpartition(".")[0]))


def patient_of_folder(parts: tuple[str, ...]) -> str | None:
    """The patient in the names of the folders a file lies in, outermost first."""
    return next((part for part in parts if _IN_FOLDER_NAME.fullmatch(part)), None)


def is_numbered(folder_name: str) -> bool:
    """True when a folder's name is a number, with a word such as "patient" before it at most: not a class."""
    return _NUMBERED.fullmatch(folder_name) is not None
