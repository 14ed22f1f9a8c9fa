"""The window at work for `python -m tests.gpu`: it trains, then sweeps; prints speed and gaps as JSON.

python -m tests.gpu.window DATA [--device auto] [--model paper_cnn] [--epochs 5]
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
from pathlib import Path

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

from PySide6.QtWidgets import QComboBox, QPushButton, QSpinBox

from cxr_gui.core.base import memory
from cxr_gui.core.sweep import SweepResult
from cxr_gui.session.lanes import Lane
from cxr_gui.ui.window.main_window import MainWindow
from tests.benchmarks.heartbeat import Heart, percentile, wait_until
from tests.benchmarks.real_window import open_window
from tests.support.patience import LONG


def choose(window: MainWindow, name: str, value: str) -> None:
    """In a box of the training form, what bears a name."""
    box = next(box for box in window.findChildren(QComboBox) if box.objectName() == name)
    values = [box.itemData(row) for row in range(box.count())]
    box.setCurrentIndex([getattr(one, "name", one) for one in values].index(value))


def trained(window: MainWindow, options: argparse.Namespace, heart: Heart) -> dict[str, object]:
    """Train as a person does, and tell of the last epoch, when all is warm."""
    window.tabs.setCurrentWidget(window.training_tab)
    choose(window, "architectureBox", options.model)
    choose(window, "recipeBox", "paper")
    choose(window, "deviceBox", options.device)
    window.findChild(QSpinBox, "epochsBox").setValue(options.epochs)
    wait_until(window.findChild(QPushButton, "trainButton").isEnabled)
    window.findChild(QPushButton, "trainButton").click()
    wait_until(lambda: window.training_tab.watch.table.rowCount() >= 1)
    heart.clear()
    wait_until(lambda: window.session.run is not None and window.session.job(Lane.TRAINING) is None)
    history = window.session.run.history
    return {
        "epochs": len(history),
        "images_per_second": max(row.images_per_second for row in history),
        "train_p99_ms": percentile(heart.gaps),
        "train_worst_ms": max(heart.gaps),
    }


def swept(window: MainWindow, heart: Heart) -> dict[str, object]:
    found: list[SweepResult] = []
    window.session.sweepChanged.connect(found.append)
    heart.clear()
    window.sweep()
    wait_until(lambda: window.session.job(Lane.SWEEP) is not None)
    wait_until(lambda: bool(found) and window.session.job(Lane.SWEEP) is None)
    return {
        "swept": len(found[-1].labels),
        "sweep_p99_ms": percentile(heart.gaps),
        "sweep_worst_ms": max(heart.gaps),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("data", type=Path)
    parser.add_argument("--device", default="auto")
    parser.add_argument("--model", default="paper_cnn")
    parser.add_argument("--epochs", type=int, default=5)
    options = parser.parse_args()
    memory.settle()
    with tempfile.TemporaryDirectory(prefix="cxr-gui-") as private:
        window = open_window(Path(private))
        wait_until(lambda: window.session.catalog is not None)
        window.open_paths([options.data])
        wait_until(lambda: window.session.dataset is not None)
        heart = Heart()
        told = trained(window, options, heart) | swept(window, heart)
        window.close()
        window.session.close(LONG)
    sys.stdout.write(json.dumps(told) + "\n")


if __name__ == "__main__":
    main()
