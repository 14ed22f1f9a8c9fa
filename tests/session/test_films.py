"""A film is decoded once, whoever asks for it, as long as there is room and its file has not changed."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from cxr_gui.core import images
from cxr_gui.core.base.errors import ImageError
from cxr_gui.session.films import Films
from tests.support.films import film


@pytest.fixture
def decoded(monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    """The files that have been decoded, as often as they were."""
    paths, real = [], images.read

    def read(path: Path, frame: int | None = None) -> images.Radiograph:
        paths.append(path)
        return real(path, frame)

    monkeypatch.setattr(images, "read", read)
    return paths


def films(folder: Path, count: int) -> list[Path]:
    paths = [folder / f"{number}.png" for number in range(count)]
    for number, path in enumerate(paths):
        film(path, number)
    return paths


def test_a_film_asked_for_twice_is_decoded_once(tmp_path: Path, decoded: list[Path]) -> None:
    [path], kept = films(tmp_path, 1), Films()
    assert kept.read(path) is kept.read(path)
    assert decoded == [path]


def test_who_asks_while_it_is_decoded_waits_for_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    [path], kept = films(tmp_path, 1), Films()
    begun, go_on, real = threading.Semaphore(0), threading.Event(), images.read

    def slow(path: Path, frame: int | None) -> images.Radiograph:
        begun.release()
        assert go_on.wait(10)
        return real(path, frame)

    monkeypatch.setattr(images, "read", slow)
    with ThreadPoolExecutor(2) as threads:
        asked = [threads.submit(kept.read, path) for _ in range(2)]
        assert begun.acquire(timeout=10)
        go_on.set()
        first, second = (one.result(10) for one in asked)
    assert first is second
    assert not begun.acquire(blocking=False), "decoded once"


def test_another_frame_and_a_file_that_changed_are_others(tmp_path: Path, decoded: list[Path]) -> None:
    [path], kept = films(tmp_path, 1), Films()
    before = kept.read(path)
    kept.read(path, 0)
    film(path, 7)
    assert kept.read(path).source.sha256 != before.source.sha256
    assert len(decoded) == 3


def test_memory_is_bounded_and_what_was_asked_for_last_stays(tmp_path: Path, decoded: list[Path]) -> None:
    first, second, third = films(tmp_path, 3)
    kept = Films(memory=2 * Films().read(first).pixels.nbytes)
    decoded.clear()
    for path in (first, second, first, third, first, second):
        kept.read(path)
    assert decoded == [first, second, third, second]


def test_a_film_larger_than_the_memory_is_kept_alone(tmp_path: Path, decoded: list[Path]) -> None:
    first, second = films(tmp_path, 2)
    kept = Films(memory=1)
    for path in (first, first, second, first):
        kept.read(path)
    assert decoded == [first, second, first]


def test_what_cannot_be_read_says_so_each_time_until_it_can(tmp_path: Path) -> None:
    path, kept = tmp_path / "0.png", Films()
    for content in (None, b"no image", b"no image"):
        if content is not None:
            path.write_bytes(content)
        with pytest.raises(ImageError, match=r"0\.png"):
            kept.read(path)
    film(path, 1)
    assert kept.read(path).source.path == path
