"""The palette: a few letters find what can be done, Enter does it, Escape gives the focus back."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QDoubleSpinBox, QLineEdit, QTreeWidget, QTreeWidgetItem
from pytestqt.qtbot import QtBot

from cxr_gui.ui.widgets.theme import GRID, theme
from cxr_gui.ui.window.actions import Action, always
from cxr_gui.ui.window.main_window import MainWindow
from cxr_gui.ui.window.palette import NOTHING, SPOKEN, CommandPalette, search_distance

CONTROL = Qt.KeyboardModifier.ControlModifier


@pytest.fixture
def palette(qtbot: QtBot, window: MainWindow) -> CommandPalette:
    """Opened by its key, from a field."""
    window.tabs.setCurrentWidget(window.attack_tab)
    field = window.findChild(QDoubleSpinBox, "epsilonBox")
    field.setFocus()
    qtbot.keyClick(QApplication.focusWidget(), Qt.Key.Key_K, CONTROL)
    found = window.findChild(CommandPalette)
    assert found.isVisible()
    assert found.field.hasFocus()
    return found


def items(palette: CommandPalette) -> list[QTreeWidgetItem]:
    return [palette.list.topLevelItem(row) for row in range(palette.list.topLevelItemCount())]


def titles(palette: CommandPalette) -> list[str]:
    return [item.text(0) for item in items(palette)]


# -- finding -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("sought", "far"),
    [
        ("", 0),
        ("open", 0),
        ("OPEN fold", 0),
        ("folder open", 0),
        ("x-rays", None),
        ("lder", 1),
        ("fldr", 2),
        ("file", 3),
        ("data", 3),
        ("dr", None),
        ("open nothing", None),
    ],
)
def test_words_are_found_by_their_beginning_a_part_or_some_letters(sought: str, far: int | None) -> None:
    action = Action("a", "Open &folder…", always, tip="A dataset of films.", group="File")
    assert search_distance(sought, action) == far


def test_everything_is_listed_what_can_be_done_first(window: MainWindow, palette: CommandPalette) -> None:
    assert sorted(titles(palette)) == sorted(action.title for action in window.all_actions)
    reasons = [action.hindrance() for action in window.all_actions if action.hindrance()]
    assert [item.text(1) for item in items(palette)][-len(reasons) :] == reasons
    assert palette.list.currentItem().text(0) == "Open folder"


def test_a_few_letters_are_enough(qtbot: QtBot, window: MainWindow, palette: CommandPalette) -> None:
    qtbot.keyClicks(palette.field, "drk thm")
    assert titles(palette)[0] == "Dark theme"
    qtbot.keyClick(palette.field, Qt.Key.Key_Return)
    assert theme().mode == "dark"
    window.set_theme("system")
    assert not palette.isVisible()


def test_nothing_found_is_said_and_nothing_is_done(qtbot: QtBot, palette: CommandPalette) -> None:
    qtbot.keyClicks(palette.field, "zzz")
    assert titles(palette) == [NOTHING]
    with qtbot.assertNotEmitted(palette.chosen):
        qtbot.keyClick(palette.field, Qt.Key.Key_Return)
    assert palette.isVisible()


# -- doing ---------------------------------------------------------------------------------------------------


def test_enter_goes_to_the_tab_and_does_it(qtbot: QtBot, opened: MainWindow, palette: CommandPalette) -> None:
    qtbot.keyClicks(palette.field, "search file")
    qtbot.keyClick(palette.field, Qt.Key.Key_Enter)
    assert opened.tabs.currentWidget() is opened.dataset_tab
    assert QApplication.focusWidget() is opened.dataset_tab.filters.search


def test_arrows_choose_and_a_click_does(qtbot: QtBot, window: MainWindow, palette: CommandPalette) -> None:
    qtbot.keyClicks(palette.field, "theme")
    qtbot.keyClick(palette.field, Qt.Key.Key_Down)
    assert palette.list.currentItem().text(0) == titles(palette)[1]
    qtbot.keyClick(palette.field, Qt.Key.Key_Up)
    assert palette.list.currentItem().text(0) == titles(palette)[0]
    place = palette.list.visualItemRect(items(palette)[titles(palette).index("Light theme")]).center()
    qtbot.mouseClick(palette.list.viewport(), Qt.MouseButton.LeftButton, pos=place)
    assert theme().mode == "light"
    window.set_theme("system")
    assert not palette.isVisible()


def test_what_cannot_be_done_says_why_and_is_not_done(qtbot: QtBot, palette: CommandPalette) -> None:
    qtbot.keyClicks(palette.field, "invert")
    item = palette.list.currentItem()
    assert [item.text(column) for column in range(3)] == ["Invert", "Open an X-ray first", "I"]
    assert item.data(0, SPOKEN) == "Invert, cannot be done now: Open an X-ray first, I"
    with qtbot.assertNotEmitted(palette.chosen):
        qtbot.keyClick(palette.field, Qt.Key.Key_Return)
    assert palette.isVisible()


# -- coming and going ----------------------------------------------------------------------------------------


def test_escape_closes_it_and_gives_the_focus_back(
    qtbot: QtBot, window: MainWindow, palette: CommandPalette
) -> None:
    qtbot.keyClicks(palette.field, "inv")
    qtbot.keyClick(palette.field, Qt.Key.Key_Escape)
    assert not palette.isVisible()
    assert QApplication.focusWidget() is window.findChild(QDoubleSpinBox, "epsilonBox")
    window.show_palette()
    assert palette.isVisible()
    assert palette.field.text() == ""
    assert window.findChildren(CommandPalette) == [palette]


def test_its_key_closes_it_too(qtbot: QtBot, window: MainWindow, palette: CommandPalette) -> None:
    qtbot.keyClick(palette.field, Qt.Key.Key_K, CONTROL)
    assert not palette.isVisible()
    assert QApplication.focusWidget() is window.findChild(QDoubleSpinBox, "epsilonBox")


def test_it_goes_when_the_work_goes_on_elsewhere(window: MainWindow, palette: CommandPalette) -> None:
    window.findChild(QDoubleSpinBox, "epsilonBox").setFocus()
    assert not palette.isVisible()
    assert window.findChild(QDoubleSpinBox, "epsilonBox").hasFocus()


def test_it_stays_inside_the_window(window: MainWindow, palette: CommandPalette) -> None:
    window.resize(window.minimumSizeHint())
    assert window.rect().adjusted(GRID, GRID, -GRID, -GRID).contains(palette.geometry())


def test_programs_and_screen_readers_find_their_way(window: MainWindow, palette: CommandPalette) -> None:
    field = window.findChild(QLineEdit, "paletteField")
    assert field is palette.field
    assert field.accessibleName() == "Find an action"
    assert "Escape closes" in field.accessibleDescription()
    assert window.findChild(QTreeWidget, "paletteList").accessibleName() == "Actions"
    assert all(item.data(0, SPOKEN).startswith(item.text(0)) for item in items(palette))
    assert not field.acceptDrops()
