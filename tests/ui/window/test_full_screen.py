"""A true full screen: nothing but the page, and the keys go on working."""

from __future__ import annotations

from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from cxr_gui.ui.window.main_window import MainWindow


def framed(window: MainWindow) -> list[bool]:
    bar = window.menuBar()
    return [bar.height() > 0, window.tabs.tabBar().isVisible(), window.statusBar().isVisible()]


def test_f11_gives_the_page_the_screen_and_escape_takes_it_back(qtbot: QtBot, window: MainWindow) -> None:
    assert framed(window) == [True] * 3
    qtbot.keyClick(window, Qt.Key.Key_F11)
    assert window.isFullScreen()
    qtbot.waitUntil(lambda: framed(window) == [False] * 3)
    qtbot.keyClick(window, "2", Qt.KeyboardModifier.ControlModifier)
    assert window.tabs.currentWidget() is window.training_tab, "a menu's keys count without its bar"
    qtbot.keyClick(window, Qt.Key.Key_Escape)
    assert not window.isFullScreen()
    qtbot.waitUntil(lambda: framed(window) == [True] * 3)
    qtbot.keyClick(window, Qt.Key.Key_F11)
    qtbot.keyClick(window, Qt.Key.Key_F11)
    assert not window.isFullScreen()


def test_the_frame_follows_a_full_screen_that_the_desktop_made(qtbot: QtBot, window: MainWindow) -> None:
    window.showFullScreen()
    qtbot.waitUntil(lambda: framed(window) == [False] * 3)
    window.showNormal()
    qtbot.waitUntil(lambda: framed(window) == [True] * 3)
