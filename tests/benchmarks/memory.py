"""Whether memory stays flat.

    python -m tests.benchmarks.memory [--images 500] [--sweeps 20] [--trainings 10]

The real window on the demo study inspects images, sweeps and trains for one epoch, as a person would. After
every tenth part of each it prints the process's resident memory, the live Python objects and Qt widgets. What
matters is the growth in the second half: caches are full by then, and freed memory is kept on purpose.
"""

from __future__ import annotations

import argparse
import gc
import os
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

import psutil
from PySide6.QtWidgets import QApplication, QComboBox, QPushButton, QSpinBox

from cxr_gui.core.base import memory
from cxr_gui.session.lanes import Lane
from cxr_gui.ui.window.main_window import MainWindow
from tests.benchmarks.heartbeat import wait_until
from tests.benchmarks.real_window import open_window
from tests.support.patience import LONG

PARTS = 10
MEBIBYTE = 2**20


class Ledger:
    """Does something many times and prints what it takes."""

    def __init__(self) -> None:
        self._process = psutil.Process()

    def keep(self, what: str, times: int, act: Callable[[int], None]) -> None:
        """Call `act` with 0, 1, ...; print a line a tenth, and how much came in the second half."""
        taken: list[float] = []
        for number in range(times):
            act(number)
            if (number + 1) % max(times // PARTS, 1) == 0:
                gc.collect()
                taken.append(self._process.memory_info().rss / MEBIBYTE)
                objects, widgets = len(gc.get_objects()), len(QApplication.allWidgets())
                counted = f"{objects:9,} objects {widgets:5} widgets"
                say(f"{number + 1:5} {what:<18} {taken[-1]:7.0f} MiB {counted}")
        half = taken[len(taken) // 2 - 1] if len(taken) > 1 else taken[0]
        say(f"      {what}: {taken[-1] - half:+.0f} MiB in the second half, most {max(taken):.0f} MiB\n")


def say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def inspect(window: MainWindow, number: int) -> None:
    """Another image at another epsilon, until the attack has answered."""
    session = window.session
    records = session.dataset.records
    before = session.inspection
    session.set_epsilon((1 + number % 20) / 510)
    session.opening.image(records[number % len(records)].path, None)
    wait_until(lambda: session.inspection is not before and session.job(Lane.TRACE) is None)


def sweep(window: MainWindow) -> None:
    window.sweep()
    wait_until(lambda: window.session.job(Lane.SWEEP) is not None)
    job = window.session.job(Lane.SWEEP)
    wait_until(lambda: job.outcome is not None)
    if len(window.attack_tab.sweep.curves()) >= 5:  # as somebody would whose chart is full
        window.session.sweeping.clear()


def train(window: MainWindow) -> None:
    before = window.session.run
    window.tabs.setCurrentWidget(window.training_tab)
    window.findChild(QPushButton, "newRunButton").click()
    window.findChild(QPushButton, "trainButton").click()
    wait_until(lambda: window.session.run is not before and window.session.job(Lane.TRAINING) is None)


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--images", type=int, default=500)
    parser.add_argument("--sweeps", type=int, default=20)
    parser.add_argument("--trainings", type=int, default=10)
    options = parser.parse_args()
    memory.settle()
    with tempfile.TemporaryDirectory(prefix="cxr-gui-") as name:
        private = Path(name)
        window = open_window(private)
        wait_until(lambda: window.session.catalog is not None)
        window.open_demo()
        wait_until(lambda: bool(window.attack_tab.sweep.curves()) and window.session.job(Lane.SWEEP) is None)
        boxes = {box.objectName(): box for box in window.findChildren(QComboBox)}
        boxes["architectureBox"].setCurrentIndex(boxes["architectureBox"].findData("compact_cnn"))
        window.findChild(QSpinBox, "epochsBox").setValue(1)
        ledger = Ledger()
        ledger.keep("images inspected", options.images, lambda number: inspect(window, number))
        ledger.keep("sweeps", options.sweeps, lambda _: sweep(window))
        ledger.keep("trainings", options.trainings, lambda _: train(window))
        window.close()
        window.session.close(LONG)


if __name__ == "__main__":
    main()
