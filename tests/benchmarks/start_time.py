"""How long a start takes: from the command to the splash screen, to the window, to a film dropped at once, to
the classifier, to that film attacked.

    python tests/benchmarks/start_time.py [--starts 5]

Each start is a process of its own with settings of its own, on the demo study; the first one, which writes
the demo's films and fills the disk cache, is not counted. Prints the median and the worst of each.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
from PIL import Image

STAGES = ("splash screen", "window", "dropped film shown", "classifier there", "film attacked", "sweep done")
FIRST_TOO = 1

CHILD = """
import os, sys, time
began = float(sys.argv[1])
from cxr_gui.core.base import memory
memory.settle()
from cxr_gui import app
from pathlib import Path
from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QApplication

def passed(stage):
    print(f"{stage}\\t{time.time() - began}\\t{'torch' in sys.modules}", flush=True)

make = app.create_window

def create_window(*arguments, **options):
    passed("splash screen")
    window = make(*arguments, **options)
    show = window.showEvent

    def shown(event):
        show(event)
        passed("window")
        QTimer.singleShot(0, lambda: window.open_paths([Path(sys.argv[2])]))

    window.showEvent = shown
    window.session.classifierChanged.connect(lambda _: passed("classifier there"))
    window.session.filmChanged.connect(lambda _: passed("dropped film shown"))
    window.session.inspectionChanged.connect(lambda _: passed("film attacked"))
    window.session.sweepChanged.connect(lambda _: (passed("sweep done"), QApplication.closeAllWindows()))
    return window

app.create_window = create_window
app.run(fresh=True)
"""


def start(home: str, film: Path) -> dict[str, tuple[float, bool]]:
    """One start: stage -> (seconds since the command, whether torch had been imported)."""
    environment = os.environ | {"HOME": home, "XDG_CONFIG_HOME": home, "CXR_CACHE": home}
    environment.setdefault("QT_QPA_PLATFORM", "offscreen")
    root = Path(__file__).parents[2]
    done = subprocess.run(
        [sys.executable, "-c", CHILD, str(time.time()), str(film)],
        env=environment | {"PYTHONPATH": str(root)},
        check=True,
        capture_output=True,
        text=True,
    )
    stages: dict[str, tuple[float, bool]] = {}
    for line in done.stdout.splitlines():
        stage, seconds, torch = line.split("\t")
        stages.setdefault(stage, (float(seconds), torch == "True"))
    return stages


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--starts", type=int, default=5)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as home:
        film = Path(home) / "film.jpeg"
        values = np.random.default_rng(0).integers(0, 256, (1024, 1280), np.uint8)
        Image.fromarray(values).save(film)
        starts = [start(home, film) for _ in range(options.starts + FIRST_TOO)][FIRST_TOO:]
    for stage in STAGES:
        seconds = [found[stage][0] for found in starts]
        torch = "torch imported" if any(found[stage][1] for found in starts) else "before torch"
        sys.stdout.write(
            f"{stage:20} median {statistics.median(seconds):5.2f} s, worst {max(seconds):5.2f} s, {torch}\n"
        )


if __name__ == "__main__":
    main()
