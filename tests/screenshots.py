"""Takes an image of each tab and dialog of the real window, driven as a person would.

    python tests/screenshots.py FOLDER [--dark] [--size 1280x800] [--data DIR --model CKPT] [--certify]

Opens the demo study (or DIR with CKPT), sweeps, inspects, and trains on a larger demo dataset (not on DIR).
QT_SCALE_FACTOR=2 draws all of it as a fine screen would.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

from PySide6.QtCore import QEventLoop, QSettings, QTimer, SignalInstance
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QCheckBox, QComboBox, QDialog, QDoubleSpinBox, QPushButton, QSpinBox

from cxr_gui.app import create_application, create_window
from cxr_gui.core.base import progress
from cxr_gui.core.demo.folder import write_demo
from cxr_gui.ui.widgets.theme import theme
from cxr_gui.ui.window.main_window import MainWindow

PATIENCE_MS = 600_000
DIALOGS = ("queue", "settings", "filmFacts", "shortcuts", "guide", "about", "download", "exportImage")


def wait_for(signal: SignalInstance, act: Callable[[], object]) -> None:
    """Do something and run the event loop until `signal`."""
    loop = QEventLoop()
    signal.connect(loop.quit)
    deadline = QTimer(singleShot=True, interval=PATIENCE_MS)
    deadline.timeout.connect(lambda: sys.exit("waited in vain"))
    deadline.start()
    act()
    loop.exec()
    deadline.stop()


def settle(milliseconds: int = 800) -> None:
    """Let thumbnails arrive and plots redraw."""
    loop = QEventLoop()
    QTimer.singleShot(milliseconds, loop.quit)
    loop.exec()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--dark", action="store_true")
    parser.add_argument("--size", default="1280x800")
    parser.add_argument("--data", type=Path)
    parser.add_argument("--model", type=Path)
    parser.add_argument("--certify", action="store_true", help="look for certified radii too")
    options = parser.parse_args()
    options.folder.mkdir(parents=True, exist_ok=True)
    width, height = map(int, options.size.split("x"))
    application = create_application([])
    with tempfile.TemporaryDirectory(prefix="cxr-gui-") as temporary:
        folder = Path(temporary)
        os.environ["HOME"] = os.environ["CXR_CACHE"] = str(folder)  # so that nobody's own folders are shown
        application = create_application([])
        settings = QSettings(str(folder / "settings.ini"), QSettings.Format.IniFormat)
        window = create_window(settings)
        theme().set_mode("dark" if options.dark else "light")
        window.resize(width, height)
        wait_for(window.session.catalogChanged, window.show)
        shoot(window, options)
        window.close()
        application.quit()


def shoot(window: MainWindow, options: argparse.Namespace) -> None:
    """One image a tab."""
    session = window.session
    if options.data is None:
        wait_for(session.sweepChanged, window.open_demo)
    else:
        wait_for(session.classifierChanged, lambda: session.opening.classifier(options.model))
        wait_for(session.datasetChanged, lambda: session.opening.dataset(options.data))
        window.findChild(QCheckBox, "certifyToggle").setChecked(options.certify)
        wait_for(session.sweepChanged, window.sweep)
    settle()
    window.grab().save(str(options.folder / "attack.png"))

    window.tabs.setCurrentWidget(window.dataset_tab)
    settle(2000)
    window.grab().save(str(options.folder / "dataset.png"))

    window.tabs.setCurrentWidget(window.training_tab)
    if options.data is None:
        folder = progress.run(write_demo(Path(os.environ["CXR_CACHE"]) / "larger", train=480, test=16))
        wait_for(session.datasetChanged, lambda: session.opening.dataset(folder))
        architecture = window.findChild(QComboBox, "architectureBox")
        architecture.setCurrentIndex(architecture.findText("Compact CNN"))
        recipe = window.findChild(QComboBox, "recipeBox")
        recipe.setCurrentIndex(recipe.findText("balanced"))
        window.findChild(QSpinBox, "epochsBox").setValue(8)
        window.findChild(QDoubleSpinBox, "learningRateBox").setValue(0.003)
        wait_for(session.runChanged, window.findChild(QPushButton, "trainButton").click)
    settle()
    window.grab().save(str(options.folder / "training.png"))

    window.tabs.setCurrentWidget(window.runs_tab)
    settle(2000)
    window.grab().save(str(options.folder / "runs.png"))
    shoot_dialogs(window, options.folder)


def shoot_dialogs(window: MainWindow, folder: Path) -> None:
    """One image of whatever opens from a menu without asking for a file."""
    for name in DIALOGS:
        window.findChild(QAction, f"{name}Action").trigger()
        settle()
        for dialog in window.findChildren(QDialog):
            if dialog.isVisible():
                dialog.grab().save(str(folder / f"{name}.png"))
                dialog.close()


if __name__ == "__main__":
    main()
