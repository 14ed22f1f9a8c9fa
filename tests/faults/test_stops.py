"""Ctrl-C and SIGTERM, once and again, at random moments: what was finished is kept whole, and it is told."""

from __future__ import annotations

import os
import random
import signal
from pathlib import Path

import pytest

from cxr_gui.core.sweep.files import read_sweep
from cxr_gui.core.training.run_folder import RunFolder
from tests.support.nursery import Ended, Nursery, timed
from tests.support.results import whole_results, whole_run
from tests.support.small_study import small_config

pytestmark = pytest.mark.skipif(not hasattr(os, "pidfd_open"), reason="forks, and waits with Linux's pidfd")

STOPS = int(os.environ.get("CXR_KILLS", "2"))
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


@pytest.mark.parametrize("number", SIGNALS)
@pytest.mark.parametrize("again", [False, True], ids=["once", "twice"])
def test_a_training(again: bool, number: int, nursery: Nursery, films: Path, place: Path) -> None:
    moments, start, cache = random.Random(number), place / "start", place / "cache"
    RunFolder(start).write_config(small_config(epochs=3), films, "")
    call = ("train", films, "--config", start / "config.json", "--resume", "--out")
    takes = timed(lambda: nursery.run(*call, place / f"whole-{number}-{again}", cache=cache))
    stops = 0
    for attempt in range(MOST):
        out = place / f"run-{number}-{again}-{attempt}"
        signals = [(moments.uniform(0.1 * takes, 0.9 * takes), number)]
        signals += [(moments.uniform(0, 0.05), number)] * again
        stops += stopped(nursery.run(*call, out, cache=cache, signals=signals), number)
        whole_run(out)
        if stops == STOPS:
            break
    assert stops
    ended = nursery.run(*call, out, cache=cache)
    assert ended.code == 0, ended.said


@pytest.mark.parametrize("number", SIGNALS)
@pytest.mark.parametrize("again", [False, True], ids=["once", "twice"])
def test_sweeps(
    again: bool, number: int, nursery: Nursery, films: Path, place: Path, checkpoint: Path
) -> None:
    moments, cache = random.Random(number), place / "cache"
    call = ("sweep", films, "--model", checkpoint, "--attack", "fgsm", "--attack", "pgd", "--eps", "0,0.1")
    takes = timed(lambda: nursery.run(*call, "--out", place / f"swept-{number}-{again}", cache=cache))
    stops = 0
    for attempt in range(MOST):
        out = place / f"swept-{number}-{again}-{attempt}"
        signals = [(moments.uniform(0.1 * takes, 0.9 * takes), number)]
        signals += [(moments.uniform(0, 0.3), number)] * again
        ended = nursery.run(*call, "--out", out, cache=cache, signals=signals)
        stops += stopped(ended, number)
        found = [out, *out.glob("*-*-rgb")]
        for place in found:
            whole_results(place)
        if "finished so far are in" in ended.said:
            assert any((place / "sweep.json").exists() for place in found)
            assert all(len(read_sweep(p).labels) for p in found if (p / "sweep.json").exists())
        if stops == STOPS:
            break
    assert stops
