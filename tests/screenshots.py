"""Takes a picture of each tab of the real window, driven as a person would.

    python tests/screenshots.py FOLDER [--dark] [--size 1280x800] [--data DIR --model CKPT]

Opens the demo study (or DIR with CKPT), trains for a moment (not on DIR), sweeps, inspects.
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
from PySide6.QtWidgets import QPushButton, QSpinBox

from cxr_gui.app import create_application, create_window
from cxr_gui.ui.theme import theme

PATIENCE_MS = 600_000


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
    options = parser.parse_args()
    options.folder.mkdir(parents=True, exist_ok=True)
    width, height = map(int, options.size.split("x"))
    application = create_application([])
    theme().set_mode("dark" if options.dark else "light")
    with tempfile.TemporaryDirectory() as temporary:
        settings = QSettings(str(Path(temporary) / "settings.ini"), QSettings.Format.IniFormat)
        window = create_window(settings)
        theme().set_mode("dark" if options.dark else "light")
        window.resize(width, height)
        window.show()
        session = window.session
        wait_for(
            session.catalogChanged,
            lambda: None if session.catalog is None else session.catalogChanged.emit(0),
        )
        shoot(window, session, options, Path(temporary))
        window.close()
        application.quit()


def shoot(window: object, session: object, options: argparse.Namespace, temporary: Path) -> None:
    if options.data is None:
        wait_for(session.datasetChanged, session.open_demo)
    else:
        wait_for(session.classifierChanged, lambda: session.open_classifier(options.model))
        wait_for(session.datasetChanged, lambda: session.open_dataset(options.data))
    record = next(r for r in session.dataset.of("test") if r.label == session.dataset.classes[1])
    wait_for(session.inspectionChanged, lambda: session.open_image(record.path))
    classifier = session.classifier

    window.tabs.setCurrentIndex(0)
    settle(2000)
    window.grab().save(str(options.folder / "dataset.png"))

    window.tabs.setCurrentIndex(1)
    if options.data is None:
        epochs = window.findChild(QSpinBox, "epochsBox")
        epochs.setValue(3)
        button = window.findChild(QPushButton, "trainButton")
        wait_for(session.runChanged, button.click)
    settle()
    window.grab().save(str(options.folder / "training.png"))

    window.tabs.setCurrentIndex(2)
    session.classifier = classifier
    session.classifierChanged.emit(classifier)
    wait_for(session.sweepChanged, window.findChild(QPushButton, "sweepButton").click)
    settle()
    window.grab().save(str(options.folder / "attack.png"))


if __name__ == "__main__":
    main()
