"""The audit says how films of a class differ between splits, and nothing where they do not."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from cxr_gui.core.base.progress import run
from cxr_gui.core.data.examination import Examined
from cxr_gui.core.data.findings import PROBLEM, WARNING, Finding
from cxr_gui.core.data.likeness import likeness_of_splits
from cxr_gui.core.data.patients import series_of
from cxr_gui.core.data.records import Record
from cxr_gui.core.data.traits import framing
from cxr_gui.core.demo.film import radiograph

CLASSES = ("NORMAL", "PNEUMONIA")
SIDE = 32
FILMS = 320
Pixels = NDArray[np.float64]


def likeness(files: list[Examined]) -> Finding:
    return run(likeness_of_splits(files, CLASSES))


@cache
def drawn(number: int) -> NDArray[np.float32]:
    return radiograph(0, number, positive=False, size=(SIDE, SIDE))


def thumbnails(random: np.random.Generator, count: int) -> list[Pixels]:
    """Different films as the demo draws them, each with an exposure of its own."""
    numbers = random.choice(FILMS, count, replace=False).tolist()
    return [255 * drawn(number).astype(np.float64) ** random.uniform(0.8, 1.25) for number in numbers]


def examined(
    seed: int,
    change: Callable[[Pixels], Pixels] = lambda pixels: pixels,
    *,
    train: int = 40,
    test: int = 20,
    split: str = "test",
    named: str = "IM",
) -> list[Examined]:
    """Films of both classes; NORMAL ones outside train are changed."""
    random, found = np.random.default_rng(seed), list[Examined]()
    films = iter(thumbnails(random, 2 * (train + test)))
    for where, count in (("train", train), (split, test)):
        for label in CLASSES:
            for number in range(count):
                pixels, changed = next(films), where != "train" and label == "NORMAL"
                pixels = np.rint(np.clip(change(pixels) if changed else pixels, 0, 255))
                record = Record(
                    f"/data/{where}/{label}/{named if changed else 'IM'}-{number}.png",
                    where,
                    label,
                    f"{label}{number}",
                )
                traits: dict[str, float | str] = {"brightness": pixels.mean() / 255, "file format": "PNG"}
                looks = {"contrast": pixels.std() / 255}
                found.append(Examined(record, "", 0, pixels.astype(np.uint8), traits, looks, ()))
    return found


def taller(pixels: Pixels) -> Pixels:
    """The middle, 1.25 times as tall."""
    return np.asarray(Image.fromarray(pixels).resize((SIDE, SIDE), box=(0, 3.2, SIDE, SIDE - 3.2)))


def bright_on_the_left(pixels: Pixels) -> Pixels:
    return pixels + 120 * (np.arange(SIDE) < 2)


def test_splits_without_a_difference_alarm_in_one_of_twenty_at_most() -> None:
    found = [likeness(examined(seed)) for seed in range(20)]
    alarms = [finding for finding in found if not finding.passed]
    assert len(alarms) <= 4, [finding.summary for finding in alarms]  # 5 come 3 times in 1,000
    assert "NORMAL of test 0." in found[0].summary or not found[0].passed


@pytest.mark.parametrize(
    ("change", "words", "trait"),
    [
        (bright_on_the_left, "have a brighter left border", "left border"),
        (taller, "show the chest taller", "chest height"),
        (lambda pixels: 0.7 * pixels, "are darker", "brightness"),
        (lambda pixels: np.roll(pixels, -3, axis=0), "show the chest higher", "chest down"),
    ],
)
def test_a_planted_difference_is_told(change: Callable[[Pixels], Pixels], words: str, trait: str) -> None:
    finding = likeness(examined(1, change))
    assert not finding.passed
    assert words in finding.summary
    assert finding.summary.startswith("NORMAL films of test")
    assert "PNEUMONIA" not in finding.summary
    assert abs(finding.numbers[f"NORMAL of test: {trait}"] - 0.5) > 0.2
    assert abs(finding.numbers[f"PNEUMONIA of test: {trait}"] - 0.5) < 0.2
    assert finding.paths
    assert all(path.startswith("/data/test/NORMAL") for path in finding.paths)


def test_the_sentence() -> None:
    finding = likeness(examined(1, bright_on_the_left))
    first = finding.summary.split(",")[0]
    assert first.startswith("NORMAL films of test have a brighter left border than those of train (AUROC ")
    assert (
        f"Listed are {len(finding.paths)} NORMAL films of test that have a brighter left border than "
        in finding.summary
    )
    assert "held out of train will look better" in finding.advice


def test_how_far_apart_is_how_bad() -> None:
    little = likeness(examined(1, lambda pixels: 0.93 * pixels, train=80, test=80))
    much = likeness(examined(1, lambda pixels: 0.4 * pixels))
    assert (little.severity, much.severity) == (WARNING, PROBLEM)


def test_validation_is_compared_where_it_is_large_enough() -> None:
    finding = likeness(examined(1, taller, split="validation"))
    assert finding.summary.startswith("NORMAL films of validation ")
    assert "show the chest taller" in finding.summary
    few = likeness(examined(1, taller, split="validation", test=9))
    assert (few.passed, "readable images of 10 patients" in few.summary) == (False, True)


def test_another_series_by_name() -> None:
    finding = likeness(examined(1, named="NORMAL2-IM"))
    assert (
        "NORMAL films of test are more often of series NORMAL IM than those of train (AUROC 1.00"
        in finding.summary
    )


def test_names_that_are_no_series() -> None:
    files = examined(1)
    for number, file in enumerate(files):
        object.__setattr__(file.record, "path", f"/data/{chr(97 + number % 26) * 3}.png")
    assert not [trait for trait in likeness(files).numbers if "series" in trait]


@pytest.mark.parametrize(
    ("name", "series"),
    [
        ("NORMAL2-IM-0381-0001.jpeg", "NORMAL IM"),
        ("IM-0001-0001.jpeg", "IM"),
        ("person1946_bacteria_4874.jpeg", "person bacteria"),
        ("00000001_000.png", ""),
    ],
)
def test_series(name: str, series: str) -> None:
    assert series_of(name) == series


def test_framing_tells_which_films_were_stretched_and_moved() -> None:
    random = np.random.default_rng(0)
    films = np.stack(thumbnails(random, 40))
    for trait, changed in (
        ("chest height", np.stack([taller(film) for film in films])),
        ("chest width", np.stack([taller(film.T).T for film in films])),
        ("chest right", np.roll(films, 2, axis=2)),
        ("chest down", np.roll(films, 2, axis=1)),
    ):
        before, after = np.split(framing(np.concatenate([films, changed]).astype(np.uint8))[trait], 2)
        assert np.mean(after > before) > 0.95, trait


def test_films_that_are_all_one_grey_are_no_error() -> None:
    finding = likeness(examined(1, lambda pixels: np.full_like(pixels, 100.0)))
    assert np.isfinite(list(finding.numbers.values())).all()


def test_what_cannot_be_compared() -> None:
    assert not likeness([]).passed
    alone = [file for file in examined(1, test=1) if file.record.split == "train"]
    assert likeness(alone).summary == "There is one split alone."
