"""From what lies in the folders of a dataset to its records."""

# Paths are strings here: as Path objects they take ten times the time and memory.
# ruff: noqa: PTH116, PTH118

from __future__ import annotations

import os
import re
from collections import defaultdict
from collections.abc import Callable, Mapping
from pathlib import Path

from cxr_gui.core.base.errors import DatasetError, SettingsError
from cxr_gui.core.base.spelling import Spellings, folded
from cxr_gui.core.data import layout
from cxr_gui.core.data.folders import Parts
from cxr_gui.core.data.layout import Place
from cxr_gui.core.data.patients import is_numbered, patient_of, patient_of_folder
from cxr_gui.core.data.records import SPELLING, Problem, Record
from cxr_gui.core.data.vocabulary import holds_masks, is_wrapper

Images = Mapping[Parts, tuple[str, ...]]  # names of images by folder
FindPatient = Callable[[Parts, str], str | None]

_MASK = re.compile(r"(.+)[ _-]masks?(?:[ _-]?\d+)?\.\w+", re.IGNORECASE)  # and the image it is one of


def records_of(
    root: Path, images: Images, real: Mapping[Parts, str], patient_pattern: str | None
) -> tuple[tuple[Record, ...], list[Problem]]:
    """Records in the order of their paths, and what was left out. split is "" where the folders name none.

    real  where each folder lies, links followed: one folder is a part of each split and class that name it
    Raises SettingsError for a pattern that is none, DatasetError for one that fits no file, and for masks.
    """
    images, masks = _without_masks(root, images)
    places = layout.places(images)
    images, copies = _without_copies(root, images, places)
    labels, merged = _labels(places)
    problems = masks + copies + [Problem(str(root), what, SPELLING) for what in merged]
    find_patient = _patient_finder(patient_pattern)
    places_of_splits = [place for parts, place in places.items() if parts in images and place.split]
    labelled = {place.split for parts, place in places.items() if parts in images and _label(place, labels)}
    records: list[Record] = []
    shown: dict[tuple[str, str | None, str | None], str] = {}
    wrappers: set[Parts] = set()
    for parts in sorted(images):
        place, folder = places[parts], os.path.join(root, *parts)
        label = _label(place, labels)
        if (label is None and place.split in labelled) or (place.split is None and places_of_splits):
            what = f"holds {len(images[parts])} images outside the folders of splits and classes."
            problems.append(Problem(folder, what))
            continue
        first = shown.setdefault((real[parts], place.split, label), folder)
        if first != folder:
            problems.append(Problem(folder, f"is another name of {first}; its images count once."))
            continue
        wrappers.add(place.above)
        records.extend(
            Record(os.path.join(folder, name), place.split or "", label, find_patient(parts, name))
            for name in images[parts]
        )
    if len(wrappers) > 1:
        listed = ", ".join(sorted("/".join(above) or "." for above in wrappers))
        problems.append(Problem(str(root), f"has several datasets in it, which are read as one: {listed}."))
    if patient_pattern is not None and not any(record.patient for record in records):
        raise DatasetError(
            f"has no file that the pattern for patients, '{patient_pattern}', fits.",
            where=root,
            hint=f"It is looked for in paths like {'/'.join((*min(images), images[min(images)][0]))}.",
        )
    return tuple(records), problems


def _labels(places: Mapping[Parts, Place]) -> tuple[dict[str, str], list[str]]:
    """({label, folded: label}, which spellings were merged); both empty in patient1, images_2."""
    names = Spellings(place.label for place in places.values() if place.label is not None)
    if (len(names) > 2 and all(map(is_numbered, names))) or all(map(is_wrapper, names)):
        return {}, []
    return {name: names.shown(name) for name in names}, names.merged()


def _label(place: Place, labels: Mapping[str, str]) -> str | None:
    return None if place.label is None else labels.get(folded(place.label))


def _patient_finder(pattern: str | None) -> FindPatient:
    if pattern is None:
        return lambda parts, name: patient_of(name) or patient_of_folder(parts)
    try:
        compiled = re.compile(pattern)
    except re.error as error:
        raise SettingsError(
            f"The pattern for patients, '{pattern}', is no regular expression ({error}).",
            hint="Put the part that is the patient in brackets, as in (p\\d+)_.",
        ) from error

    def find(parts: Parts, name: str) -> str | None:
        match = compiled.search("/".join((*parts, name)))
        return None if match is None else match.group(1 if compiled.groups else 0)

    return find


def _without_masks(root: Path, images: Images) -> tuple[dict[Parts, tuple[str, ...]], list[Problem]]:
    """Leave out folders of masks, and a mask beside its image as in 1.png, 1_mask.png."""
    kept, problems = {}, []
    for parts, names in images.items():
        films = () if holds_masks(parts) else names
        if "mask" in "/".join(films).casefold():
            masks = {name: found[1] for name in films if (found := _MASK.fullmatch(name))}
            stems = {name.rpartition(".")[0] for name in films}
            films = tuple(name for name in films if masks.get(name) not in stems)
        if films:
            kept[parts] = films
        if left := len(names) - len(films):
            folder = os.path.join(root, *parts)
            problems.append(
                Problem(folder, f"holds {left:,} masks; they are no radiographs and are left out.")
            )
    if not kept:
        hint = "Choose the folder that holds the images too, or rename it if these are radiographs."
        raise DatasetError("has masks in it and no images.", where=root, hint=hint)
    return kept, problems


def _without_copies(
    root: Path, images: Images, places: Mapping[Parts, Place]
) -> tuple[Images, list[Problem]]:
    """Leave out what a dataset nested in itself repeats, as Kaggle's does in chest_xray/chest_xray."""
    kept, problems = dict(images), []
    folders = {(place.above, place.split, place.below): parts for parts, place in places.items()}
    repeated: dict[str, int] = defaultdict(int)
    for inner, place in places.items():
        for depth in range(len(place.above)):
            outer = folders.get((place.above[:depth], place.split, place.below))
            if outer is None:
                continue
            names = set(kept.get(outer, ()))
            fresh = tuple(
                name for name in kept[inner] if name not in names or not _same(root, inner, outer, name)
            )
            repeated[os.path.join(root, *place.above)] += len(kept[inner]) - len(fresh)
            kept[inner] = fresh
    for folder, number in repeated.items():
        if number:
            problems.append(
                Problem(folder, f"repeats {number} images of the folder around it; they count once.")
            )
    return {parts: names for parts, names in kept.items() if names}, problems


def _same(root: Path, inner: Parts, outer: Parts, name: str) -> bool:
    """Two files of one name are one image when they have one size."""
    try:
        sizes = {os.stat(os.path.join(root, *parts, name)).st_size for parts in (inner, outer)}
    except OSError:
        return False
    return len(sizes) == 1
