"""No network without being asked: the commands and the window in a process in which every call is an error.

The hook of tests/conftest.py watches the tests' own process; this one is for what only a real start does.
Qt's own network classes, which Python's hooks do not see, are not even imported.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

import cxr_gui
from tests.support.films import write_films
from tests.support.patience import PROGRAM

pytestmark = pytest.mark.long

SCRIPT = """
import os, sys
from pathlib import Path

calls = []
def forbid(event, arguments):
    if event in ("socket.connect", "socket.sendto", "socket.sendmsg", "socket.bind", "urllib.Request"):
        address = arguments[1] if len(arguments) > 1 else arguments[0]
        here = isinstance(address, tuple) and address[0] in ("127.0.0.1", "::1")
        if event == "urllib.Request" or (isinstance(address, tuple) and not here):
            calls.append((event, address))
            raise AssertionError(f"{event}: {address}")
    elif event.startswith(("socket.getaddrinfo", "socket.gethostby", "socket.getnameinfo")):
        calls.append((event, arguments))
        raise AssertionError(f"{event}: {arguments}")
sys.addaudithook(forbid)

from cxr_gui import cli
from cxr_gui.core.study import pipeline
from cxr_gui.core.sweep.trust import searches

films, out = map(Path, sys.argv[1:])
pipeline.DEMO_TRAIN, pipeline.DEMO_TEST, searches.QUERIES = 16, 4, 10
model = out / "study" / "run" / "best.safetensors"
for command in (
    ["study", "--epochs", "1", "--out", out / "study"],
    ["sweep", films, "--model", model, "--eps", "0,0.1", "--out", out / "sweep"],
    ["report", out / "sweep", "--out", out / "report.html"],
    ["predict", next(films.rglob("*.png")), "--model", model],
    ["attack", next(films.rglob("*.png")), "--model", model, "--out", out / "attack"],
):
    try:
        cli.main([str(part) for part in command])
    except SystemExit as end:
        assert not end.code, (command, end.code)

from PySide6.QtCore import QSettings, QTimer
from cxr_gui.app import create_application, create_window
application = create_application([])
window = create_window(QSettings(str(out / "settings.ini"), QSettings.Format.IniFormat))
window.show()
window.session.sweepChanged.connect(lambda _: window.close())
window.session.datasetChanged.connect(lambda _: QTimer.singleShot(0, window.sweep))
QTimer.singleShot(100_000, application.quit)
window.open_paths([films, model])
application.setQuitOnLastWindowClosed(True)
application.exec()
assert window.session.sweeps, window.messages.messages
assert window.session.close(30_000)
assert "PySide6.QtNetwork" not in sys.modules
assert not calls, calls
del window
"""


def test_commands_and_window_call_nobody(tmp_path: Path) -> None:
    films = write_films(tmp_path / "films", train=8, test=4)
    ended = subprocess.run(
        [sys.executable, "-c", SCRIPT, films, tmp_path],
        env={
            **os.environ,
            "CXR_CACHE": str(tmp_path / "cache"),
            "OMP_NUM_THREADS": "1",
            "PYTHONPATH": str(Path(cxr_gui.__file__).resolve().parents[1]),
            "QT_QPA_PLATFORM": "offscreen",
        },
        capture_output=True,
        text=True,
        timeout=PROGRAM / 1000,
        check=False,
    )
    assert ended.returncode == 0, ended.stderr[-3000:]
    for name in (
        "study/report.html",
        "sweep/sweep.json",
        "report.html",
        "attack/result.json",
    ):
        assert (tmp_path / name).is_file(), name
