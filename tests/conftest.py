"""Shared by all tests: Qt without a screen, no GPU, no network, a cache of its own, and the real X-rays."""

from __future__ import annotations

import atexit
import gc
import os
import shutil
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
# What is compared to the last bit is the processor's. Programs that a test starts see no GPU either; what is
# true of one is shown in tests/gpu, which has a configuration of its own.
os.environ["CUDA_VISIBLE_DEVICES"] = ""
if "PYTEST_XDIST_WORKER_COUNT" in os.environ:  # the processes share the cores
    share = (os.cpu_count() or 1) // int(os.environ["PYTEST_XDIST_WORKER_COUNT"])
    os.environ.setdefault("OMP_NUM_THREADS", str(max(1, share)))

if os.environ.pop("PYTHONDONTWRITEBYTECODE", ""):  # as in containers: each program would compile PyTorch anew
    os.environ["PYTHONPYCACHEPREFIX"] = sys.pycache_prefix = tempfile.mkdtemp(prefix="bytecode-")
    sys.dont_write_bytecode = False
    atexit.register(shutil.rmtree, sys.pycache_prefix, ignore_errors=True)

import pytest
from PySide6.QtCore import QCoreApplication, QEvent
from PySide6.QtWidgets import QApplication

from tests.support.nursery import Nursery

if sys.platform == "darwin":  # no variable hides Apple's
    import torch

    torch.backends.mps.is_available = lambda: False

pytest_plugins = ["tests.support.open_window"]
"""The window and its folders, which several rooms use."""

MOST_WIDGETS = 250
"""On top of all others, such as menus; a window has a hundred."""

HERE = {"127.0.0.1", "::1", "localhost", "", None}


def no_network(event: str, arguments: tuple[object, ...]) -> None:
    """An audit hook: this machine may be spoken to, others not; not even their names are looked up."""
    if event == "socket.getaddrinfo":
        host = arguments[0]
    elif event in ("socket.connect", "socket.sendto") and isinstance(arguments[1], tuple):
        host = arguments[1][0]
    else:
        return
    if host not in HERE:
        raise AssertionError(f"Nobody asked for the network, and {host!r} was called ({event}).")


sys.addaudithook(no_network)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What takes long begins first, so that no process waits for it at the end."""
    items.sort(key=lambda item: item.get_closest_marker("long") is None)


@pytest.fixture(autouse=True, scope="session")
def _own_cache(tmp_path_factory: pytest.TempPathFactory) -> None:
    """Prepared pixels, thumbnails, the demo study, notes and the queue go to a folder of the test run."""
    os.environ["CXR_CACHE"] = str(tmp_path_factory.mktemp("cache"))
    os.environ["CXR_QUEUE"] = str(tmp_path_factory.mktemp("queue") / "queue.json")
    os.environ["CXR_NOTES"] = str(tmp_path_factory.mktemp("notes") / "notes.sqlite")


@pytest.fixture(autouse=True, scope="module")
def brief_checks() -> Iterator[None]:
    """A sweep's black box asks little; what it finds is asked for in core/sweep/test_trust.py."""
    from cxr_gui.core.sweep.trust import searches

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(searches, "QUERIES", 10)
        yield


@pytest.fixture(autouse=True)
def _few_widgets_left(request: pytest.FixtureRequest) -> Iterator[None]:
    """A closed window's widgets refer to each other, and the program has them left out of what is collected:
    after hundreds of windows a change of theme would take seconds.
    """
    yield
    if "qtbot" in request.fixturenames and len(QApplication.topLevelWidgets()) > MOST_WIDGETS:
        QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
        gc.unfreeze()
        gc.collect()
        gc.freeze()


@pytest.fixture(scope="session")
def nursery(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Nursery]:
    """Runs commands in processes that need not import PyTorch; where it cannot, the test is skipped."""
    if not hasattr(os, "pidfd_open"):
        pytest.skip("forks, and waits with Linux's pidfd")
    with Nursery(tmp_path_factory.mktemp("nursery")) as nursery:
        yield nursery


@pytest.fixture(scope="session")
def real_data() -> Path:
    """The Kermany images, where CXR_DATA points or beside the checkout."""
    beside = Path(__file__).resolve().parents[2] / "shared" / "datasets" / "chest_xray"
    folder = Path(os.environ.get("CXR_DATA", beside))
    if not folder.is_dir():
        pytest.skip(f"the real X-rays are not at {folder}; set CXR_DATA to run this test")
    return folder
