"""The real window for a benchmark, with everything it remembers and keeps in a folder of its own."""

from __future__ import annotations

import os
from pathlib import Path

from PySide6.QtCore import QSettings

from cxr_gui.app import create_application, create_window, keep_looks_short
from cxr_gui.ui.window.main_window import MainWindow


def open_window(private: Path) -> MainWindow:
    """At 1280 x 800; caches, settings, runs and the queue go into `private`."""
    os.environ["CXR_CACHE"] = str(private / "cache")
    os.environ["CXR_QUEUE"] = str(private / "queue.json")
    create_application([])
    settings = QSettings(str(private / "settings.ini"), QSettings.Format.IniFormat)
    settings.setValue("training/runs_folder", str(private / "runs"))
    window = create_window(settings)
    keep_looks_short(window)
    window.resize(1280, 800)
    window.show()
    return window
