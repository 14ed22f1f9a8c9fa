"""Settings reach their file soon, whole, and without the window waiting for the disk."""

from __future__ import annotations

import os
import threading
from pathlib import Path

import pytest
from PySide6.QtCore import QSettings
from pytestqt.qtbot import QtBot

from cxr_gui.core.base import files
from cxr_gui.ui.widgets import settings_file
from cxr_gui.ui.widgets.settings import Settings
from cxr_gui.ui.widgets.settings_file import SettingsFile
from cxr_gui.ui.window.main_window import MainWindow
from tests.support.patience import SOON

INI = QSettings.Format.IniFormat


@pytest.fixture(autouse=True)
def _soon(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody drags a slider here."""
    monkeypatch.setattr(settings_file, "QUIET", 50)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "kept" / "settings.ini"


def settings_in(file: Path) -> Settings:
    return Settings(QSettings(str(file), INI))


def read(file: Path, folder: Path) -> QSettings:
    """What the file holds: of a copy, for in one process Qt gives everybody what is in memory."""
    copy = folder / f"copy-{os.urandom(4).hex()}.ini"
    copy.write_bytes(file.read_bytes() if file.exists() else b"")
    return QSettings(str(copy), INI)


def test_what_is_chosen_is_in_the_file_without_anybody_closing(
    qtbot: QtBot, file: Path, tmp_path: Path
) -> None:
    settings = settings_in(file)
    settings.theme, settings.geometry = "dark", b"\x00\xff"
    settings.remember_folder("/a, b")
    qtbot.waitUntil(lambda: read(file, tmp_path).value("window/theme") == "dark", timeout=SOON)
    stored = Settings(read(file, tmp_path))
    assert (stored.theme, stored.geometry, stored.recent) == ("dark", b"\x00\xff", ["/a, b"])
    assert [entry.name for entry in file.parent.iterdir()] == ["settings.ini"]


def test_a_value_that_only_the_file_has_stays(qtbot: QtBot, file: Path, tmp_path: Path) -> None:
    settings = settings_in(file)
    settings.theme = "dark"
    qtbot.waitUntil(file.exists, timeout=SOON)
    file.write_text(file.read_text().replace("dark", "light") + "[files]\nlast_folder=/of another window\n")
    settings.tab = "attackTab"
    qtbot.waitUntil(lambda: read(file, tmp_path).value("window/tab") == "attackTab", timeout=SOON)
    assert read(file, tmp_path).value("files/last_folder") == "/of another window"


@pytest.mark.skipif(os.name == "nt", reason="links need rights there")
def test_a_file_that_is_a_link_stays_one(qtbot: QtBot, file: Path, tmp_path: Path) -> None:
    kept = tmp_path / "elsewhere.ini"
    kept.write_text("[window]\ntheme=light\n")
    file.parent.mkdir()
    file.symlink_to(kept)
    settings_in(file).theme = "dark"
    qtbot.waitUntil(lambda: "theme=dark" in kept.read_text(), timeout=SOON)
    assert file.is_symlink()


def test_a_slow_disk_keeps_nobody_waiting(
    qtbot: QtBot, file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    reached, go_on = threading.Event(), threading.Event()

    def slow(_: int) -> None:
        reached.set()
        assert go_on.wait(SOON / 1000)

    monkeypatch.setattr(files.os, "fsync", slow)
    settings = settings_in(file)
    settings.theme = "dark"
    qtbot.waitUntil(reached.is_set, timeout=SOON)
    settings.theme = "light"  # while the disk is still at it
    assert settings.theme == "light"
    assert not file.exists()
    go_on.set()
    settings.store.sync()
    assert read(file, tmp_path).value("window/theme") == "light"


def test_the_window_says_once_that_nothing_is_remembered(
    qtbot: QtBot, window: MainWindow, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(files.os, "fsync", full)
    told: list[str] = []
    window.session.messageRaised.connect(lambda message: told.append(message.text))
    for mode in ("dark", "light"):
        window.settings.theme = mode
        with qtbot.waitSignal(window.settings.store.failed, timeout=SOON):
            pass
    [remembered] = [text for text in told if "remembered" in text]  # others cannot write, either
    assert "No space left on device" in remembered
    assert remembered in [message.text for message in window.messages.messages]
    assert window.settings.theme == "light"


def test_settings_that_are_no_file_are_left_to_qt(qtbot: QtBot) -> None:
    store = SettingsFile(QSettings("", QSettings.Format.InvalidFormat))
    with qtbot.assertNotEmitted(store.failed, wait=500):
        store.set_value("window/theme", "dark")
    store.sync()
