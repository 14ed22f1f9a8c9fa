"""A benchmark's race comes to its end: also when a contestant fails, or says nothing and has workers."""

from __future__ import annotations

import contextlib
import multiprocessing
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from tests.benchmarks.race import Race
from tests.support.patience import LONG

SECONDS = LONG / 1000


def steady(images: int) -> Iterator[int]:
    while True:
        time.sleep(0.001)  # a step takes its time
        yield images


def failing() -> Iterator[int]:
    yield 1
    raise RuntimeError("out of shared memory")


def silent(place: Path) -> Iterator[int]:
    """With a worker that is waited for when its process ends, which is never."""
    worker = multiprocessing.get_context("spawn").Process(target=time.sleep, args=(SECONDS,))
    worker.start()
    (place / "new").write_text(str(worker.pid), encoding="utf-8")
    (place / "new").rename(place / "worker")
    time.sleep(SECONDS)
    yield 1


def alive(process: int) -> bool:
    with contextlib.suppress(psutil.NoSuchProcess):
        return psutil.Process(process).status() != psutil.STATUS_ZOMBIE
    return False


def test_contestants_take_turns() -> None:
    with Race(SECONDS) as race:
        race.begin("one", steady, 3)
        race.begin("two", steady, 300)
        speeds = race.turns(2, 5)
    assert [len(found) for found in speeds.values()] == [2, 2]
    assert min(speeds["two"]) > max(speeds["one"]) > 0
    assert not multiprocessing.active_children()


def test_one_that_fails_ends_the_race_in_words() -> None:
    with pytest.raises(SystemExit, match="the bad one: has failed"), Race(SECONDS) as race:
        race.begin("the good one", steady, 3)
        race.begin("the bad one", failing)
        race.turns(1, 5)
    assert not multiprocessing.active_children()


def test_one_that_says_nothing_ends_it_with_all_that_it_started(tmp_path: Path) -> None:
    with pytest.raises(SystemExit, match="no answer in 0.2 s"), Race(0.2) as race:
        race.begin("the silent one", silent, tmp_path)
        deadline = time.monotonic() + SECONDS
        while not (tmp_path / "worker").exists() and time.monotonic() < deadline:
            with pytest.raises(SystemExit):
                race.turn("the silent one", 1)
        race.turn("the silent one", 1)
    worker = int((tmp_path / "worker").read_text(encoding="utf-8"))
    while alive(worker) and time.monotonic() < deadline:
        time.sleep(0.01)
    assert not alive(worker)
    assert not multiprocessing.active_children()
