"""torchrun with two real processes does what one process does, and only the first writes and speaks."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from cxr_gui.core import progress
from cxr_gui.core.demo import demo_classifier_path, write_demo
from cxr_gui.core.distributed import World
from cxr_gui.core.sweep import read_sweep

ROOT = Path(__file__).resolve().parents[1]


def run(*arguments: str | Path, processes: int = 1) -> subprocess.CompletedProcess[str]:
    """The command line in a process of its own, or in several of torchrun's."""
    torchrun = ["-m", "torch.distributed.run", "--standalone", f"--nproc-per-node={processes}"]
    words = [sys.executable, *(torchrun if processes > 1 else []), ROOT / "main.py", *arguments]
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    return subprocess.run(
        [str(word) for word in words], capture_output=True, text=True, env=environment, timeout=300
    )


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return progress.run(write_demo(tmp_path_factory.mktemp("world") / "demo", train=24, test=52, seed=3))


@pytest.mark.parametrize("images", [1, 3, 16, 21, 624])
@pytest.mark.parametrize("size", [1, 2, 3, 8])
def test_shares_are_whole_batches_in_a_row(images: int, size: int) -> None:
    order = np.random.default_rng(0).permutation(images)
    shares = [World(rank, size).share(order, 4) for rank in range(size)]
    np.testing.assert_array_equal(np.concatenate(shares), order)
    batches = [share[start : start + 4] for share in shares for start in range(0, len(share), 4)]
    assert all(len(batch) == 4 for batch in batches[:-1])


def test_a_sweep_of_two_processes_is_that_of_one(demo: Path, tmp_path: Path) -> None:
    arguments = ("sweep", demo, "--model", demo_classifier_path(), "--eps", "0,0.02,0.1", "--batch-size", "4")
    one = run(*arguments, "--out", tmp_path / "one")
    assert one.returncode == 0, one.stderr
    two = run(*arguments, "--out", tmp_path / "two", processes=2)
    assert two.returncode == 0, two.stderr
    assert two.stdout == one.stdout
    alone, shared = (tmp_path / name / "images.csv" for name in ("one", "two"))
    assert shared.read_text() == alone.read_text()
    assert len(alone.read_text().splitlines()) == 53
    first, second = (read_sweep(path.parent) for path in (alone, shared))
    assert [point.accuracy for point in second.points] == [point.accuracy for point in first.points]
    assert second.checks == first.checks


def test_what_cannot_be_shared_is_refused(demo: Path) -> None:
    refused = run("audit", demo, processes=2)
    assert refused.returncode != 0
    assert "torchrun is for sweep and train" in refused.stderr
