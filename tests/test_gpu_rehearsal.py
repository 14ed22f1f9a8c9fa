"""The suite for GPUs and its table are rehearsed on the processor; without a GPU none of it is collected."""

from __future__ import annotations

import json
import subprocess
from argparse import Namespace
from collections.abc import Sequence
from pathlib import Path

import pytest
import torch

from tests.gpu import conftest, parts
from tests.gpu.__main__ import main, measured, ran

pytestmark = pytest.mark.long

QUICK = "feed or finite or (steps and paper)"
"""Of the suite, the quick ones. The window's part takes longest: it is rehearsed by hand."""


def at_once(words: Sequence[object], limit: float, environment: dict[str, str]) -> tuple[str, str]:
    """As `ran`, but what is measured runs here, where PyTorch has been imported."""
    if "tests.gpu.parts" not in words:
        return ran(words, limit, environment)
    try:
        parts.main([str(word) for word in words[2:]])
    except subprocess.CalledProcessError as error:
        return "failed", repr(error)
    return "done", ""


def test_all_of_it_runs_with_little_and_is_written_down_though_a_part_fails(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tests.gpu.__main__.ran", at_once)
    words = ("--device", "cpu", "--small", "--seconds", "1100", "-k", QUICK, "--data", tmp_path / "nothing")
    chosen = ("sweeps", "study", "training", "suite")
    assert main([str(word) for word in (tmp_path, *words, "--parts", *chosen)]) == 1
    told = json.loads((tmp_path / "gpu.json").read_text(encoding="utf-8"))
    found = {part["part"]: part for part in told["parts"]}
    assert {name: part["outcome"] for name, part in found.items()} == {
        "sweeps": "done",
        "study": "failed",
        "training": "done",
        "suite": "done",
    }
    assert "CalledProcessError" in found["study"]["why"]
    for row in (row for part in found.values() for row in part["rows"]):
        assert (row["value"] is None) == (row["what"] == "share of the time the GPU is busy")
    tests = found["suite"]["tests"]
    assert {test["outcome"] for test in tests} <= {"passed", "skipped"}
    assert len(tests) >= 3
    table = (tmp_path / "gpu.md").read_text(encoding="utf-8")
    assert capsys.readouterr().out == table
    assert "these numbers mean nothing" in table
    assert all(row["what"].strip() in table for part in found.values() for row in part["rows"])


def test_a_study_of_no_films_is_skipped(tmp_path: Path) -> None:
    told = measured("study", 1.0, Namespace(data=None), torch.device("cpu"), tmp_path)
    assert (told.outcome, told.rows) == ("skipped", [])


@pytest.mark.parametrize(
    ("code", "limit", "ended"),
    [
        ("pass", 60, ("done", "")),
        ("print('begun'); raise SystemExit('why')", 60, ("failed", "why")),
        ("import time; time.sleep(600)", 0.1, ("out of time", "")),
    ],
)
def test_a_part_is_a_process_with_a_limit(code: str, limit: float, ended: tuple[str, str]) -> None:
    assert ran(["-c", code], limit, {}) == ended


def test_without_a_gpu_the_suite_is_not_collected() -> None:
    """As here, where the processor is all that tests may see (conftest.py)."""
    assert conftest.HERE.type == "cpu"
    assert conftest.collect_ignore_glob == ["test_*.py"]
