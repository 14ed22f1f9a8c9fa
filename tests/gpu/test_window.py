"""The window, without a screen, trains and sweeps on the GPU."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
import torch

from tests.support.films import write_films
from tests.support.places import ROOT


def test_the_window_trains_and_sweeps(device: torch.device, tmp_path: Path) -> None:
    pytest.importorskip("PySide6", reason="the window needs PySide6")
    pytest.importorskip("pyqtgraph", reason="the window needs pyqtgraph")
    films = write_films(tmp_path / "films", train=12, test=4)
    words = [
        sys.executable,
        "-m",
        "tests.gpu.window",
        films,
        "--device",
        device.type,
        "--model",
        "compact_cnn",
    ]
    done = subprocess.run(
        [*map(str, words), "--epochs", "2"], capture_output=True, text=True, timeout=120, cwd=ROOT
    )
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert told["epochs"] == 2
    assert told["swept"] == 8
    assert told["images_per_second"] > 0
