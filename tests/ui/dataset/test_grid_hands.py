"""The grid of the real window under hands: mouse and keyboard select, the menu opens, patients are shown."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtCore import QPoint, Qt, QUrl
from PySide6.QtGui import QContextMenuEvent, QDesktopServices, QGuiApplication
from PySide6.QtWidgets import QApplication, QComboBox, QMenu, QPushButton, QWidget
from pytestqt.qtbot import QtBot

from cxr_gui.ui.dataset.model import RECORD
from cxr_gui.ui.window.main_window import MainWindow
from tests.support.films import film
from tests.support.patience import LONG
from tests.support.tiles import grid

LEFT, SHIFT, CONTROL = (
    Qt.MouseButton.LeftButton,
    Qt.KeyboardModifier.ShiftModifier,
    Qt.KeyboardModifier.ControlModifier,
)
NONE = Qt.KeyboardModifier.NoModifier


def selected(window: MainWindow) -> list[int]:
    return sorted(index.row() for index in grid(window).selectedIndexes())


def centre(window: MainWindow, row: int) -> QPoint:
    view = grid(window)
    return view.visualRect(view.model().index(row, 0)).center()


def click(
    qtbot: QtBot, window: MainWindow, row: int, modifier: Qt.KeyboardModifier = Qt.KeyboardModifier.NoModifier
) -> None:
    qtbot.mouseClick(grid(window).viewport(), LEFT, modifier, centre(window, row))


def patients(window: MainWindow) -> list[str | None]:
    model = grid(window).model()
    return [model.index(row, 0).data(RECORD).patient for row in range(model.rowCount())]


def open_menu(qtbot: QtBot, receiver: QWidget, event: QContextMenuEvent) -> QMenu:
    """The menu that the event opens, sent as the window system would."""
    QApplication.sendEvent(receiver, event)
    qtbot.waitUntil(lambda: isinstance(QApplication.activePopupWidget(), QMenu))
    menu = QApplication.activePopupWidget()
    assert isinstance(menu, QMenu)
    return menu


def right_click(qtbot: QtBot, window: MainWindow, row: int) -> QMenu:
    place = centre(window, row)
    over = grid(window).viewport().mapToGlobal(place)
    event = QContextMenuEvent(QContextMenuEvent.Reason.Mouse, place, over)
    return open_menu(qtbot, grid(window).viewport(), event)


def press(qtbot: QtBot, menu: QMenu, words: str) -> None:
    """Click on an entry, as a hand does."""
    action = next(action for action in menu.actions() if action.text() == words)
    qtbot.mouseClick(menu, LEFT, pos=menu.actionGeometry(action).center())


# -- selecting -----------------------------------------------------------------------------------------------


def test_clicks_select_one_some_and_a_block(qtbot: QtBot, opened: MainWindow) -> None:
    click(qtbot, opened, 2)
    assert selected(opened) == [2]
    click(qtbot, opened, 4, CONTROL)
    assert selected(opened) == [2, 4]
    click(qtbot, opened, 2, CONTROL)
    assert selected(opened) == [4]
    click(qtbot, opened, 1)
    click(qtbot, opened, 3, SHIFT)
    assert selected(opened) == [1, 2, 3]
    click(qtbot, opened, 0)
    assert selected(opened) == [0]


def test_a_click_beside_the_cells_selects_nothing(qtbot: QtBot, opened: MainWindow) -> None:
    click(qtbot, opened, 0)
    view = grid(opened)
    choose(opened, "splitFilter", "Test")
    click(qtbot, opened, 0)
    beside = centre(opened, 7) + QPoint(view.cell.width(), 0)
    assert view.viewport().rect().contains(beside)
    qtbot.mouseClick(view.viewport(), LEFT, NONE, beside)
    assert selected(opened) == []


def choose(window: MainWindow, box: str, text: str) -> None:
    found = window.findChild(QComboBox, box)
    found.setCurrentIndex(next(n for n in range(found.count()) if found.itemText(n).startswith(text)))


def test_the_keyboard_selects_one_a_block_and_all(qtbot: QtBot, opened: MainWindow) -> None:
    view = grid(opened)
    view.setFocus()
    qtbot.keyClick(view, Qt.Key.Key_Home)
    for _ in range(2):
        qtbot.keyClick(view, Qt.Key.Key_Right)
    assert selected(opened) == [2]
    qtbot.keyClick(view, Qt.Key.Key_Right, SHIFT)
    assert selected(opened) == [2, 3]
    qtbot.keyClick(view, Qt.Key.Key_A, CONTROL)
    assert selected(opened) == list(range(24))
    qtbot.keyClick(view, Qt.Key.Key_Home)
    assert selected(opened) == [0]


def test_space_adds_the_cell_that_control_moved_to(qtbot: QtBot, opened: MainWindow) -> None:
    view = grid(opened)
    click(qtbot, opened, 0)
    view.setFocus()
    for _ in range(2):
        qtbot.keyClick(view, Qt.Key.Key_Right, CONTROL)
    assert selected(opened) == [0]
    assert view.currentIndex().row() == 2
    qtbot.keyClick(view, Qt.Key.Key_Space, CONTROL)
    assert selected(opened) == [0, 2]


# -- the menu ------------------------------------------------------------------------------------------------


def test_a_right_click_opens_the_menu_and_copies_what_is_selected(qtbot: QtBot, opened: MainWindow) -> None:
    click(qtbot, opened, 1)
    click(qtbot, opened, 3, CONTROL)
    menu = right_click(qtbot, opened, 3)
    words = [action.text() for action in menu.actions() if not action.isSeparator()]
    assert words == [
        "Inspect",
        "Show this patient's images",
        "Flag",
        "Flag and note…",
        "Exclude from training",
        "Copy path",
        "Save the list…",
        "Open containing folder",
    ]
    press(qtbot, menu, "Copy path")
    model = opened.dataset_tab.model
    assert QGuiApplication.clipboard().text().splitlines() == [model.record(row).path for row in (1, 3)]
    qtbot.waitUntil(lambda: QApplication.activePopupWidget() is None)


def test_a_right_click_beside_the_selection_is_about_that_one(qtbot: QtBot, opened: MainWindow) -> None:
    click(qtbot, opened, 1)
    menu = right_click(qtbot, opened, 4)
    press(qtbot, menu, "Copy path")
    assert QGuiApplication.clipboard().text() == opened.dataset_tab.model.record(4).path


def test_the_menu_opens_the_folder_of_the_file(
    qtbot: QtBot, opened: MainWindow, monkeypatch: pytest.MonkeyPatch
) -> None:
    shown: list[QUrl] = []
    monkeypatch.setattr(QDesktopServices, "openUrl", shown.append)
    press(qtbot, right_click(qtbot, opened, 2), "Open containing folder")
    expected = Path(opened.dataset_tab.model.record(2).path).parent
    assert [Path(url.toLocalFile()) for url in shown] == [expected]


def test_the_menu_sends_to_the_inspector(qtbot: QtBot, opened: MainWindow) -> None:
    path = opened.dataset_tab.model.record(5).path
    menu = right_click(qtbot, opened, 5)
    with qtbot.waitSignal(
        opened.session.filmChanged,
        timeout=LONG,
        check_params_cb=lambda film: str(film.path) == path,
    ):
        press(qtbot, menu, "Inspect")
    assert opened.tabs.currentWidget() is opened.attack_tab


def test_the_menu_key_opens_it_for_the_current_cell(qtbot: QtBot, opened: MainWindow) -> None:
    """Qt asks where the cursor is and puts the request there; it goes to what has the focus."""
    choose(opened, "splitFilter", "Train")
    view = grid(opened)
    view.setFocus()
    click(qtbot, opened, 0)
    qtbot.keyClick(view, Qt.Key.Key_Right)
    place = view.inputMethodQuery(Qt.InputMethodQuery.ImCursorRectangle).center()
    event = QContextMenuEvent(QContextMenuEvent.Reason.Keyboard, place, view.mapToGlobal(place))
    menu = open_menu(qtbot, view, event)
    press(qtbot, menu, "Exclude from training")
    assert opened.session.excluded == {opened.dataset_tab.model.record(1).path}


# -- patients ------------------------------------------------------------------------------------------------


def test_the_menu_shows_all_images_of_a_patient(qtbot: QtBot, window: MainWindow, folder: Path) -> None:
    film(folder / "test" / "PNEUMONIA" / "person7_virus_70.jpeg", 70)
    with qtbot.waitSignal(window.session.datasetChanged, timeout=LONG):
        window.open_paths([folder])
    choose(window, "splitFilter", "Train")
    row = patients(window).index("person7")
    press(qtbot, right_click(qtbot, window, row), "Show this patient's images")
    assert patients(window) == ["person7", "person7"]
    assert window.findChild(QComboBox, "splitFilter").currentText() == "All splits"
    assert window.findChild(QPushButton, "findingFilter").text() == "Patient person7"


def test_where_no_patient_is_known_the_menu_and_the_button_say_so(
    qtbot: QtBot, window: MainWindow, tmp_path: Path
) -> None:
    for number, name in enumerate(("NORMAL/a.png", "PNEUMONIA/b.png")):
        film(tmp_path / "nameless" / name, number)
    with qtbot.waitSignal(window.session.datasetChanged, timeout=LONG):
        window.open_paths([tmp_path / "nameless"])
    button = window.findChild(QPushButton, "groupByPatientButton")
    assert not button.isEnabled()
    assert "whose" in button.toolTip()
    menu = right_click(qtbot, window, 0)
    action = next(action for action in menu.actions() if "patient" in action.text())
    assert (action.isEnabled(), "not known" in action.text()) == (False, True)
    menu.close()


def test_grouping_is_by_the_keyboard_too(qtbot: QtBot, opened: MainWindow) -> None:
    button = opened.findChild(QPushButton, "groupByPatientButton")
    button.setFocus()
    qtbot.keyClick(button, Qt.Key.Key_Space)
    assert opened.dataset_tab.model.arrangement.by_patient
