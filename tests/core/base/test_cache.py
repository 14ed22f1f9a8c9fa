"""Caches that cannot be written, and machines on which a person has no home: the work is done."""

from __future__ import annotations

import errno
import os
import pwd
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import NoReturn

import pytest
from PIL import Image

from cxr_gui.cli import launcher
from cxr_gui.core.attacks.registry import create_attack
from cxr_gui.core.base import cache, progress
from cxr_gui.core.base.errors import OutputError, SettingsError
from cxr_gui.core.base.progress import Event, Notice
from cxr_gui.core.data.store import prepare
from cxr_gui.core.data.thumbnail_cache import ThumbnailCache
from cxr_gui.core.demo.folder import ensure_demo
from cxr_gui.core.report.privacy import elide
from cxr_gui.core.study.pipeline import sweep_dataset
from cxr_gui.core.training.training import train
from tests.support.films import write_films
from tests.support.small_study import small_config, small_dataset

CLASSES = ("NORMAL", "PNEUMONIA")


@pytest.fixture(autouse=True)
def afresh(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """As in a process that has not needed a temporary cache yet."""
    monkeypatch.setattr(cache, "_told", set())
    cache.temporary_folder.cache_clear()
    yield
    shutil.rmtree(cache.temporary_folder())
    cache.temporary_folder.cache_clear()


@pytest.fixture
def unwritable(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A place for caches where nothing can be made, not even by root."""
    (tmp_path / "file").touch()
    monkeypatch.setenv("CXR_CACHE", str(tmp_path / "file" / "cache"))
    return tmp_path / "file" / "cache"


@pytest.fixture
def homeless(monkeypatch: pytest.MonkeyPatch) -> None:
    """No HOME, and a user id without a name, as containers are often started."""

    def unknown(number: int) -> NoReturn:
        raise KeyError(f"getpwuid(): uid not found: {number}")

    monkeypatch.setattr(pwd, "getpwuid", unknown)
    for name in ("HOME", "CXR_CACHE", "XDG_CACHE_HOME", "XDG_DATA_HOME"):
        monkeypatch.delenv(name, raising=False)


def told(events: list[Event]) -> list[str]:
    return [event.text for event in events if isinstance(event, Notice)]


def test_a_sweep_and_a_training_do_without_a_cache_and_say_so_once(unwritable: Path, tmp_path: Path) -> None:
    dataset = small_dataset(write_films(tmp_path / "films", train=8, test=4))
    events: list[Event] = []
    run = progress.run(train(dataset, tmp_path / "run", small_config(epochs=1)), events.append)
    sweep = sweep_dataset(run.classifier, dataset, create_attack("fgsm"), [0.0, 0.1], device="cpu")
    assert len(progress.run(sweep, events.append).labels) == 8
    [words] = told(events)
    assert words.startswith(f"{unwritable}/stores/")
    assert "cannot be written" in words
    assert f"{cache.temporary_folder()} takes its place" in words
    assert "CXR_CACHE" in words


def test_a_disk_that_is_full_only_where_caches_are(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What cannot be written to its end is made again elsewhere, and nothing of it is left."""
    monkeypatch.setenv("CXR_CACHE", str(tmp_path / "cache"))
    flush = os.fsync

    def full(descriptor: int) -> None:
        if str(Path(f"/proc/self/fd/{descriptor}").readlink()).startswith(str(tmp_path)):
            raise OSError(28, os.strerror(28))
        flush(descriptor)

    monkeypatch.setattr(os, "fsync", full)
    dataset = small_dataset(write_films(tmp_path / "films", train=2, test=4))
    events: list[Event] = []
    assert len(progress.run(prepare(dataset.of("test"), CLASSES, (8, 8)), events.append)) == 8
    assert "No space left" in told(events)[0]
    assert not list((tmp_path / "cache" / "stores").iterdir())


def test_what_is_in_a_cache_that_can_only_be_read_is_used(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CXR_CACHE", str(tmp_path / "cache"))
    dataset = small_dataset(write_films(tmp_path / "films", train=2, test=4))
    progress.run(prepare(dataset.of("test"), CLASSES, (8, 8)))

    def refused(*_: object, **__: object) -> NoReturn:
        raise PermissionError(13, os.strerror(13))

    events: list[Event] = []
    with monkeypatch.context() as patch:
        patch.setattr(os, "utime", refused)
        patch.setattr(os, "mkdir", refused)
        assert len(progress.run(prepare(dataset.of("test"), CLASSES, (8, 8)), events.append)) == 8
    assert told(events) == []


def test_when_no_folder_can_be_written_the_error_names_the_variable(
    unwritable: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    dataset = small_dataset(write_films(tmp_path / "films", train=2, test=4))
    there = cache.temporary_folder()
    monkeypatch.setattr(cache, "temporary_folder", lambda: unwritable)
    with pytest.raises(OutputError, match="cannot be written") as error:
        progress.run(prepare(dataset.of("test"), CLASSES, (8, 8)))
    assert "CXR_CACHE" in error.value.hint
    monkeypatch.undo()
    assert there.is_dir()


def test_who_has_no_home_has_a_temporary_cache(homeless: None, tmp_path: Path) -> None:
    assert cache.lasting_folder() is None
    assert cache.cache_folder() == cache.temporary_folder()
    events: list[Event] = []
    demo = progress.run(ensure_demo(train=4, test=2), events.append)
    assert demo.is_relative_to(cache.temporary_folder())
    [words] = told(events)
    assert words.startswith("There is no home folder for caches.")
    assert "CXR_CACHE" in words
    Image.new("L", (20, 20)).save(tmp_path / "film.png")
    with ThumbnailCache() as thumbnails:
        assert thumbnails.read(tmp_path / "film.png", 16).shape == (16, 16)


@pytest.mark.usefixtures("homeless")
def test_who_has_no_home_gets_reports_and_is_told_what_a_launcher_needs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert elide("from /data/x/films") == "from …/films"
    monkeypatch.setattr(launcher.sys, "platform", "linux")
    monkeypatch.setattr(launcher.shutil, "which", lambda *_, **__: "/opt/cxr-gui-window")
    with pytest.raises(SettingsError, match="no home folder") as error:
        launcher.add()
    assert "HOME" in error.value.hint


def test_where_not_even_a_temporary_folder_can_be_made_it_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    def full(**_: object) -> NoReturn:
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patch, pytest.raises(OutputError, match="No space left on device"):
        patch.setattr(cache.tempfile, "mkdtemp", full)
        cache.temporary_folder()
