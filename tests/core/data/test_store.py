"""The store is made once, whole, and says what it could not read."""

from __future__ import annotations

import errno
import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from cxr_gui.core.base.errors import DatasetError, OutputError
from cxr_gui.core.base.progress import Event, run
from cxr_gui.core.data import store as stores
from cxr_gui.core.data.records import Record
from cxr_gui.core.data.store import Store, prepare
from cxr_gui.core.images.radiograph import read, to_input
from tests.support.patience import LONG

CLASSES = ("NORMAL", "PNEUMONIA")
SIZE = (12, 10)


@pytest.fixture
def records(tmp_path: Path) -> tuple[Record, ...]:
    random = np.random.default_rng(0)
    found = []
    for number in range(7):
        path = tmp_path / f"{number}.png"
        Image.fromarray(random.integers(0, 256, (20, 30), np.uint8)).save(path)
        found.append(Record(str(path), "train", CLASSES[number % 2], f"person{number}"))
    return tuple(found)


@pytest.fixture
def cache(tmp_path: Path) -> Path:
    return tmp_path / "cache"


def prepared(records: Sequence[Record], cache: Path, events: list[Event] | None = None) -> Store:
    return run(prepare(records, CLASSES, SIZE, folder=cache), None if events is None else events.append)


def test_pixels_labels_records(records: tuple[Record, ...], cache: Path) -> None:
    store = prepared(records, cache)
    expected = np.stack([to_input(read(record.path).pixels, SIZE) for record in records])
    np.testing.assert_array_equal(store.pixels, expected)
    np.testing.assert_array_equal(store.labels, [0, 1, 0, 1, 0, 1, 0])
    assert store.labels.dtype == np.int64
    assert (store.records, store.problems, len(store)) == (records, (), 7)
    assert isinstance(store.pixels, np.memmap)
    with pytest.raises(ValueError, match="read-only"):
        store.pixels[0] = 0


def test_made_once(records: tuple[Record, ...], cache: Path) -> None:
    first: list[Event] = []
    again: list[Event] = []
    prepared(records, cache, first)
    store = prepared(records, cache, again)
    assert (first[-1].done, first[-1].total) == (7, 7)
    assert again == []
    assert len(store) == 7
    assert len(list(cache.iterdir())) == 1


def test_labels_may_change_without_new_pixels(records: tuple[Record, ...], cache: Path) -> None:
    prepared(records, cache)
    events: list[Event] = []
    other = run(prepare(records, CLASSES[::-1], SIZE, folder=cache), events.append)
    assert events == []
    np.testing.assert_array_equal(other.labels, [1, 0, 1, 0, 1, 0, 1])


def test_made_again_when_a_file_changes(records: tuple[Record, ...], cache: Path) -> None:
    before = prepared(records, cache).pixels.copy()
    Image.new("L", (20, 30), 77).save(records[2].path)
    after = prepared(records, cache).pixels
    assert (after[2] == 77).all()
    np.testing.assert_array_equal(after[[0, 1, 3]], before[[0, 1, 3]])


def test_unreadable_files_are_left_out_and_named(records: tuple[Record, ...], cache: Path) -> None:
    Path(records[1].path).write_bytes(b"no image")
    Path(records[4].path).unlink()
    for _ in range(2):  # made, and opened again
        store = prepared(records, cache)
        assert store.records == tuple(records[n] for n in (0, 2, 3, 5, 6))
        assert [problem.path for problem in store.problems] == [records[1].path, records[4].path]
        assert all(problem.what for problem in store.problems)
        assert store.pixels.shape == (5, *SIZE)


def test_none_readable(records: tuple[Record, ...], cache: Path) -> None:
    for record in records:
        Path(record.path).write_bytes(b"no image")
    with pytest.raises(DatasetError, match="None of the 7 images can be read"):
        prepared(records, cache)


def test_no_records(cache: Path) -> None:
    with pytest.raises(DatasetError, match="no images to prepare"):
        prepared((), cache)


def test_unlabelled(records: tuple[Record, ...], cache: Path) -> None:
    assert set(prepared([replace(record, label=None) for record in records], cache).labels) == {-1}


def test_batches(records: tuple[Record, ...], cache: Path) -> None:
    store = prepared(records, cache)
    batches = list(store.batches(3))
    assert [tuple(pixels.shape) for pixels, _ in batches] == [(3, 1, *SIZE), (3, 1, *SIZE), (1, 1, *SIZE)]
    pixels, labels = (torch.cat(parts) for parts in zip(*batches, strict=True))
    assert pixels.dtype == labels.dtype == torch.float32
    np.testing.assert_array_equal(pixels[:, 0].numpy(), store.pixels.astype(np.float32) / 255)
    np.testing.assert_array_equal(labels.numpy(), store.labels)


def test_batches_in_an_order(records: tuple[Record, ...], cache: Path) -> None:
    store = prepared(records, cache)
    order = np.array([5, 0, 5])
    ((pixels, labels),) = store.batches(8, order=order)
    np.testing.assert_array_equal(pixels[:, 0].numpy(), store.pixels[order].astype(np.float32) / 255)
    np.testing.assert_array_equal(labels.numpy(), store.labels[order])


def test_cancelling_leaves_nothing(records: tuple[Record, ...], cache: Path) -> None:
    work = prepare(records, CLASSES, SIZE, folder=cache)
    next(work)
    work.close()
    assert list(cache.iterdir()) == []


def test_a_broken_store_is_made_again(records: tuple[Record, ...], cache: Path) -> None:
    prepared(records, cache)
    (place,) = cache.iterdir()
    for name, content in (("pixels.u8", b"short"), ("index.json", b"{"), ("index.json", None)):
        if content is None:
            (place / name).unlink()
        else:
            (place / name).write_bytes(content)
        assert prepared(records, cache).pixels.shape == (7, *SIZE)


def test_two_processes_at_once(records: tuple[Record, ...], cache: Path) -> None:
    script = """
import sys
from pathlib import Path
from cxr_gui.core.data.dataset import Record
from cxr_gui.core.base.progress import run
from cxr_gui.core.data.store import prepare
files = sorted(Path(sys.argv[1]).glob("*.png"))
print("ready", flush=True)
sys.stdin.readline()
for _ in range(3):
    records = [Record(str(file), "train", "NORMAL") for file in files]
    store = run(prepare(records, ("NORMAL", "PNEUMONIA"), (12, 10), folder=sys.argv[2]))
    assert store.pixels.shape == (7, 12, 10)
    assert store.pixels.any(axis=(1, 2)).all()
"""
    together(script, [str(Path(records[0].path).parent), str(cache)], [[], [], []])
    assert len(list(cache.iterdir())) == 1


def together(script: str, shared: list[str], own: list[list[str]]) -> None:
    """Run a script in as many processes as have arguments of their `own`: all begin at once and end well."""
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    processes = [
        subprocess.Popen([sys.executable, "-c", script, *shared, *others], env=environment, **pipes)
        for others in own
    ]
    for process in processes:
        assert process.stdout is not None
        process.stdout.readline()
    for process in processes:
        assert process.stdin is not None
        process.stdin.write("\n")
        process.stdin.flush()
    said = [process.communicate(timeout=LONG / 1000)[1] for process in processes]
    assert [process.returncode for process in processes] == [0] * len(own), said


def test_processes_that_prepare_different_stores_do_not_disturb_each_other(
    records: tuple[Record, ...], cache: Path
) -> None:
    """Each looks through the cache for room while the others' temporary folders come and go."""
    script = """
import sys
from pathlib import Path
from cxr_gui.core.data.dataset import Record
from cxr_gui.core.base.progress import run
from cxr_gui.core.data.store import prepare
files = sorted(Path(sys.argv[1]).glob("*.png"))
print("ready", flush=True)
sys.stdin.readline()
for side in range(8, 68):
    records = [Record(str(files[side % 7]), "train", "NORMAL")]
    store = run(prepare(records, ("NORMAL", "PNEUMONIA"), (int(sys.argv[3]), side), folder=sys.argv[2]))
    assert len(store) == 1
"""
    together(script, [str(Path(records[0].path).parent), str(cache)], [["11"], ["12"], ["13"], ["14"]])
    assert len(list(cache.iterdir())) == 240


def test_a_folder_that_goes_while_room_is_made_is_not_missed(
    records: tuple[Record, ...], cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    listed = Path.iterdir
    monkeypatch.setattr(Path, "iterdir", lambda self: iter([self / ".another-1-2", *listed(self)]))
    assert len(prepared(records, cache)) == 7


def test_a_store_that_goes_while_it_is_opened_is_made_again(
    records: tuple[Record, ...], cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another process makes room between the look at the index and the mapping of the pixels."""
    prepared(records, cache)
    looked = stores._problems

    def looking(place: Path, number: int, size: tuple[int, int]) -> dict[int, str] | None:
        found = looked(place, number, size)
        if still:
            still.pop()
            shutil.rmtree(place)
        return found

    still = [True]
    monkeypatch.setattr(stores, "_problems", looking)
    assert len(prepared(records, cache)) == 7
    assert not still


def test_a_cache_that_cannot_be_written(records: tuple[Record, ...], tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(OutputError, match="cannot be written"):
        prepared(records, tmp_path / "file")


def test_a_full_disk(records: tuple[Record, ...], cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_descriptor: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OutputError, match="No space left"):
        prepared(records, cache)
    assert list(cache.iterdir()) == []


def test_the_longest_unused_go_first(
    records: tuple[Record, ...], cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    prepared(records[:3], cache)
    prepared(records[:4], cache)
    (cache / ".unfinished").mkdir()
    old, new = sorted((path for path in cache.iterdir() if not path.name.startswith(".")), key=_pixels)
    for path, time in ((old, 1e9), (new, 2e9), (cache / ".unfinished", 1e9)):
        os.utime(path, (time, time))
    monkeypatch.setattr(stores, "CACHE_BYTES", 5 * SIZE[0] * SIZE[1])
    prepared(records, cache)
    assert {path.exists() for path in (old, cache / ".unfinished")} == {False}


def _pixels(path: Path) -> int:
    return (path / "pixels.u8").stat().st_size
