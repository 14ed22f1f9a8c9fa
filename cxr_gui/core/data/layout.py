"""What the folders of a dataset mean: which are wrappers, which are splits and which are classes."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace

from cxr_gui.core.data.folders import Parts
from cxr_gui.core.data.vocabulary import is_class_word, split_of


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


def _by_words(parts: Parts) -> Place:
    """The split is the innermost one over the class, for train_data may hold train and test."""
    classes = [index for index, name in enumerate(parts) if is_class_word(name)]
    splits = [index for index, name in enumerate(parts) if split_of(name)]
    over = [index for index in splits if index < min(classes, default=len(parts))]
    if splits:
        index = over[-1] if over else splits[0]
        return Place(parts[:index], split_of(parts[index]), parts[index + 1 :])
    return Place(parts[: classes[0]], None, parts[classes[0] :]) if classes else Place((), None, parts)


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
