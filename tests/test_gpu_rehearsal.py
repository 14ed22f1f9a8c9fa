"""The suite for GPUs and its table are rehearsed on the processor; without a GPU none of it is collected."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from argparse import Namespace
from pathlib import Path

import pytest
import torch

from tests.gpu.__main__ import measured
from tests.support.patience import PROGRAM
from tests.support.places import ROOT

pytestmark = pytest.mark.long

QUICK = "feed or finite or (steps and paper)"
"""Of the suite, the quick ones. The window's part takes longest: it is rehearsed by hand."""


def python(*words: object, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, *map(str, words)],
        capture_output=True,
        text=True,
        cwd=ROOT,
        env={**os.environ, "OMP_NUM_THREADS": "1", **environment},
        timeout=4 * PROGRAM / 1000,
    )


def test_all_of_it_runs_with_little_and_is_written_down_though_a_part_fails(tmp_path: Path) -> None:
    words = ("--device", "cpu", "--small", "--seconds", "1100", "-k", QUICK, "--data", tmp_path / "nothing")
    parts = ("sweeps", "study", "training", "suite")
    done = python("-m", "tests.gpu", tmp_path, *words, "--parts", *parts)
    assert done.returncode == 1
    told = json.loads((tmp_path / "gpu.json").read_text(encoding="utf-8"))
    found = {part["part"]: part for part in told["parts"]}
    assert {name: part["outcome"] for name, part in found.items()} == {
        "sweeps": "done",
        "study": "failed",
        "training": "done",
        "suite": "done",
    }, done.stdout + done.stderr
    assert "CalledProcessError" in found["study"]["why"]
    for row in (row for part in found.values() for row in part["rows"]):
        assert (row["value"] is None) == (row["what"] == "share of the time the GPU is busy")
    tests = found["suite"]["tests"]
    assert {test["outcome"] for test in tests} <= {"passed", "skipped"}
    assert len(tests) >= 3
    table = (tmp_path / "gpu.md").read_text(encoding="utf-8")
    assert done.stdout == table
    assert "these numbers mean nothing" in table
    assert all(row["what"].strip() in table for part in found.values() for row in part["rows"])


def test_a_study_of_no_films_is_skipped(tmp_path: Path) -> None:
    told = measured("study", 1.0, Namespace(data=None), torch.device("cpu"), tmp_path)
    assert (told.outcome, told.rows) == ("skipped", [])


def test_without_a_gpu_the_suite_is_not_collected() -> None:
    words = ("--collect-only", "-q", "-c", "tests/gpu/pytest.ini", "tests/gpu")
    done = python("-m", "pytest", *words, CUDA_VISIBLE_DEVICES="")
    assert ("no tests" in done.stdout) == (
        not torch.cuda.is_available() and not torch.backends.mps.is_available()
    )
