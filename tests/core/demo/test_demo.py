"""The demo radiographs, the dataset made of them, and the classifier shipped for them."""

from __future__ import annotations

import os
import re
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from cxr_gui.core.base import progress
from cxr_gui.core.base.errors import ArgumentError, OutputError
from cxr_gui.core.demo.film import radiograph
from cxr_gui.core.demo.folder import demo_classifier_path, ensure_demo, write_demo
from cxr_gui.core.images.radiograph import to_input


def _files(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()
    }


def test_the_same_arguments_give_the_same_film() -> None:
    first = radiograph(3, 7, positive=True)
    assert np.array_equal(first, radiograph(3, 7, positive=True))
    for other in ((4, 7, 0), (3, 8, 0), (3, 7, 1)):
        seed, index, view = other
        assert not np.array_equal(first, radiograph(seed, index, positive=True, view=view))


@pytest.mark.parametrize("size", [(256, 320), (301, 257), (64, 80)])
def test_a_film_is_grey_float_in_range(size: tuple[int, int]) -> None:
    pixels = radiograph(0, 1, positive=True, size=size)
    assert pixels.shape == size
    assert pixels.dtype == np.float32
    assert pixels.min() >= 0
    assert pixels.max() <= 1


def test_films_have_the_range_of_films() -> None:
    """Dark air around and in the lungs, a bright spine: not flat, not clipped, and not all alike."""
    films = np.stack([radiograph(0, index, positive=False) for index in range(16)])
    height, width = films.shape[1:]
    spine = films[:, int(0.6 * height) : int(0.7 * height), width // 2 - 8 : width // 2 + 8].mean((1, 2))
    lung = films[:, int(0.4 * height) : int(0.5 * height), int(0.27 * width) : int(0.33 * width)].mean((1, 2))
    assert np.all(spine - lung > 0.3)
    assert np.all(films.std((1, 2)) > 0.15)
    assert films.mean(0).std() > films.std(0).mean() > 0.03


def test_pneumonia_adds_density_inside_the_lungs_and_nowhere_else() -> None:
    subtle, obvious = [], []
    for index in range(16):
        difference = radiograph(1, index, positive=True) - radiograph(1, index, positive=False)
        width = difference.shape[1]
        outside = np.concatenate((difference[:, : width // 20], difference[:, -width // 20 :]), axis=1)
        assert np.abs(outside).max() == 0
        assert np.abs(difference[:5]).max() < 1e-3
        mass = float(difference.clip(0).mean())
        assert mass > 5 * float((-difference).clip(0).mean())
        (subtle if difference.max() < 0.25 else obvious).append(mass)
    assert subtle
    assert obvious


def test_the_folder_is_laid_out_and_named_like_the_kermany_data(tmp_path: Path) -> None:
    folder = progress.run(write_demo(tmp_path / "demo", train=40, test=21, seed=5))
    names = {"NORMAL": r"IM-(\d{4})-\d{4}\.jpeg", "PNEUMONIA": r"person(\d+)_(?:bacteria|virus)_\d+\.jpeg"}
    patients: dict[str, list[str]] = {}
    counts = {}
    for split in ("train", "test"):
        for label, pattern in names.items():
            found = sorted(path.name for path in (folder / split / label).iterdir())
            counts[split, label] = len(found)
            matches = [re.fullmatch(pattern, name) for name in found]
            assert all(matches)
            patients[f"{split} {label}"] = [str(int(match[1])) for match in matches if match]
    assert counts == {
        ("train", "NORMAL"): 20, ("train", "PNEUMONIA"): 20, ("test", "NORMAL"): 11, ("test", "PNEUMONIA"): 10
    }  # fmt: skip
    everyone = [patient for group in patients.values() for patient in set(group)]
    assert len(everyone) == len(set(everyone)), "a patient is in two splits or classes"
    assert any(len(group) > len(set(group)) for group in patients.values()), "no patient comes twice"


def test_the_files_are_grey_jpegs_that_are_not_square(tmp_path: Path) -> None:
    folder = progress.run(write_demo(tmp_path / "demo", train=4, test=4))
    sizes = set()
    for path in folder.rglob("*.jpeg"):
        with Image.open(path) as image:
            assert (image.format, image.mode) == ("JPEG", "L")
            assert image.width > image.height
            sizes.add(image.size)
    assert len(sizes) > 1


def test_progress_counts_up_to_the_films(tmp_path: Path) -> None:
    events: list[progress.Event] = []
    progress.run(write_demo(tmp_path / "demo", train=4, test=4), events.append)
    assert (events[0].done, events[-1].done) == (0, 8)
    assert {event.total for event in events} == {8}


def test_the_same_demo_is_not_made_twice(tmp_path: Path) -> None:
    events: list[progress.Event] = []
    folder = progress.run(ensure_demo(tmp_path / "demo", train=4, test=4))
    (folder / ".DS_Store").write_bytes(b"left by a file browser")
    before = {path: path.stat().st_mtime_ns for path in folder.rglob("*")}
    assert progress.run(ensure_demo(folder, train=4, test=4), events.append) == folder
    assert events == []
    assert before == {path: path.stat().st_mtime_ns for path in folder.rglob("*")}


def test_a_damaged_demo_is_made_again(tmp_path: Path) -> None:
    folder = progress.run(ensure_demo(tmp_path / "demo", train=4, test=4))
    whole = _files(folder)
    next(folder.rglob("*.jpeg")).unlink()
    progress.run(ensure_demo(folder, train=4, test=4))
    assert _files(folder) == whole


def test_the_demo_of_the_window_lies_in_the_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CXR_CACHE", str(tmp_path / "cache"))
    folder = progress.run(ensure_demo(train=4, test=4))
    assert folder.is_relative_to(tmp_path / "cache")
    assert len(list(folder.rglob("*.jpeg"))) == 8


def test_stopping_leaves_nothing(tmp_path: Path) -> None:
    work = write_demo(tmp_path / "demo", train=4, test=4)
    next(work)
    assert list(tmp_path.iterdir())
    work.close()
    assert list(tmp_path.iterdir()) == []


def test_foreign_content_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "note.txt").write_text("mine")
    with pytest.raises(OutputError, match="something else"):
        progress.run(write_demo(tmp_path, train=4, test=4))
    assert _files(tmp_path) == {"note.txt": b"mine"}


def test_a_demo_of_other_settings_is_left_alone(tmp_path: Path) -> None:
    folder = progress.run(write_demo(tmp_path / "demo", train=4, test=4))
    before = _files(folder)
    with pytest.raises(OutputError, match="something else"):
        progress.run(write_demo(folder, train=4, test=4, seed=1))
    assert _files(folder) == before


def test_an_empty_folder_is_filled(tmp_path: Path) -> None:
    progress.run(write_demo(tmp_path, train=2, test=2))
    assert len(list(tmp_path.rglob("*.jpeg"))) == 4


def test_a_file_in_the_way_and_a_folder_that_cannot_be_written_are_said(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.touch()
    with pytest.raises(OutputError, match="something else"):
        progress.run(write_demo(file, train=2, test=2))
    with pytest.raises(OutputError, match="cannot be written"):
        progress.run(write_demo(file / "below", train=2, test=2))


@pytest.mark.parametrize("counts", [(1, 4), (4, 0), (-3, 4)])
def test_counts_that_leave_a_class_out_are_refused(tmp_path: Path, counts: tuple[int, int]) -> None:
    with pytest.raises(ArgumentError, match="2 images or more"):
        progress.run(write_demo(tmp_path / "demo", train=counts[0], test=counts[1]))
    with pytest.raises(ArgumentError, match="seed"):
        progress.run(write_demo(tmp_path / "demo", seed=-1))


def test_the_shipped_classifier_keeps_what_its_card_says() -> None:
    """On films it has never seen: right about nine times in ten, and toppled by FGSM step by step."""
    import torch

    from cxr_gui.core.attacks.fast_gradient import fgsm
    from cxr_gui.core.models.checkpoint import load

    assert demo_classifier_path().stat().st_size < 5_000_000
    classifier = load(demo_classifier_path())
    assert classifier.architecture == "compact_cnn"
    labels = np.arange(80) % 2
    films = [radiograph(2, index, positive=bool(label)) for index, label in enumerate(labels)]
    grey = np.stack([to_input(film, classifier.input_size) for film in films])
    pixels = torch.from_numpy(grey)[:, None].float() / 255
    truth = torch.from_numpy(labels)
    accuracy = [
        float(
            (classifier.positive(classifier(fgsm(classifier, pixels, truth, epsilon))) == truth.bool())
            .float()
            .mean()
        )
        for epsilon in (0.0, 0.005, 0.015, 0.025)
    ]
    assert 0.8 <= accuracy[0] < 1.0
    assert accuracy == sorted(accuracy, reverse=True)
    assert accuracy[0] - 0.35 < accuracy[1] < accuracy[0]
    assert accuracy[-1] < 0.5


def test_the_card_says_what_a_reader_must_know() -> None:
    card = demo_classifier_path().with_suffix(".md").read_text(encoding="utf-8")
    for said in ("Not for clinical use", "synthetic", "seed", "python main.py train", "epsilon"):
        assert said in card, said
    assert os.fspath(Path.home()) not in card
