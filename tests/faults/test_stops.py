"""Ctrl-C and SIGTERM, once and again, at random moments: what was finished is kept whole, and it is told."""

from __future__ import annotations

import os
import random
import signal
from dataclasses import dataclass
from pathlib import Path

import pytest

from cxr_gui.core.sweep.files import read_sweep
from cxr_gui.core.training.run_folder import RunFolder
from tests.support.nursery import Ended, Nursery, timed
from tests.support.results import whole_results, whole_run
from tests.support.small_study import small_config

STOPS = int(os.environ.get("CXR_KILLS", "1"))
MOST = 4 * STOPS
"""Attempts: a command may be done before it is stopped."""
CODES = {signal.SIGINT: 130, signal.SIGTERM: 143}
SIGNALS = tuple(CODES)


def stopped(ended: Ended, number: int) -> bool:
    """Whether it was stopped by this signal, in a line of words; otherwise it had ended, or not begun."""
    assert "Traceback" not in ended.said, ended.said
    assert ended.code in (0, CODES[signal.Signals(number)]), ended.said
    if ended.code:
        assert ended.said.rstrip().endswith("Stopped."), ended.said
    return ended.code != 0


def shorter(takes: float, ended: Ended) -> float:
    """The seconds to draw moments from after this attempt: half of them when it was done before its own."""
    return takes if ended.code else takes / 2


@dataclass(frozen=True)
class Command:
    """What is stopped, without the folder it writes, and the seconds it takes when nobody stops it."""

    words: tuple[str | Path, ...]
    takes: float


@pytest.fixture(scope="module")
def training(nursery: Nursery, films: Path, place: Path) -> Command:
    start = place / "start"
    RunFolder(start).write_config(small_config(epochs=3), films, "")
    words = ("train", films, "--config", start / "config.json", "--resume", "--out")
    return timed_command(nursery, words, place / "trained")


@pytest.fixture(scope="module")
def sweeping(nursery: Nursery, films: Path, place: Path, checkpoint: Path) -> Command:
    words = ("sweep", films, "--model", checkpoint, "--attack", "fgsm", "--attack", "pgd", "--eps", "0,0.1")
    return timed_command(nursery, (*words, "--out"), place / "swept")


def timed_command(nursery: Nursery, words: tuple[str | Path, ...], out: Path) -> Command:
    """The first one finds the caches empty, as those that are to be stopped will not."""
    first, second = (
        timed(lambda name=name: nursery.run(*words, out / name, cache=out.parent / "cache"))
        for name in ("first", "second")
    )
    return Command(words, min(first, second))


@pytest.mark.parametrize("number", SIGNALS)
@pytest.mark.parametrize("again", [False, True], ids=["once", "twice"])
def test_a_training(again: bool, number: int, nursery: Nursery, training: Command, place: Path) -> None:
    moments, cache = random.Random(number), place / "cache"
    call, takes = training.words, training.takes
    stops = 0
    for attempt in range(MOST):
        out = place / f"run-{number}-{again}-{attempt}"
        signals = [(moments.uniform(0.1 * takes, 0.9 * takes), number)]
        signals += [(moments.uniform(0, 0.05), number)] * again
        ended = nursery.run(*call, out, cache=cache, signals=signals)
        stops += stopped(ended, number)
        whole_run(out)
        if stops == STOPS:
            break
        takes = shorter(takes, ended)
    assert stops
    ended = nursery.run(*call, out, cache=cache)
    assert ended.code == 0, ended.said


@pytest.mark.parametrize("number", SIGNALS)
@pytest.mark.parametrize("again", [False, True], ids=["once", "twice"])
def test_sweeps(again: bool, number: int, nursery: Nursery, sweeping: Command, place: Path) -> None:
    moments, cache = random.Random(number), place / "cache"
    call, takes = sweeping.words, sweeping.takes
    stops = 0
    for attempt in range(MOST):
        out = place / f"swept-{number}-{again}-{attempt}"
        signals = [(moments.uniform(0.1 * takes, 0.9 * takes), number)]
        signals += [(moments.uniform(0, 0.3), number)] * again
        ended = nursery.run(*call, out, cache=cache, signals=signals)
        stops += stopped(ended, number)
        found = [out, *out.glob("*-*-rgb")]
        for each in found:
            whole_results(each)
        if "finished so far are in" in ended.said:
            assert any((each / "sweep.json").exists() for each in found)
            assert all(len(read_sweep(p).labels) for p in found if (p / "sweep.json").exists())
        if stops == STOPS:
            break
        takes = shorter(takes, ended)
    assert stops
