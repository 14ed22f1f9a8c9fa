"""A window with settings of its own, and small folders of films to open in it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import QSettings
from pytestqt.qtbot import QtBot

from cxr_gui.app import create_application, create_window
from cxr_gui.session.session import Session
from cxr_gui.ui.window.main_window import MainWindow
from tests.support.films import film
from tests.support.patience import LONG

Start = Callable[..., MainWindow]

COUNTS = {"train": (6, 10), "test": (3, 5)}
"""split -> films of NORMAL and PNEUMONIA in `folder`"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A dataset of 24 films, split and labelled, with Kermany's names."""
    root = tmp_path / "films"
    number = 0
    for split, (normal, pneumonia) in COUNTS.items():
        for _ in range(normal):
            number += 1
            film(root / split / "NORMAL" / f"IM-{number:04}-0001.jpeg", number)
        for _ in range(pneumonia):
            number += 1
            film(root / split / "PNEUMONIA" / f"person{number}_virus_{number}.jpeg", number)
    return root


@pytest.fixture
def store(tmp_path: Path) -> QSettings:
    return QSettings(str(tmp_path / "settings.ini"), QSettings.Format.IniFormat)


@pytest.fixture
def session(qtbot: QtBot) -> Iterator[Session]:
    """What the tabs share, without a window."""
    create_application()
    session = Session()
    yield session
    assert session.close(LONG)


@pytest.fixture
def started(qtbot: QtBot) -> Iterator[Start]:
    """Makes windows, as `create_window` does; they are closed, with all their work, after the test."""
    windows: list[MainWindow] = []

    def start(store: QSettings, *, fresh: bool = False) -> MainWindow:
        windows.append(create_window(store, fresh=fresh))
        return windows[-1]

    yield start
    for window in windows:
        window.close()
        assert window.session.close(LONG)
        window.deleteLater()


@pytest.fixture
def window(qtbot: QtBot, store: QSettings, started: Start) -> MainWindow:
    """The real window on screen; closed, with all its work, after the test."""
    window = started(store)
    window.resize(1280, 800)
    with qtbot.waitExposed(window):
        window.show()
    return window


@pytest.fixture
def opened(qtbot: QtBot, window: MainWindow, folder: Path) -> MainWindow:
    """The window with `folder` open."""
    with qtbot.waitSignal(window.session.datasetChanged, timeout=LONG):
        window.open_paths([folder])
    return window
