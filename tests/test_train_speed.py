"""The benchmark of training comes to its end: with workers, and when a contestant fails or says nothing."""

from __future__ import annotations

import subprocess
import sys

import pytest

from tests.support.patience import PROGRAM
from tests.support.places import ROOT

LITTLE = "--images 8 --side 32 --batch-size 4 --steps 2 --turns 1 --device cpu"


def race(words: str) -> subprocess.CompletedProcess[str]:
    """What is read of its output ends only when every process that writes to it has."""
    return subprocess.run(
        [sys.executable, "-m", "tests.benchmarks.train_speed", *LITTLE.split(), *words.split()],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        cwd=ROOT,
        timeout=PROGRAM / 1000,
    )


def test_a_race_with_workers_ends_with_its_table() -> None:
    done = race("--model compact_cnn --workers 8")
    assert done.returncode == 0, done.stdout
    assert "train / arithmetic alone" in done.stdout


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ("--model nonsense --workers 2", "plain ImageFolder + DataLoader: has failed"),
        ("--model compact_cnn --patience 0.05", "plain ImageFolder + DataLoader: no answer in 0.05 s"),
    ],
)
def test_a_contestant_that_fails_or_says_nothing_ends_it_in_words(words: str, told: str) -> None:
    done = race(words)
    assert done.returncode == 1
    assert done.stdout.rstrip().endswith(told)
