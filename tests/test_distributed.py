"""Two processes, as torchrun starts them, do what one does, and only the first writes and speaks."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from cxr_gui.core.base import progress
from cxr_gui.core.base.distributed import World
from cxr_gui.core.demo.folder import demo_classifier_path, write_demo
from cxr_gui.core.models.checkpoint import load
from cxr_gui.core.training.run_folder import RunFolder
from tests.support.nursery import Ended, Nursery
from tests.support.patience import LONG
from tests.support.places import ROOT

pytestmark = pytest.mark.long


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("world")


@pytest.fixture(scope="module")
def demo(place: Path) -> Path:
    return progress.run(write_demo(place / "demo", train=24, test=52, seed=3))


@pytest.fixture(scope="module")
def run(nursery: Nursery, place: Path) -> Callable[..., Ended]:
    """A command, in one process or in several."""
    nursery.bring("torch._dynamo")  # DistributedDataParallel imports it
    return partial(nursery.run, cache=place / "cache")


@pytest.mark.parametrize("images", [1, 3, 16, 21, 624])
@pytest.mark.parametrize("size", [1, 2, 3, 8])
def test_shares_are_whole_batches_in_a_row(images: int, size: int) -> None:
    order = np.random.default_rng(0).permutation(images)
    shares, firsts = zip(*(World(rank, size).share(order, 4) for rank in range(size)), strict=True)
    np.testing.assert_array_equal(np.concatenate(shares), order)
    batches = [share[start : start + 4] for share in shares for start in range(0, len(share), 4)]
    assert all(len(batch) == 4 for batch in batches[:-1])
    assert [4 * first for first in firsts] == [sum(map(len, shares[:rank])) for rank in range(size)]


SWEEPS = ("--attack", "fgsm", "--attack", "noise", "--eps", "0,0.02", "--limit", "12", "--batch-size", "1")
ATTACKS = ("1-fgsm-rgb", "2-noise-rgb")


@pytest.fixture(scope="module")
def alone(demo: Path, run: Callable[..., Ended], place: Path) -> tuple[str, Path]:
    """What one process says of the sweeps, and where it wrote them."""
    out = place / "alone"
    done = run("sweep", demo, "--model", demo_classifier_path(), *SWEEPS, "--out", out)
    assert done.code == 0, done.said
    return done.out, out


def test_sweeps_of_two_processes_are_those_of_one(
    demo: Path, run: Callable[..., Ended], alone: tuple[str, Path], tmp_path: Path
) -> None:
    said, one = alone
    out = tmp_path / "two"
    both = run("sweep", demo, "--model", demo_classifier_path(), *SWEEPS, "--out", out, processes=2)
    assert both.code == 0, both.said
    assert both.out == said
    for name in ATTACKS:
        assert_alike(one / name, out / name)


def test_killed_sweeps_of_two_processes_go_on_and_end_as_if_they_had_not_been(
    demo: Path, run: Callable[..., Ended], alone: tuple[str, Path], tmp_path: Path
) -> None:
    """Of one process, and killed in each attack: test_journal."""
    out = tmp_path / "out"
    call = ("sweep", demo, "--model", demo_classifier_path(), *SWEEPS, "--resume", "--out", out)
    assert run(*call, processes=2, entries=3).killed
    # whoever outlives the other for a moment is told to stop, and writes what it has
    assert not any(document(path)["complete"] for path in out.rglob("sweep.json"))
    resumed = run(*call, processes=2)
    assert resumed.code == 0, resumed.said
    assert "going on after" in resumed.err
    for name in ATTACKS:
        assert sorted(path.name for path in (out / name).iterdir()) == ["images.csv", "sweep.json"]
        assert_alike(alone[1] / name, out / name)


def assert_alike(one: Path, other: Path) -> None:
    """Both are the same sweep, of one process and of two."""
    assert (other / "images.csv").read_bytes() == (one / "images.csv").read_bytes()
    alone, shared = (document(place / "sweep.json") for place in (one, other))
    # the checks look at the first images of the first process
    assert len(alone.pop("checks")) == len(shared.pop("checks"))
    assert json.dumps(alone) == json.dumps(shared)


def document(path: Path) -> dict[str, Any]:
    """What a sweep.json says, but for the time it took."""
    said: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    del said["seconds"]
    return said


def test_a_training_of_two_processes_is_that_of_one(run: Callable[..., Ended], tmp_path: Path) -> None:
    data = progress.run(write_demo(tmp_path / "data", train=16, test=2, seed=3))
    recipe = ("--model", "bounded_cnn", "--recipe", "balanced", "--epochs", "1", "--batch-size", "7")
    arguments = ("train", data, *recipe)
    one, two = (
        run(*arguments, "--out", tmp_path / name, processes=count) for name, count in (("one", 1), ("two", 2))
    )
    assert (one.code, two.code) == (0, 0), one.said + two.said
    assert len(two.out.splitlines()) == 2  # one process speaks
    assert {path.name.split(".")[0] for path in (tmp_path / "two").iterdir()} == {
        *("config", "metrics", "best", "last", "events", "run"),
    }
    alone, shared = (RunFolder(tmp_path / name).read_metrics()[0] for name in ("one", "two"))
    assert shared.train_loss == pytest.approx(alone.train_loss, abs=1e-4)
    assert shared.validation_loss == pytest.approx(alone.validation_loss, abs=1e-4)
    first, second = (load(tmp_path / name / "best.safetensors").state_dict() for name in ("one", "two"))
    for key, weights in first.items():
        torch.testing.assert_close(second[key], weights, atol=1e-4, rtol=0)


@pytest.mark.skipif(sys.platform != "linux", reason="finds the process in /proc")
def test_a_killed_process_ends_the_others_with_a_message(demo: Path, tmp_path: Path) -> None:
    launcher = ["-m", "torch.distributed.run", "--standalone", "--nproc-per-node=2", ROOT / "main.py"]
    words = [*launcher, "train", demo, "--model", "compact_cnn", "--epochs", "500", "--out", tmp_path / "run"]
    with subprocess.Popen(
        [sys.executable, *map(str, words)],
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "OMP_NUM_THREADS": "1"},
    ) as together:
        assert together.stderr is not None
        for line in together.stderr:
            if line.startswith("Training"):
                break
        second = next(
            int(path.parent.name)
            for path in Path("/proc").glob("[0-9]*/environ")
            if _belongs(path.parent, together.pid) and b"\0RANK=1\0" in path.read_bytes()
        )
        os.kill(second, signal.SIGKILL)
        told = together.stderr.read()
        assert together.wait(LONG / 1000) != 0
    assert "SIGKILL" in told


def _belongs(process: Path, parent: int) -> bool:
    with contextlib.suppress(OSError):
        return int((process / "stat").read_text().rpartition(")")[2].split()[1]) == parent
    return False


def test_what_cannot_be_shared_is_refused(demo: Path, run: Callable[..., Ended]) -> None:
    refused = run("audit", demo, processes=2)
    assert refused.code == 2
    assert "torchrun is for sweep and train" in refused.err
