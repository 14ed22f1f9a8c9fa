"""The demo dataset on disk: a folder of synthetic radiographs laid out and named like the Kermany data."""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image

from cxr_gui.core.base import resources
from cxr_gui.core.base.cache import in_cache
from cxr_gui.core.base.errors import ArgumentError, OutputError
from cxr_gui.core.base.files import cannot_write, put_in_place, write_json
from cxr_gui.core.base.progress import Event, Pace, Work
from cxr_gui.core.demo.film import draw_patient, radiograph

GENERATOR = 1
"""Raise when the generator's films change, so that nobody meets an old demo under a new name."""

MANIFEST = "demo.json"
WINDOW_SEED = 1
"""Patients of the window's demo; the shipped classifier was trained on those of seed 0."""

SIZES = ((256, 320), (256, 352), (272, 336), (240, 320))
SECOND_FILM = 8  # every so many patients, one comes back


@dataclass(frozen=True)
class Film:
    """One file to write: its place in the folder, and which patient's which film it shows."""

    path: str
    positive: bool
    patient: int
    view: int


def demo_classifier_path() -> Path:
    """The shipped classifier that was trained on demo films; resources/models/demo.md is its card."""
    return resources.folder() / "models" / "demo.safetensors"


def is_demo(path: Path) -> bool:
    """True for a demo dataset's folder and for a film in it."""
    return any((folder / MANIFEST).is_file() for folder in (path, *path.parents[:3]))


def ensure_demo(
    folder: str | os.PathLike[str] | None = None, *, train: int = 48, test: int = 64
) -> Work[Path]:
    """The window's demo dataset, made once, by default in the user's cache; returns its folder.

    None of its patients is known to the shipped classifier. Raises OutputError as `write_demo` does.
    """

    def make(place: Path) -> Work[Path]:
        return write_demo(place, train=train, test=test, seed=WINDOW_SEED)

    if folder is not None:
        return (yield from make(Path(folder)))
    name = f"demo-{GENERATOR}-{WINDOW_SEED}-{train}-{test}"
    return (yield from in_cache(lambda cache: make(cache / name / "demo")))


def write_demo(
    folder: str | os.PathLike[str], *, train: int = 800, test: int = 200, seed: int = 0
) -> Work[Path]:
    """Write `train` and `test` synthetic radiographs, half of them PNEUMONIA, into `folder`; returns it.

    Each lies in train|test / NORMAL|PNEUMONIA as an 8-bit grey JPEG; no patient is in both splits. The folder
    appears when it is whole. Where the same demo is already, nothing is written; where it is damaged, it is
    made again. Raises OutputError when the folder has other things in it or cannot be written, and
    ArgumentError for counts that do not give both classes in both splits.
    """
    folder = Path(folder)
    if min(train, test) < 2:
        raise ArgumentError(
            f"is {min(train, test)}.", where="train, test", hint="Accepted: 2 images or more."
        )
    if seed < 0:
        raise ArgumentError(f"is {seed}.", where="seed", hint="Accepted: an integer from 0 on.")
    films = tuple(plan(seed, train=train, test=test))
    manifest = {"what": "synthetic chest radiographs made by cxr-gui", "generator": GENERATOR}
    manifest |= {"seed": seed, "train": train, "test": test}
    try:
        if _is_whole(folder, manifest, films):
            return folder
        folder.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=f".{folder.name}-", dir=folder.parent) as temporary:
            staged = Path(temporary) / "demo"
            yield from _write(staged, films, seed)
            write_json(staged / MANIFEST, manifest)
            put_in_place(staged, folder, lambda: _is_whole(folder, manifest, films))
    except OSError as error:
        raise cannot_write(folder, error) from error
    return folder


def plan(seed: int, *, train: int, test: int) -> Iterator[Film]:
    """The films of a demo dataset. Patients are numbered through: none is in two splits or classes."""
    patient = 0
    for split, count in (("train", train), ("test", test)):
        for label, films in (("NORMAL", count - count // 2), ("PNEUMONIA", count // 2)):
            written = 0
            while written < films:
                views = 2 if patient % SECOND_FILM == SECOND_FILM - 1 else 1
                for view in range(min(views, films - written)):
                    written += 1
                    if label == "NORMAL":
                        name = f"IM-{patient + 1:04d}-{view + 1:04d}"
                    else:
                        cause = "bacteria" if draw_patient(seed, patient).lobar else "virus"
                        name = f"person{patient + 1}_{cause}_{written}"
                    yield Film(f"{split}/{label}/{name}.jpeg", label == "PNEUMONIA", patient, view)
                patient += 1


def _write(folder: Path, films: tuple[Film, ...], seed: int) -> Work[None]:
    """Draw and save the films, with progress."""
    stage, pace = "Making the demo radiographs", Pace()
    yield Event(stage, 0, len(films))
    for done, film in enumerate(films):
        size = SIZES[int(np.random.default_rng((seed, film.patient, film.view)).integers(len(SIZES)))]
        pixels = radiograph(seed, film.patient, positive=film.positive, size=size, view=film.view)
        path = folder / film.path
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(np.rint(pixels * 255).astype(np.uint8)).save(path, quality=92)
        if pace():
            yield Event(stage, done + 1, len(films))
    yield Event(stage, len(films), len(films))


def _is_whole(folder: Path, manifest: dict[str, object], films: tuple[Film, ...]) -> bool:
    """Whether `folder` is this very demo, whole. Raises OutputError when anything else is in it."""
    if not folder.exists():
        return False
    foreign = OutputError(
        "already has something else in it.", where=folder, hint="Choose a new or empty folder."
    )
    if not folder.is_dir():
        raise foreign
    there = {path.relative_to(folder).as_posix() for path in folder.rglob("*") if not path.is_dir()}
    if not there:
        return False
    expected = {film.path for film in films} | {MANIFEST}
    try:
        same = json.loads((folder / MANIFEST).read_text(encoding="utf-8")) == manifest
    except (FileNotFoundError, ValueError):
        same = False
    if same and expected <= there:
        return True
    if not same or there - expected:
        raise foreign
    return False
