"""What a folder's names do not say, said in the window: classes, patients; and reading it again."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtCore import QSettings, Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QComboBox, QDialog, QLabel, QLineEdit, QPushButton
from pytestqt.qtbot import QtBot

from cxr_gui.core.data.reading import AS_RECOGNISED, Reading
from cxr_gui.ui.dataset.rereading import ReadingSettings
from cxr_gui.ui.window.main_window import MainWindow
from tests.support.films import film
from tests.support.patience import LONG


@pytest.fixture
def three(tmp_path: Path) -> Path:
    """Three classes, two films each."""
    root = tmp_path / "three"
    for number, label in enumerate(("COVID", "NORMAL", "PNEUMONIA")):
        for copy in range(2):
            film(root / label / f"film-p{number}{copy}.png", 10 * number + copy)
    return root


def dialog(window: MainWindow) -> QDialog | None:
    return window.findChild(QDialog, "readingDialog")


def ask(qtbot: QtBot, window: MainWindow) -> QDialog:
    qtbot.mouseClick(window.findChild(QPushButton, "readingButton"), Qt.MouseButton.LeftButton)
    found = dialog(window)
    assert found is not None
    return found


def choose(shown: QDialog, name: str, text: str) -> None:
    box = shown.findChild(QComboBox, name)
    box.setCurrentIndex(box.findText(text))
    assert box.currentText() == text


def read(qtbot: QtBot, window: MainWindow, shown: QDialog, button: str = "readAgainButton") -> None:
    with qtbot.waitSignal(window.session.datasetChanged, timeout=LONG):
        qtbot.mouseClick(shown.findChild(QPushButton, button), Qt.MouseButton.LeftButton)


def test_the_positive_class_is_set_and_given_back(qtbot: QtBot, opened: MainWindow, store: QSettings) -> None:
    shown = ask(qtbot, opened)
    assert shown.findChild(QComboBox, "positiveClassBox").currentText() == "PNEUMONIA"
    choose(shown, "positiveClassBox", "NORMAL")
    assert shown.findChild(QComboBox, "negativeClassBox").currentText() == "PNEUMONIA"
    read(qtbot, opened, shown)
    dataset = opened.session.dataset
    assert dataset.classes == ("PNEUMONIA", "NORMAL")
    assert len(dataset.records) == 24
    assert ReadingSettings(store).of(dataset.root) == Reading(classes=("PNEUMONIA", "NORMAL"))
    qtbot.waitUntil(lambda: dialog(opened) is None)
    read(qtbot, opened, ask(qtbot, opened), "asRecognisedButton")
    assert opened.session.dataset.classes == ("NORMAL", "PNEUMONIA")
    assert ReadingSettings(store).of(dataset.root) == AS_RECOGNISED


def test_a_folder_of_three_classes_asks_which_two_and_remembers(
    qtbot: QtBot, opened: MainWindow, three: Path
) -> None:
    before = opened.session.dataset
    opened.open_paths([three])
    qtbot.waitUntil(lambda: dialog(opened) is not None, timeout=LONG)
    shown = dialog(opened)
    assert opened.session.dataset is before
    choose(shown, "positiveClassBox", "COVID")
    choose(shown, "negativeClassBox", "NORMAL")
    read(qtbot, opened, shown)
    assert opened.session.dataset.classes == ("NORMAL", "COVID")
    assert len(opened.session.dataset.records) == 4
    assert opened.settings.last_folder == str(three)
    with qtbot.waitSignal(opened.session.datasetChanged, timeout=LONG):
        opened.open_paths([three])  # now it is known
    assert opened.session.dataset.classes == ("NORMAL", "COVID")


def test_two_boxes_never_hold_one_class(qtbot: QtBot, opened: MainWindow) -> None:
    shown = ask(qtbot, opened)
    for name in ("NORMAL", "PNEUMONIA", "NORMAL"):
        choose(shown, "positiveClassBox", name)
        assert shown.findChild(QComboBox, "negativeClassBox").currentText() != name


def test_a_pattern_says_whose_images_they_are(qtbot: QtBot, opened: MainWindow) -> None:
    shown = ask(qtbot, opened)
    field, button = (
        shown.findChild(QLineEdit, "patientPatternField"),
        shown.findChild(QPushButton, "readAgainButton"),
    )
    qtbot.keyClicks(field, "(")
    assert not button.isEnabled()
    assert "regular expression" in shown.findChild(QLabel, "readingProblem").text()
    field.clear()
    qtbot.keyClicks(field, r"_(virus)_")
    assert button.isEnabled()
    read(qtbot, opened, shown)
    assert {record.patient for record in opened.session.dataset.records} == {None, "virus"}


def test_a_pattern_that_fits_nothing_leaves_what_was_open(qtbot: QtBot, opened: MainWindow) -> None:
    before = opened.session.dataset
    shown = ask(qtbot, opened)
    qtbot.keyClicks(shown.findChild(QLineEdit, "patientPatternField"), "zebra")
    with qtbot.waitSignal(opened.session.messageRaised, timeout=LONG) as told:
        qtbot.mouseClick(shown.findChild(QPushButton, "readAgainButton"), Qt.MouseButton.LeftButton)
    assert "zebra" in told.args[0].text
    assert opened.session.dataset is before


def test_a_column_of_a_table_says_whose_images_they_are(
    qtbot: QtBot, window: MainWindow, folder: Path
) -> None:
    names = sorted(path.name for path in folder.rglob("*.jpeg"))
    lines = [f"{name},owner-{number % 5}" for number, name in enumerate(names)]
    (folder / "people.csv").write_text("\n".join(["file,owner", *lines]), encoding="utf-8")
    with qtbot.waitSignal(window.session.datasetChanged, timeout=LONG):
        window.open_paths([folder])
    shown = ask(qtbot, window)
    choose(shown, "patientColumnBox", "owner")
    read(qtbot, window, shown)
    assert {record.patient for record in window.session.dataset.records} == {f"owner-{n}" for n in range(5)}


def test_f5_finds_what_was_added_and_keeps_what_is_excluded(
    qtbot: QtBot, opened: MainWindow, folder: Path
) -> None:
    kept, gone = (record.path for record in opened.session.dataset.of("train")[:2])
    opened.session.exclude([kept, gone])
    Path(gone).unlink()
    film(folder / "train" / "NORMAL" / "IM-0099-0001.jpeg", 99)
    grid = opened.dataset_tab.grid
    grid.setFocus()
    with qtbot.waitSignal(opened.session.datasetChanged, timeout=LONG):
        qtbot.keyClick(grid, Qt.Key.Key_F5)
    assert len(opened.session.dataset.records) == 24
    qtbot.waitUntil(lambda: opened.session.excluded == {kept})


def test_ctrl_c_copies_the_selected_paths(qtbot: QtBot, opened: MainWindow) -> None:
    grid = opened.dataset_tab.grid
    grid.setFocus()
    qtbot.keyClick(grid, Qt.Key.Key_Home)
    qtbot.keyClick(grid, Qt.Key.Key_Right, Qt.KeyboardModifier.ShiftModifier)
    qtbot.keyClick(grid, Qt.Key.Key_C, Qt.KeyboardModifier.ControlModifier)
    expected = [opened.dataset_tab.model.record(row).path for row in (0, 1)]
    assert QGuiApplication.clipboard().text().splitlines() == expected


@pytest.mark.parametrize("entry", ["", "no json", "[]", '{"path": 3}', '{"path": "/x", "classes": [1, 2]}'])
def test_nonsense_in_the_settings_is_nothing(store: QSettings, entry: str) -> None:
    settings = ReadingSettings(store)
    settings.readings = [entry, '{"path": "/y", "positive": 7}']
    for path in (Path("/x"), Path("/y")):
        assert settings.of(path) == AS_RECOGNISED
