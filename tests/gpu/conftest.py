"""What only a GPU can show. Where there is none, no test here is collected: see __main__.py."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
import torch

from cxr_gui.core.base import device as devices
from cxr_gui.core.base import progress
from cxr_gui.core.data import Dataset, scan
from cxr_gui.core.training.replay import VARIABLE
from tests.gpu.made import DEVICE_VARIABLE, REPORT_VARIABLE, SMALL_VARIABLE
from tests.support.films import write_films

ASKED = os.environ.get(DEVICE_VARIABLE, "")
HERE = devices.choose(ASKED or "auto")
os.environ.setdefault(VARIABLE, "1")
collect_ignore_glob = [] if ASKED or HERE.type != "cpu" else ["test_*.py"]


@pytest.fixture(scope="session")
def device() -> torch.device:
    """The GPU, or the processor where that was asked for by name, to rehearse."""
    return HERE


@pytest.fixture
def cuda(device: torch.device) -> torch.device:
    """For what can be seen on CUDA alone."""
    if device.type != "cuda":
        pytest.skip(f"only CUDA tells; this is {device.type}")
    return device


@pytest.fixture(scope="session")
def count() -> int:
    """How many films are enough."""
    return 6 if os.environ.get(SMALL_VARIABLE) else 32


@pytest.fixture(scope="session")
def dataset(tmp_path_factory: pytest.TempPathFactory) -> Dataset:
    """A folder of films that are learnt in seconds."""
    return progress.run(scan(write_films(tmp_path_factory.mktemp("gpu") / "films", train=12, test=2)))


@pytest.fixture(autouse=True, scope="session")
def _own_cache(tmp_path_factory: pytest.TempPathFactory) -> None:
    """Prepared pixels go to a folder of the test run."""
    os.environ["CXR_CACHE"] = str(tmp_path_factory.mktemp("cache"))


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    """Write how each test ended, with the numbers it recorded, for `python -m tests.gpu`."""
    path = os.environ.get(REPORT_VARIABLE)
    if path is None or not (report.when == "call" or report.outcome != "passed"):
        return
    line = {
        "test": report.nodeid.rpartition("/")[2],
        "outcome": report.outcome,
        "seconds": round(report.duration, 2),
        "numbers": dict(report.user_properties),
        "why": _why(report),
    }
    with Path(path).open("a", encoding="utf-8") as file:
        file.write(json.dumps(line) + "\n")


def _why(report: pytest.TestReport) -> str:
    """What went wrong, or why it was skipped."""
    if report.outcome == "skipped" and isinstance(report.longrepr, tuple):
        return str(report.longrepr[2]).removeprefix("Skipped: ")
    crash = getattr(report.longrepr, "reprcrash", None)
    return "" if crash is None else str(crash.message)
