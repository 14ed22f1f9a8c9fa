"""Thumbnails: read elsewhere, the latest wish first, kept within bounds, broken files with their reason."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from pytestqt.qtbot import QtBot

from cxr_gui.core import images
from cxr_gui.jobs.runner import Runners
from cxr_gui.jobs.thumbnails import Thumbnails
from tests.support.patience import SOON


@pytest.fixture
def films(tmp_path: Path) -> list[str]:
    """Forty small films; number n is n grey."""
    paths = [tmp_path / f"film{number}.png" for number in range(40)]
    for number, path in enumerate(paths):
        Image.fromarray(np.full((60, 80), number, np.uint8)).save(path)
    return [str(path) for path in paths]


@pytest.fixture
def thumbnails(runners: Runners) -> Thumbnails:
    return Thumbnails(runners, size=32)


def have(thumbnails: Thumbnails, paths: list[str]) -> bool:
    return all(thumbnails.get(path) is not None for path in paths)


def test_what_is_wanted_is_read_at_its_size_on_another_thread(
    qtbot: QtBot, thumbnails: Thumbnails, films: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    threads = set()
    read = images.read_thumbnail

    def watched(path: str, size: int) -> np.ndarray:
        threads.add(threading.get_ident())
        return read(path, size)

    monkeypatch.setattr(images, "read_thumbnail", watched)
    thumbnails.want(films)
    qtbot.waitUntil(lambda: have(thumbnails, films))
    assert threading.get_ident() not in threads
    for number, path in enumerate(films):
        image = thumbnails.get(path).image
        assert (image.width(), image.height()) == (32, 24)
        assert image.pixelColor(5, 5).red() == number


def test_after_a_change_of_size_nothing_of_the_old_one_is_got(
    qtbot: QtBot, thumbnails: Thumbnails, films: list[str]
) -> None:
    thumbnails.want(films)
    qtbot.waitUntil(lambda: thumbnails.get(films[0]) is not None)
    thumbnails.set_size(16)  # while others are being read
    thumbnails.want(films)
    qtbot.waitUntil(lambda: have(thumbnails, films))
    assert {thumbnails.get(path).image.width() for path in films} == {16}


def test_ready_names_what_can_be_got(qtbot: QtBot, thumbnails: Thumbnails, films: list[str]) -> None:
    named: list[str] = []
    thumbnails.ready.connect(named.extend)
    thumbnails.want(films[:5])
    qtbot.waitUntil(lambda: sorted(named) == sorted(films[:5]))


def test_a_broken_file_is_kept_with_its_reason(
    qtbot: QtBot, thumbnails: Thumbnails, films: list[str]
) -> None:
    Path(films[0]).write_bytes(b"not an image")
    Path(films[1]).unlink()
    thumbnails.want(films[:3])
    qtbot.waitUntil(lambda: have(thumbnails, films[:3]))
    for path in films[:2]:
        assert thumbnails.get(path).image is None
        assert len(thumbnails.get(path).problem) > 10
    assert thumbnails.get(films[2]).image is not None


@pytest.fixture
def slow_reading(monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[list[str], threading.Semaphore]]:
    """Each reading waits for a permit; gives the paths in the order they were begun, and the permits."""
    begun: list[str] = []
    permits = threading.Semaphore(0)

    def held(path: str, size: int) -> np.ndarray:
        begun.append(path)
        assert permits.acquire(timeout=SOON / 1000)
        return np.zeros((size, size), np.uint8)

    monkeypatch.setattr(images, "read_thumbnail", held)
    yield begun, permits
    permits.release(1000)


def test_what_is_no_longer_wanted_is_not_read(
    qtbot: QtBot,
    thumbnails: Thumbnails,
    films: list[str],
    slow_reading: tuple[list[str], threading.Semaphore],
) -> None:
    begun, permits = slow_reading
    thumbnails.want(films[:20])
    qtbot.waitUntil(lambda: len(begun) == 2)
    thumbnails.want(films[20:])
    permits.release(1000)
    qtbot.waitUntil(lambda: have(thumbnails, films[20:]))
    assert set(begun) == {*films[:2], *films[20:]}


def test_what_is_being_read_is_not_read_twice(
    qtbot: QtBot,
    thumbnails: Thumbnails,
    films: list[str],
    slow_reading: tuple[list[str], threading.Semaphore],
) -> None:
    begun, permits = slow_reading
    thumbnails.want(films[:6])
    qtbot.waitUntil(lambda: len(begun) == 2)
    thumbnails.want(films[:6])
    permits.release(1000)
    qtbot.waitUntil(lambda: have(thumbnails, films[:6]))
    thumbnails.want(films[:6])
    assert sorted(begun) == sorted(films[:6])


def test_the_first_wish_is_read_first(
    qtbot: QtBot, thumbnails: Thumbnails, films: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    begun: dict[int, list[str]] = {}

    def read(path: str, size: int) -> np.ndarray:
        begun.setdefault(threading.get_ident(), []).append(path)
        return np.zeros((size, size), np.uint8)

    monkeypatch.setattr(images, "read_thumbnail", read)
    thumbnails.want(films)
    qtbot.waitUntil(lambda: have(thumbnails, films))
    assert len(begun) <= 2
    assert sorted(path for paths in begun.values() for path in paths) == sorted(films)
    for paths in begun.values():  # each runner takes the first that is left; which runner is quicker is open
        assert paths == sorted(paths, key=films.index)


def test_memory_is_bounded_and_what_was_looked_at_stays(
    qtbot: QtBot, runners: Runners, films: list[str]
) -> None:
    one = 32 * 24
    thumbnails = Thumbnails(runners, size=32, memory=10 * one)
    thumbnails.want(films[:10])
    qtbot.waitUntil(lambda: have(thumbnails, films[:10]))
    for path in films[10:]:
        thumbnails.get(films[0])
        thumbnails.want([path])
        qtbot.waitUntil(lambda path=path: thumbnails.get(path) is not None)
    assert thumbnails.get(films[0]) is not None
    assert sum(thumbnails.get(path) is not None for path in films) == 10


def test_clearing_forgets(qtbot: QtBot, thumbnails: Thumbnails, films: list[str]) -> None:
    thumbnails.want(films)
    qtbot.waitUntil(lambda: have(thumbnails, films))
    thumbnails.clear()
    assert not any(thumbnails.get(path) for path in films)
    Path(films[0]).write_bytes(b"broken since")
    thumbnails.want(films[:1])
    qtbot.waitUntil(lambda: have(thumbnails, films[:1]))
    assert thumbnails.get(films[0]).image is None


def test_an_unexpected_failure_is_told_and_the_others_are_read(
    qtbot: QtBot, thumbnails: Thumbnails, films: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    read = images.read_thumbnail

    def breaking(path: str, size: int) -> np.ndarray:
        if path == films[1]:
            raise RuntimeError("a bug")
        return read(path, size)

    monkeypatch.setattr(images, "read_thumbnail", breaking)
    with qtbot.waitSignal(thumbnails.failed) as failed:
        thumbnails.want(films)
    assert str(failed.args[0]) == "a bug"
    rest = [films[0], *films[2:]]
    qtbot.waitUntil(lambda: have(thumbnails, rest))
