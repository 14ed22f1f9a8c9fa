"""What the folders of a dataset mean: which are splits, which are classes, which class is positive."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace

from cxr_gui.core.data.folders import Parts
from cxr_gui.core.data.spelling import folded

SPLITS = {
    **dict.fromkeys(("train", "training"), "train"),
    **dict.fromkeys(("val", "valid", "validation", "dev"), "validation"),
    **dict.fromkeys(("test", "testing"), "test"),
}
NEGATIVE = frozenset(
    {
        "normal",
        "negative",
        "healthy",
        "control",
        "no finding",
        "no_finding",
        "nofinding",
        "clear",
        "0",
        "false",
        "no",
    }
)
POSITIVE = frozenset(
    {
        "pneumonia",
        "positive",
        "abnormal",
        "opacity",
        "lung opacity",
        "lung_opacity",
        "covid",
        "covid-19",
        "covid19",
    }
    | {"tuberculosis", "tb", "sick", "disease", "diseased", "1", "true", "yes"}
)


@dataclass(frozen=True, slots=True)
class Place:
    """What a folder of images stands for.

    above   the folders over the dataset's own; not empty for a dataset nested in a wrapper, or in itself
    split   train, validation, test, or None where the folders say nothing
    below   the folders under the split; the first is the class
    """

    above: Parts
    split: str | None
    below: Parts

    @property
    def label(self) -> str | None:
        return self.below[0] if self.below else None


def places(folders: Collection[Parts]) -> dict[Parts, Place]:
    """The meaning of every folder that has images in it.

    Understands SPLIT/CLASS, CLASS/SPLIT, CLASS alone and neither, each of them inside wrappers.
    """
    found = {parts: _by_words(parts) for parts in folders}
    turned = {parts for parts, place in found.items() if place.split and not place.below and place.above}
    names = {found[parts].above[-1] for parts in turned}
    if len(names) > 1 or any(is_class_word(name) for name in names):
        for parts in turned:
            place = found[parts]
            found[parts] = replace(place, above=place.above[:-1], below=place.above[-1:])
    return _unwrapped(found)


def is_class_word(name: str) -> bool:
    """True for the name of a class that is known here."""
    return folded(name) in NEGATIVE or folded(name) in POSITIVE


def ordered(names: Collection[str]) -> tuple[str, str] | None:
    """Two class names as (negative, positive), when the words are known; None when it must be guessed."""
    first, second = sorted(names)
    for known, order in ((NEGATIVE, 1), (POSITIVE, -1)):
        hits = [name for name in (first, second) if folded(name) in known]
        if len(hits) == 1:
            other = second if hits[0] == first else first
            return (hits[0], other) if order == 1 else (other, hits[0])
    negated = [name for name in (first, second) if folded(name).startswith(("no ", "no_", "non", "not "))]
    if len(negated) == 1:
        return negated[0], second if negated[0] == first else first
    return None


def _by_words(parts: Parts) -> Place:
    words = [folded(part) for part in parts]
    for index, word in enumerate(words):
        if word in SPLITS:
            return Place(parts[:index], SPLITS[word], parts[index + 1 :])
    for index, word in enumerate(words):
        if is_class_word(word):
            return Place(parts[:index], None, parts[index:])
    return Place((), None, parts)


def _unwrapped(found: dict[Parts, Place]) -> dict[Parts, Place]:
    """Take off folders, such as "images", that all share and that therefore cannot be classes."""
    while True:
        labelled = {parts: place for parts, place in found.items() if place.below}
        names = {place.below[0] for place in labelled.values()}
        if len(names) != 1 or is_class_word(*names):
            return found
        if any(place.split and len(place.below) == 1 for place in labelled.values()):
            return found  # train/CLASS alone: a dataset of one class
        for parts, place in labelled.items():
            found[parts] = replace(place, above=(*place.above, place.below[0]), below=place.below[1:])
