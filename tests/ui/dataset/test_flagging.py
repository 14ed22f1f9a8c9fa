"""Flags and notes through the window: by menu, key and dialog, in grid and inspector, undone and exported."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QAction
from PySide6.QtWidgets import (
    QComboBox,
    QFileDialog,
    QLineEdit,
    QMenu,
    QPlainTextEdit,
    QPushButton,
    QToolButton,
)
from pytestqt.qtbot import QtBot

from cxr_gui.core.data.notes import Note, read_notes
from cxr_gui.ui.dataset.flagging import NoteDialog
from cxr_gui.ui.dataset.model import NOTE, RECORD
from cxr_gui.ui.window.main_window import MainWindow
from tests.support.patience import LONG
from tests.support.tiles import grid


@pytest.fixture(autouse=True)
def kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    file = tmp_path / "notes.sqlite"
    monkeypatch.setenv("CXR_NOTES", str(file))
    return file


def shown(window: MainWindow) -> list[str]:
    model = grid(window).model()
    return [model.index(row, 0).data(RECORD).path for row in range(model.rowCount())]


def select(window: MainWindow, *rows: int) -> list[str]:
    view = grid(window)
    selection = view.selectionModel()
    view.setCurrentIndex(view.model().index(rows[0], 0))
    for row in rows:
        selection.select(view.model().index(row, 0), selection.SelectionFlag.Select)
    view.setFocus()
    return [shown(window)[row] for row in rows]


def flag(window: MainWindow, words: str, *rows: int) -> list[str]:
    """Through the context menu of the first of these rows."""
    paths = select(window, *rows)
    entry(window, rows[0], words).trigger()
    return paths


def entry(window: MainWindow, row: int, words: str) -> QAction:
    menu = window.dataset_tab.context_menu(grid(window).model().index(row, 0))
    flags = menu.findChild(QMenu, "flagMenu")
    return next(action for action in flags.actions() if action.text() == words)


def dialog(window: MainWindow) -> NoteDialog:
    """The one that the key opens."""
    window.activateWindow()
    window.findChild(QAction, "noteAction").trigger()
    found = [each for each in window.findChildren(NoteDialog) if each.isVisible()]
    assert len(found) == 1
    return found[0]


def write(qtbot: QtBot, asked: NoteDialog, words: str, choice: str = "") -> None:
    if choice:
        asked.findChild(QComboBox, "flagBox").setCurrentText(choice)
    qtbot.keyClicks(asked.findChild(QPlainTextEdit), words)
    save = next(each for each in asked.findChildren(QPushButton) if "Save" in each.text())
    qtbot.mouseClick(save, Qt.MouseButton.LeftButton)


def choose(window: MainWindow, name: str, data: object) -> None:
    box = window.findChild(QComboBox, name)
    assert box.findData(data) >= 0
    box.setCurrentIndex(box.findData(data))


def test_a_flag_is_set_shown_undone_and_kept(qtbot: QtBot, opened: MainWindow, kept: Path) -> None:
    undo, redo = opened.findChild(QAction, "undoAction"), opened.findChild(QAction, "redoAction")
    assert not opened.findChild(QComboBox, "markFilter").isVisible()
    paths = flag(opened, "Wrong label", 1, 3)
    assert opened.session.notes == dict.fromkeys(paths, Note("wrong label"))
    model = grid(opened).model()
    assert [row for row in range(24) if model.index(row, 0).data(NOTE)] == [1, 3]
    for role in (Qt.ItemDataRole.ToolTipRole, Qt.ItemDataRole.AccessibleTextRole):
        assert "flagged: wrong label" in model.index(1, 0).data(role)
    assert entry(opened, 1, "Wrong label").isChecked()
    assert not entry(opened, 1, "Bad film").isChecked()
    assert undo.text().endswith("Flag 2 films")
    undo.trigger()
    assert not opened.session.notes
    redo.trigger()
    entry(opened, 3, "Wrong label").trigger()  # both are selected still: taken back
    assert not opened.session.notes
    undo.trigger()
    qtbot.waitUntil(lambda: read_notes(kept) == dict.fromkeys(paths, Note("wrong label")), timeout=LONG)


def test_the_mark_is_painted_on_the_film(opened: MainWindow) -> None:
    view = grid(opened)
    before = view.grab().toImage()
    flag(opened, "Bad film", 2)
    view.selectionModel().clear()
    cell = view.visualRect(view.model().index(2, 0))
    after = view.grab().toImage()
    assert after.copy(cell) != before.copy(cell)


def test_flags_can_be_filtered_sorted_and_searched(qtbot: QtBot, opened: MainWindow) -> None:
    everything = shown(opened)
    (bad,) = flag(opened, "Bad film", 5)
    (again,) = flag(opened, "Look again", 9)
    select(opened, 2)
    write(qtbot, dialog(opened), "a rotated Patient")
    marks = opened.findChild(QComboBox, "markFilter")
    assert marks.isVisible()
    assert [marks.itemText(place) for place in range(marks.count())] == [
        "Flagged or not",
        "Any flag (2)",
        "Look again (1)",
        "Bad film (1)",
        "With a note (1)",
    ]
    choose(opened, "markFilter", "any flag")
    assert shown(opened) == [bad, again]
    choose(opened, "sortBox", "flag")
    assert shown(opened) == [again, bad]
    flag(opened, "Look again", 0)  # taken back while it is filtered by
    assert shown(opened) == [bad]
    choose(opened, "markFilter", "with a note")
    assert shown(opened) == [everything[2]]
    choose(opened, "markFilter", None)
    assert (len(shown(opened)), shown(opened)[0]) == (24, bad)
    opened.findChild(QLineEdit, "searchField").setText("rotated patient")
    assert shown(opened) == [everything[2]]
    opened.dataset_tab.filters.clear()
    opened.findChild(QAction, "undoAction").trigger()  # the flag that was taken back is there again
    assert opened.session.notes[again] == Note("look again")


def test_the_dialog_leaves_what_nobody_touched(qtbot: QtBot, opened: MainWindow) -> None:
    first, second = select(opened, 0, 4)
    opened.session.noting.note({first: Note("bad film", "one"), second: Note("", "two")})
    asked = dialog(opened)
    assert asked.findChild(QComboBox, "flagBox").currentText() == "As they are"
    assert "differ" in asked.findChild(QPlainTextEdit).placeholderText()
    write(qtbot, asked, "", "Wrong label")
    assert opened.session.notes == {first: Note("wrong label", "one"), second: Note("wrong label", "two")}
    opened.findChild(QAction, "undoAction").trigger()
    assert opened.session.notes == {first: Note("bad film", "one"), second: Note("", "two")}
    grid(opened).selectionModel().clear()
    select(opened, 0)
    asked = dialog(opened)
    assert asked.findChild(QComboBox, "flagBox").currentText() == "Bad film"
    asked.findChild(QPlainTextEdit).selectAll()
    write(qtbot, asked, "three", "No flag")
    assert opened.session.notes[first] == Note("", "three")


def test_the_inspector_says_it_behind_a_mark(qtbot: QtBot, opened: MainWindow) -> None:
    opened.tabs.setCurrentWidget(opened.attack_tab)
    qtbot.waitUntil(lambda: opened.session.film is not None, timeout=LONG)
    mark = opened.findChild(QToolButton, "noteButton")
    assert not mark.isVisible()
    write(qtbot, dialog(opened), "see the heart", "Look again")
    assert opened.session.notes == {str(opened.session.film.path): Note("look again", "see the heart")}
    assert mark.isVisible()
    assert mark.toolTip() == "Flagged: look again; note: see the heart"
    assert mark.accessibleName() == mark.toolTip().lower()
    qtbot.mouseClick(mark, Qt.MouseButton.LeftButton)
    asked = opened.findChild(NoteDialog)
    assert asked.findChild(QPlainTextEdit).toPlainText() == "see the heart"
    asked.reject()
    record = next(path for path in shown(opened) if path != str(opened.session.film.path))
    with qtbot.waitSignal(opened.session.filmChanged, timeout=LONG):
        opened.session.opening.image(record)
    assert not mark.isVisible()


def test_without_anything_at_hand_it_says_so(qtbot: QtBot, opened: MainWindow) -> None:
    opened.tabs.setCurrentWidget(opened.dataset_tab)
    grid(opened).selectionModel().clear()
    with qtbot.waitSignal(opened.session.messageRaised, timeout=LONG) as told:
        opened.findChild(QAction, "noteAction").trigger()
    assert "Select images" in told.args[0].text


def test_the_list_that_is_shown_is_saved(
    qtbot: QtBot, opened: MainWindow, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    flag(opened, "Wrong label", 3, 7)
    choose(opened, "markFilter", "wrong label")
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: (str(tmp_path / "list"), ""))
    opened.findChild(QAction, "saveListAction").trigger()
    qtbot.waitUntil((tmp_path / "list.csv").exists, timeout=LONG)
    with (tmp_path / "list.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 2
    assert {row["flag"] for row in rows} == {"wrong label"}
