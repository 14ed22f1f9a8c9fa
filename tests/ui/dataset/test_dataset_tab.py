"""The dataset tab through its own controls: counts, filters, search, keyboard, audit, and 100,000 records."""

from __future__ import annotations

import os
import threading
import weakref
from pathlib import Path

import pytest
from PySide6.QtCore import QPoint, QPointF, Qt, QUrl
from PySide6.QtGui import QDesktopServices, QGuiApplication, QWheelEvent
from PySide6.QtWidgets import (
    QApplication,
    QComboBox,
    QFrame,
    QLabel,
    QLineEdit,
    QPushButton,
    QSlider,
)
from pytestqt.qtbot import QtBot

from cxr_gui.session.lanes import Lane
from cxr_gui.ui.dataset.grid import Grid
from cxr_gui.ui.dataset.model import RECORD
from cxr_gui.ui.dataset.tile import LARGEST, SMALLEST
from cxr_gui.ui.window.main_window import MainWindow
from tests.support.films import film
from tests.support.patience import LONG
from tests.support.tiles import grid, names


def choose(window: MainWindow, box: str, text: str) -> None:
    found = window.findChild(QComboBox, box)
    found.setCurrentIndex(next(n for n in range(found.count()) if found.itemText(n).startswith(text)))


# -- before anything is open ---------------------------------------------------------------------------------


def test_an_empty_tab_says_what_to_do(qtbot: QtBot, window: MainWindow) -> None:
    for name in ("emptyOpenButton", "openDemoButton", "kermanyButton", "openDatasetButton"):
        assert window.findChild(QPushButton, name).isVisible()
    assert not grid(window).isVisible()


def test_the_demo_opens_and_is_attacked(qtbot: QtBot, window: MainWindow) -> None:
    signals = [window.session.classifierChanged, window.session.datasetChanged]
    with qtbot.waitSignals(signals, timeout=2 * LONG):
        qtbot.mouseClick(window.findChild(QPushButton, "openDemoButton"), Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: window.session.job(Lane.SWEEP) is not None)
    assert window.tabs.currentWidget() is window.attack_tab
    assert window.settings.last_folder == ""


# -- counts and filters --------------------------------------------------------------------------------------


def test_counts_are_shown_per_split_and_class_with_the_majority(opened: MainWindow) -> None:
    table = opened.findChild(QFrame, "countsTable")
    words = [label.text() for label in table.findChildren(QLabel) if not label.isHidden()]
    assert words[:4] == ["Split", "NORMAL", "PNEUMONIA", "Majority"]
    rows = [words[start : start + 4] for start in range(4, len(words), 4)]
    assert rows == [
        ["Train", "6", "10", "62.5 %"],
        ["Test", "3", "5", "62.5 %"],
        ["All", "9", "15", "62.5 %"],
    ]


def test_counts_are_those_of_the_dataset_that_is_open(qtbot: QtBot, opened: MainWindow, folder: Path) -> None:
    (folder / "train" / "NORMAL" / "IM-0001-0001.jpeg").unlink()
    with qtbot.waitSignal(opened.session.datasetChanged, timeout=LONG):
        opened.open_paths([folder])  # of the same splits and classes
    table = opened.findChild(QFrame, "countsTable")
    assert [label.text() for label in table.findChildren(QLabel)][4:8] == ["Train", "5", "10", "66.7 %"]
    with qtbot.waitSignal(opened.session.datasetChanged, timeout=LONG):
        opened.open_paths([folder / "train"])  # of one split

    def shown() -> list[str]:
        return [label.text() for label in table.findChildren(QLabel) if not label.isHidden()]

    qtbot.waitUntil(lambda: shown()[4:] == ["Train", "5", "10", "66.7 %"])


def test_filters_offer_what_there_is_with_its_count(opened: MainWindow) -> None:
    split, label = (opened.findChild(QComboBox, name) for name in ("splitFilter", "classFilter"))
    assert [split.itemText(n) for n in range(split.count())] == ["All splits", "Train (16)", "Test (8)"]
    classes = ["All classes", "NORMAL (9)", "PNEUMONIA (15)"]
    assert [label.itemText(n) for n in range(label.count())] == classes


@pytest.mark.parametrize(
    ("split", "label", "shown"),
    [
        ("All", "All", 24),
        ("Train", "All", 16),
        ("All", "PNEUMONIA", 15),
        ("Test", "NORMAL", 3),
    ],
)
def test_filters_show_what_passes_both(opened: MainWindow, split: str, label: str, shown: int) -> None:
    choose(opened, "splitFilter", split)
    choose(opened, "classFilter", label)
    assert grid(opened).model().rowCount() == shown
    total = "24 shown" if shown == 24 else f"{shown} of 24 shown"
    assert opened.findChild(QLabel, "shownCount").text() == total


def test_search_takes_all_words_whatever_their_case(qtbot: QtBot, opened: MainWindow) -> None:
    field = opened.findChild(QLineEdit, "searchField")
    qtbot.keyClicks(field, "VIRUS person7")
    assert names(opened) == ["person7_virus_7.jpeg"]
    field.clear()
    assert len(names(opened)) == 24


def test_search_finds_patients_too(qtbot: QtBot, window: MainWindow, tmp_path: Path) -> None:
    for number, name in enumerate(("NORMAL/patient00001/view1.png", "PNEUMONIA/patient00002/view1.png")):
        film(tmp_path / "chexpert" / name, number)
    with qtbot.waitSignal(window.session.datasetChanged, timeout=LONG):
        window.open_paths([tmp_path / "chexpert"])
    qtbot.keyClicks(window.findChild(QLineEdit, "searchField"), "Patient00002 VIEW")
    assert [grid(window).model().index(0, 0).data(RECORD).patient] == ["patient00002"]
    assert len(names(window)) == 1


def test_search_does_not_look_at_the_names_of_classes(qtbot: QtBot, opened: MainWindow) -> None:
    opened.findChild(QLineEdit, "searchField").setText("NORMAL")  # a folder's name
    assert names(opened) == []


def test_when_nothing_passes_the_filters_can_be_cleared(qtbot: QtBot, opened: MainWindow) -> None:
    opened.findChild(QLineEdit, "searchField").setText("no such film")
    choose(opened, "splitFilter", "Test")
    assert not grid(opened).isVisible()
    qtbot.mouseClick(opened.findChild(QPushButton, "clearFiltersButton"), Qt.MouseButton.LeftButton)
    assert grid(opened).isVisible()
    assert len(names(opened)) == 24


def test_another_dataset_starts_unfiltered(qtbot: QtBot, opened: MainWindow, folder: Path) -> None:
    choose(opened, "splitFilter", "Test")
    opened.findChild(QLineEdit, "searchField").setText("virus")
    with qtbot.waitSignal(opened.session.datasetChanged, timeout=LONG):
        opened.open_paths([folder / "train"])
    assert opened.findChild(QLineEdit, "searchField").text() == ""
    assert grid(opened).model().rowCount() == 16


def test_the_same_folder_again_is_listed_where_it_changed(
    qtbot: QtBot, opened: MainWindow, folder: Path
) -> None:
    for place, _, _ in os.walk(folder):
        os.utime(place, (1e9, 1e9))  # long enough ago to be relied on
    for name in (None, "person99_virus_99.jpeg"):
        before = opened.session.dataset
        if name is not None:
            film(folder / "train" / "PNEUMONIA" / name, 99)
        with qtbot.waitSignal(opened.session.datasetChanged, timeout=LONG):
            opened.open_paths([folder])
    assert "person99_virus_99.jpeg" in names(opened)
    now = opened.session.dataset
    kept = [parts for parts in now.listings if now.listings[parts] is before.listings[parts]]
    assert set(now.listings) - set(kept) == {("train", "PNEUMONIA")}


def test_a_cancelled_scan_leaves_what_was_open(qtbot: QtBot, opened: MainWindow, folder: Path) -> None:
    before = opened.session.dataset
    job = opened.session.opening.dataset(folder / "train")
    with qtbot.waitSignal(job.cancelled, timeout=LONG):
        job.cancel()
    assert opened.session.dataset is before
    assert len(names(opened)) == 24


def test_what_the_window_asks_of_records_is_made_while_they_are_scanned(
    qtbot: QtBot, opened: MainWindow, folder: Path
) -> None:
    made: list[set[str]] = []
    opened.session.datasetChanged.connect(lambda dataset: made.append(set(vars(dataset.columns))))
    with qtbot.waitSignal(opened.session.datasetChanged, timeout=LONG):
        opened.open_paths([folder / "train"])
    assert made[0] >= {"paths", "places", "names", "name_orders", "patients"}


def test_a_dataset_that_was_replaced_is_taken_apart_on_a_lane(
    qtbot: QtBot, opened: MainWindow, folder: Path
) -> None:
    threads: list[int] = []
    weakref.finalize(opened.session.dataset, lambda: threads.append(threading.get_ident()))
    with qtbot.waitSignal(opened.session.datasetChanged, timeout=LONG):
        opened.open_paths([folder / "train"])
    qtbot.waitUntil(lambda: bool(threads), timeout=LONG)
    assert threads != [threading.get_ident()]


# -- the grid ------------------------------------------------------------------------------------------------


def test_thumbnails_of_what_is_visible_arrive(qtbot: QtBot, opened: MainWindow) -> None:
    tab = opened.dataset_tab
    visible = [tab.model.record(row).path for row in grid(opened).visible_rows()]
    assert visible
    qtbot.waitUntil(lambda: all(tab.thumbnails.get(path) is not None for path in visible))
    assert all(tab.thumbnails.get(path).image is not None for path in visible)


def test_enter_opens_the_radiograph_with_its_label(qtbot: QtBot, opened: MainWindow) -> None:
    choose(opened, "classFilter", "PNEUMONIA")
    view = grid(opened)
    view.setFocus()
    qtbot.keyClick(view, Qt.Key.Key_Home)
    qtbot.keyClick(view, Qt.Key.Key_Right)
    expected = opened.dataset_tab.model.record(1)
    assert view.currentIndex().row() == 1
    with qtbot.waitSignal(
        opened.session.filmChanged,
        timeout=LONG,
        check_params_cb=lambda film: str(film.path) == expected.path,
    ) as changed:
        qtbot.keyClick(view, Qt.Key.Key_Return)
    assert changed.args[0].label == "PNEUMONIA"
    assert opened.tabs.currentWidget() is opened.attack_tab


def test_a_double_click_opens_the_radiograph(qtbot: QtBot, opened: MainWindow) -> None:
    view = grid(opened)
    place = view.visualRect(view.model().index(2, 0)).center()
    expected = opened.dataset_tab.model.record(2).path
    with qtbot.waitSignal(
        opened.session.filmChanged,
        timeout=LONG,
        check_params_cb=lambda film: str(film.path) == expected,
    ):
        qtbot.mouseClick(view.viewport(), Qt.MouseButton.LeftButton, pos=place)
        qtbot.mouseDClick(view.viewport(), Qt.MouseButton.LeftButton, pos=place)


def test_letters_typed_on_the_grid_search(qtbot: QtBot, opened: MainWindow) -> None:
    view = grid(opened)
    view.setFocus()
    qtbot.keyClick(view, Qt.Key.Key_V)
    assert opened.findChild(QLineEdit, "searchField").text() == "v"
    assert all("virus" in name for name in names(opened))


def test_the_context_menu_copies_the_selected_paths(opened: MainWindow) -> None:
    view, model = grid(opened), opened.dataset_tab.model
    view.setCurrentIndex(model.index(0, 0))
    for row in (0, 3):
        view.selectionModel().select(model.index(row, 0), view.selectionModel().SelectionFlag.Select)
    menu = opened.dataset_tab.context_menu(model.index(3, 0))
    actions = {action.text(): action for action in menu.actions()}
    actions["Copy path"].trigger()
    copied = QGuiApplication.clipboard().text().splitlines()
    assert copied == [model.record(0).path, model.record(3).path]


def test_the_context_menu_opens_the_folder(opened: MainWindow, monkeypatch: pytest.MonkeyPatch) -> None:
    shown: list[QUrl] = []
    monkeypatch.setattr(QDesktopServices, "openUrl", shown.append)
    model = opened.dataset_tab.model
    menu = opened.dataset_tab.context_menu(model.index(0, 0))
    {action.text(): action for action in menu.actions()}["Open containing folder"].trigger()
    assert [Path(url.toLocalFile()) for url in shown] == [Path(model.record(0).path).parent]


def test_records_come_split_by_split(opened: MainWindow) -> None:
    model = opened.dataset_tab.model
    splits = [model.record(row).split for row in range(model.rowCount())]
    assert splits == ["train"] * 16 + ["test"] * 8


def test_thumbnails_have_a_size(qtbot: QtBot, opened: MainWindow) -> None:
    view, slider = grid(opened), opened.findChild(QSlider, "thumbnailSizeSlider")
    tab = opened.dataset_tab
    columns = view.columns()
    slider.setValue(LARGEST)
    assert view.columns() < columns
    assert tab.thumbnails.size >= LARGEST
    path = tab.model.record(0).path
    qtbot.waitUntil(lambda: tab.thumbnails.get(path) is not None)
    turn(view, -120)
    assert slider.value() == LARGEST - slider.pageStep()
    slider.setValue(SMALLEST)
    assert view.columns() > columns
    assert opened.settings.thumbnail_side == SMALLEST
    view.grab()


def turn(view: Grid, angle: int) -> None:
    """The wheel, with Ctrl held."""
    place = QPointF(5, 5)
    event = QWheelEvent(
        place,
        view.viewport().mapToGlobal(place),
        QPoint(),
        QPoint(0, angle),
        Qt.MouseButton.NoButton,
        Qt.KeyboardModifier.ControlModifier,
        Qt.ScrollPhase.NoScrollPhase,
        False,
    )
    QApplication.sendEvent(view.viewport(), event)
