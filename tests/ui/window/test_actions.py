"""The catalogue of actions: each declared once, and true wherever it is told."""

from __future__ import annotations

from dataclasses import FrozenInstanceError
from pathlib import Path

import pytest
from PySide6.QtCore import QEvent, Qt
from PySide6.QtGui import QAction, QGuiApplication, QKeyEvent, QKeySequence
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractButton, QApplication, QLabel, QMenu, QWidget
from pytestqt.qtbot import QtBot

from cxr_gui.ui.widgets.theme import theme
from cxr_gui.ui.window.actions import Action
from cxr_gui.ui.window.catalogue import MENUS
from cxr_gui.ui.window.main_window import MainWindow
from cxr_gui.ui.window.shortcuts import ShortcutSheet


def named(window: MainWindow, name: str) -> Action:
    return next(action for action in window.all_actions if action.id == name)


def test_every_action_is_declared_once_and_is_not_changed(window: MainWindow) -> None:
    names = [action.id for action in window.all_actions]
    assert sorted(set(names)) == sorted(names)
    assert all(action.title and action.group for action in window.all_actions)
    with pytest.raises(FrozenInstanceError):
        window.all_actions[0].words = "Something else"  # type: ignore[misc]


def test_the_menus_have_every_action_of_theirs_and_no_other(window: MainWindow) -> None:
    for title in MENUS:
        menu = window.findChild(QMenu, f"{title.lower()}Menu")
        entries = [entry for entry in menu.actions() if not entry.isSeparator() and entry.menu() is None]
        ours = [action for action in window.all_actions if action.group == title]
        assert [entry.objectName() for entry in entries] == [action.id for action in ours]
        assert [entry.shortcuts() for entry in entries] == [action.sequences for action in ours]
        letters = [entry.text().partition("&")[2][:1].lower() for entry in menu.actions() if entry.text()]
        given = [letter for letter in letters if letter]
        assert sorted(set(given)) == sorted(given)


def test_the_sheet_has_every_key(window: MainWindow) -> None:
    sheet = ShortcutSheet(window.all_actions, window.attack_tab.views.look, window)
    words = {label.text() for label in sheet.findChildren(QLabel)}
    told = [action for action in window.all_actions if action.told]
    assert len(told) > 25
    assert {text for action in told for text in (action.told, action.title)} <= words


def test_tool_tips_and_entries_tell_the_key_of_what_they_do(window: MainWindow) -> None:
    told = [action for action in window.all_actions if action.told and action.control is not None]
    assert len(told) > 15
    for action in told:
        if isinstance(action.control, QWidget):
            assert action.control.toolTip().endswith(f"({action.told})")
        else:
            assert isinstance(action.control, QAction)
            assert action.control.text().endswith(f"\t{action.told}")


def test_whatever_cannot_be_done_says_why(window: MainWindow) -> None:
    hindered = {action.title: action.hindrance() for action in window.all_actions if action.hindrance()}
    assert hindered["Invert"] == "Open an X-ray first"
    assert hindered["Read the folder again"] == "Open a folder first"
    assert hindered["Undo"] == "Nothing was excluded, flagged or noted"
    assert hindered["Exclude from training"] == "Select images of the dataset first"
    assert hindered["Pause the training or go on"] == "Nothing is being trained"
    assert "Open folder" not in hindered


def test_what_is_open_can_be_worked_on(qtbot: QtBot, opened: MainWindow, folder: Path) -> None:
    with qtbot.waitSignal(opened.session.filmChanged, timeout=60_000):
        opened.open_paths([next(folder.rglob("test/*/*.jpeg"))])
    for name in ("invertButton", "rescanAction", "searchAction", "copyViewsEditAction", "histogramAction"):
        assert named(opened, name).hindrance() == ""
    opened.dataset_tab.grid.selectAll()
    named(opened, "copyPathsAction").do()
    assert QGuiApplication.clipboard().text().count("\n") == 23


def test_the_views_take_every_key_that_is_theirs(window: MainWindow) -> None:
    own = [action for action in window.all_actions if action.page is window.attack_tab and action.keys]
    assert {"I", "1", "5", "E"} <= {action.told for action in own}
    for action in own:
        (sequence,) = action.sequences
        event = QKeyEvent(QEvent.Type.KeyPress, sequence[0].key(), Qt.KeyboardModifier.NoModifier)
        window.attack_tab.views.keyPressEvent(event)
        assert event.isAccepted(), action.title


@pytest.mark.parametrize("name", ["invertButton", "histogramAction", "swipeButton", "otherLensAction"])
def test_an_action_takes_back_what_its_key_did(window: MainWindow, name: str) -> None:
    views, action = window.attack_tab.views, named(window, name)

    def state() -> tuple[object, ...]:
        return views.look.inverted, views.look.histogram, views.comparison

    before = state()
    QTest.keyClick(views, action.sequences[0][0].key())
    assert state() != before
    action.do()
    assert state() == before


def test_keys_of_a_tab_count_there_alone(qtbot: QtBot, opened: MainWindow) -> None:
    opened.tabs.setCurrentWidget(opened.training_tab)
    field = opened.dataset_tab.filters.search
    qtbot.keyClick(opened.tabs.tabBar(), Qt.Key.Key_F, Qt.KeyboardModifier.ControlModifier)
    assert QApplication.focusWidget() is not field
    opened.tabs.setCurrentWidget(opened.dataset_tab)
    opened.dataset_tab.grid.setFocus()
    qtbot.keyClick(opened.dataset_tab.grid, Qt.Key.Key_F, Qt.KeyboardModifier.ControlModifier)
    assert QApplication.focusWidget() is field


def test_the_menu_ticks_the_theme_that_holds(window: MainWindow) -> None:
    menu = window.findChild(QMenu, "viewMenu")
    for mode in ("dark", "light", "system"):
        named(window, f"{mode}ThemeAction").do()
        menu.aboutToShow.emit()
        ticked = [entry.objectName() for entry in menu.actions() if entry.isChecked()]
        assert ticked == [f"{mode}ThemeAction"]
    assert theme().mode == "system"


def test_icons_alone_have_a_name_without_a_key(window: MainWindow) -> None:
    assert window.findChild(QAbstractButton, "invertButton").accessibleName() == "Invert: black is white"
    assert QKeySequence("I").toString() == named(window, "invertButton").told


def test_the_view_menu_has_what_the_views_of_a_film_can_do(
    qtbot: QtBot, window: MainWindow, folder: Path
) -> None:
    menu = window.findChild(QMenu, "filmMenu")
    assert menu.parent() is window.findChild(QMenu, "viewMenu")
    menu.aboutToShow.emit()
    entries = {entry.text().partition("\t")[0]: entry for entry in menu.actions()}
    assert entries["Invert"].text() == "Invert\tI"
    assert not entries["Invert"].isEnabled()
    assert entries["Invert"].toolTip() == "Open an X-ray first"
    with qtbot.waitSignal(window.session.filmChanged, timeout=60_000):
        window.open_paths([next(folder.rglob("test/*/*.jpeg"))])
    window.tabs.setCurrentWidget(window.dataset_tab)
    menu.aboutToShow.emit()
    entries["Invert"].trigger()
    assert window.tabs.currentWidget() is window.attack_tab
    assert window.attack_tab.views.look.inverted
    menu.aboutToShow.emit()
    assert entries["Invert"].isChecked()
    assert entries["Invert"].isEnabled()
