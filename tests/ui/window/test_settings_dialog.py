"""The settings: each counts at once, and none is without effect."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QFileDialog, QPushButton
from pytestqt.qtbot import QtBot

from cxr_gui.ui.attack.viewer.mouse import MouseDialog
from cxr_gui.ui.widgets.theme import theme
from cxr_gui.ui.window.hints import SLIDER
from cxr_gui.ui.window.main_window import MainWindow
from cxr_gui.ui.window.settings_dialog import SettingsDialog
from tests.support.hands import shown_message


@pytest.fixture
def dialog(window: MainWindow) -> SettingsDialog:
    window.settings.remember_folder("somewhere")
    window.settings.hints_done = 4
    window.findChild(QAction, "settingsAction").trigger()
    found = window.findChild(SettingsDialog)
    assert found is not None
    assert found.isVisible()
    return found


def test_the_theme_counts_at_once(window: MainWindow, dialog: SettingsDialog) -> None:
    dialog.theme_box.setCurrentIndex(dialog.theme_box.findData("dark"))
    assert theme().palette.dark
    assert window.settings.theme == "dark"
    dialog.theme_box.setCurrentIndex(dialog.theme_box.findData("system"))


def test_the_mouse_buttons_are_set_in_their_own_dialog(dialog: SettingsDialog) -> None:
    dialog.findChild(QPushButton, "mouseSettingsButton").click()
    assert dialog.findChild(MouseDialog).isVisible()


def test_the_folder_for_downloads_is_kept(
    window: MainWindow, dialog: SettingsDialog, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(QFileDialog, "getExistingDirectory", lambda *_: str(tmp_path))
    dialog.findChild(QPushButton, "downloadPlaceButton").click()
    assert window.settings.download_folder == str(tmp_path)
    assert dialog.folder.text() == str(tmp_path)


def test_what_was_opened_lately_is_forgotten(window: MainWindow, dialog: SettingsDialog) -> None:
    assert window.settings.recent == ["somewhere"]
    dialog.forget.click()
    assert window.settings.recent == []
    assert not dialog.forget.isEnabled()


def test_hints_are_shown_again(qtbot: QtBot, window: MainWindow, dialog: SettingsDialog) -> None:
    dialog.hints.click()
    assert shown_message(window) == SLIDER
    assert not dialog.hints.isEnabled()
