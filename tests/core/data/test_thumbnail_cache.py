"""Thumbnails on disk: read once, again when the file changes, within bounds, and never in the way."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from cxr_gui.core import images
from cxr_gui.core.base.errors import ImageError
from cxr_gui.core.data import thumbnail_cache
from cxr_gui.core.data.thumbnail_cache import ThumbnailCache

SIDE = 32


@pytest.fixture
def films(tmp_path: Path) -> list[Path]:
    """Twelve films of blurred noise."""
    random = np.random.default_rng(0)
    paths = [tmp_path / f"film{number:02}.png" for number in range(12)]
    for path in paths:
        coarse = Image.fromarray(random.integers(0, 256, (6, 8), dtype=np.uint8))
        coarse.resize((80, 60), Image.Resampling.BICUBIC).save(path)
    return paths


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "caches" / "thumbnails.sqlite"


@pytest.fixture
def decoded(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """The files that were really decoded."""
    names: list[str] = []
    read = images.read_thumbnail

    def watched(path: os.PathLike[str], size: int) -> np.ndarray:
        names.append(Path(path).name)
        return read(path, size)

    monkeypatch.setattr(images, "read_thumbnail", watched)
    return names


def lengths(file: Path) -> dict[str, int]:
    """File names and bytes of what is kept."""
    connection = sqlite3.connect(file)
    rows = connection.execute("SELECT path, length(picture) FROM thumbnails").fetchall()
    connection.close()
    return {Path(path).name: length for path, length in rows}


def test_the_next_start_decodes_nothing(films: list[Path], file: Path, decoded: list[str]) -> None:
    with ThumbnailCache(file) as cache:
        first = [cache.read(path, SIDE) for path in films]
    assert len(decoded) == len(films)
    with ThumbnailCache(file) as cache:
        again = [cache.read(path, SIDE) for path in films]
    assert len(decoded) == len(films)
    for one, other in zip(first, again, strict=True):
        assert one.shape == other.shape == (24, 32)
        assert one.dtype == other.dtype == np.uint8
        assert np.abs(one.astype(int) - other).mean() < 2  # of 255: JPEG


def test_each_side_has_its_own_image(films: list[Path], file: Path) -> None:
    with ThumbnailCache(file) as cache:
        for _ in range(2):
            assert [max(cache.read(films[0], side).shape) for side in (16, 48)] == [16, 48]


def test_a_changed_file_is_read_again(films: list[Path], file: Path, decoded: list[str]) -> None:
    with ThumbnailCache(file) as cache:
        cache.read(films[0], SIDE)
        Image.fromarray(np.full((60, 80), 200, np.uint8)).save(films[0])
        assert (cache.read(films[0], SIDE) == 200).all()
        assert len(decoded) == 2
        os.utime(films[0], (0, 0))
        cache.read(films[0], SIDE)
        assert len(decoded) == 3
    assert len(lengths(file)) == 1


def test_another_version_of_the_program_reads_again(
    films: list[Path], file: Path, decoded: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    with ThumbnailCache(file) as cache:
        cache.read(films[0], SIDE)
        monkeypatch.setattr(thumbnail_cache, "VERSION", thumbnail_cache.VERSION + 1)
        cache.read(films[0], SIDE)
    assert len(decoded) == 2


def test_the_longest_unused_go_first(films: list[Path], file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    clock = iter(range(10**6, 10**9, 2 * thumbnail_cache.DAY))
    monkeypatch.setattr(thumbnail_cache.time, "time", lambda: next(clock))
    with ThumbnailCache(file) as cache:
        for path in films:
            cache.read(path, SIDE)
        cache.read(films[0], SIDE)  # used again, long after
    filled = lengths(file)
    room = sum(filled.values())
    Image.open(films[1]).rotate(180).save(films[1].with_name("new.png"))
    with ThumbnailCache(file, size=room) as cache:
        cache.read(films[1].with_name("new.png"), SIDE)
    kept = lengths(file)
    assert sum(kept.values()) <= thumbnail_cache.SPARED * room
    gone = [path.name for path in films if path.name not in kept]
    assert gone == [path.name for path in films[1 : 1 + len(gone)]]
    assert {"new.png", films[0].name} <= kept.keys()


def test_a_damaged_cache_is_made_anew(films: list[Path], file: Path, decoded: list[str]) -> None:
    file.parent.mkdir()
    file.write_bytes(b"this is no database, whatever its name says" * 100)
    with ThumbnailCache(file) as cache:
        for _ in range(3):
            assert cache.read(films[0], SIDE).shape == (24, 32)
    assert len(decoded) == 1
    assert list(lengths(file)) == [films[0].name]


def test_an_image_damaged_inside_is_not_shown(films: list[Path], file: Path, decoded: list[str]) -> None:
    with ThumbnailCache(file) as cache:
        cache.read(films[0], SIDE)
    connection = sqlite3.connect(file)
    connection.execute("UPDATE thumbnails SET picture = x'00ff'")
    connection.commit()
    connection.close()
    with ThumbnailCache(file) as cache:
        assert cache.read(films[0], SIDE).shape == (24, 32)
    assert len(decoded) == 2


def test_without_a_place_for_it_thumbnails_are_read_all_the_same(
    films: list[Path], tmp_path: Path, decoded: list[str]
) -> None:
    blocked = tmp_path / "blocked"
    blocked.write_text("a file where the folder should be")
    with ThumbnailCache(blocked / "thumbnails.sqlite") as cache:
        for path in films:
            assert cache.read(path, SIDE).shape == (24, 32)
    assert len(decoded) == len(films)
    assert blocked.read_text() == "a file where the folder should be"


def test_two_at_once_share_the_file(films: list[Path], file: Path, decoded: list[str]) -> None:
    with ThumbnailCache(file) as one, ThumbnailCache(file) as other:
        for path in films:
            one.read(path, SIDE)
            other.read(path, SIDE)
    assert len(decoded) == len(films)


def test_what_cannot_be_read_is_not_kept(tmp_path: Path, file: Path) -> None:
    broken = tmp_path / "broken.png"
    broken.write_bytes(b"nothing")
    with ThumbnailCache(file) as cache:
        for path in (broken, tmp_path / "missing.png"):
            with pytest.raises(ImageError) as refusal:
                cache.read(path, SIDE)
            assert path.name in str(refusal.value)
