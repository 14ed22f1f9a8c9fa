"""The dataset tab through its own controls: counts, filters, search, keyboard, audit, and 100,000 records."""

from __future__ import annotations

import os
import threading
import weakref
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QPoint, QPointF, Qt, QUrl
from PySide6.QtGui import QDesktopServices, QGuiApplication, QWheelEvent
from PySide6.QtWidgets import (
    QAbstractItemView,
    QApplication,
    QComboBox,
    QFrame,
    QLabel,
    QLineEdit,
    QPushButton,
    QSlider,
    QWidget,
)
from pytestqt.qtbot import QtBot

from cxr_gui.core.data.findings import FINE, LEVELS, WARNING, Finding
from cxr_gui.core.data.records import Dataset, Record
from cxr_gui.session.auditing import Listed
from cxr_gui.session.lanes import Lane
from cxr_gui.ui.dataset.audit_panel import AuditPanel
from cxr_gui.ui.dataset.finding_card import FindingCard
from cxr_gui.ui.dataset.grid import Grid
from cxr_gui.ui.dataset.model import GROUP, RECORD
from cxr_gui.ui.dataset.record_index import Filter, RecordIndex
from cxr_gui.ui.dataset.tile import LARGEST, SMALLEST
from cxr_gui.ui.window.main_window import MainWindow
from tests.support.films import film
from tests.support.patience import LONG


def grid(window: MainWindow) -> Grid:
    return window.findChild(Grid, "imageGrid")


def names(window: MainWindow) -> list[str]:
    model = grid(window).model()
    return [model.index(row, 0).data() for row in range(model.rowCount())]


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


# -- the audit -----------------------------------------------------------------------------------------------


def test_the_audit_finds_a_duplicate_and_shows_its_files(
    qtbot: QtBot, window: MainWindow, folder: Path
) -> None:
    one = sorted((folder / "train" / "NORMAL").iterdir())[0]
    two = folder / "test" / "PNEUMONIA" / "person900_virus_1.jpeg"
    two.write_bytes(one.read_bytes())
    with qtbot.waitSignal(window.session.datasetChanged, timeout=LONG):
        window.open_paths([folder])
    panel = window.findChild(AuditPanel, "auditPanel")
    assert panel.cards == []
    button = window.findChild(QPushButton, "auditButton")
    qtbot.mouseClick(button, Qt.MouseButton.LeftButton)
    assert button.text() == "Stop the audit"
    qtbot.waitUntil(lambda: bool(panel.cards), timeout=LONG)
    assert button.text() == "Run the audit"
    card = next(card for card in panel.cards if {str(one), str(two)} == set(card.finding.paths))
    assert not card.finding.passed
    assert card.accessibleName().startswith("Problem: ")
    qtbot.mouseClick(card.findChild(QPushButton), Qt.MouseButton.LeftButton)
    assert sorted(names(window)) == sorted([one.name, two.name])
    first = grid(window).model().index(0, 0).data(GROUP)
    assert (first.name, first.size) == ("group 1", 2)
    grid(window).grab()  # the chips can be painted
    assert window.findChild(QPushButton, "excludeAllButOneButton").isVisible()
    everything = window.findChild(QPushButton, "findingFilter")
    assert everything.isVisible()
    qtbot.mouseClick(everything, Qt.MouseButton.LeftButton)
    assert len(names(window)) == 25


def test_every_finding_says_in_words_how_bad_it_is_and_what_passed_is_out_of_sight(
    qtbot: QtBot, opened: MainWindow
) -> None:
    panel = opened.findChild(AuditPanel, "auditPanel")
    panel.run()
    qtbot.waitUntil(lambda: any(card.isVisible() for card in panel.cards), timeout=LONG)
    for card in panel.cards:
        words = [label.text() for label in card.findChildren(QLabel)]
        assert card.finding.verdict.capitalize() in words
        assert card.finding.summary in " ".join(words)
        assert card.finding.passed or card.finding.advice in words
        assert card.isVisible() == (card.finding.severity != FINE)
    levels = [card.finding.severity for card in panel.cards]
    assert levels == sorted(levels, key=LEVELS.index)
    passed = levels.count(FINE)
    verdict = opened.findChild(QLabel, "auditVerdict").text()
    assert verdict == f"{levels.count(WARNING)} warnings. {passed} checks passed."
    button = opened.findChild(QPushButton, "passedChecksButton")
    assert button.text() == f"Show the {passed} checks that passed"
    qtbot.mouseClick(button, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: all(card.isVisible() for card in panel.cards))


def test_a_finding_shows_all_that_was_measured(qtbot: QtBot) -> None:
    numbers = {f"NORMAL of test: trait {n}": n / 10 for n in range(5)} | {"films": 1234}
    finding = Finding("Likeness of splits", WARNING, "They differ. These are listed.", "Beware.", numbers)
    card = FindingCard(Listed(finding, np.array([], np.intp)))
    qtbot.addWidget(card)
    card.show()
    words = [label.text() for label in card.findChildren(QLabel)]
    assert words[-3:] == ["They differ.", "These are listed.", "Beware."], "each sentence on lines of its own"
    (button,) = card.findChildren(QPushButton)
    button.click()
    shown = {label.text() for label in card.findChildren(QLabel)}
    assert shown >= {*numbers, "0.00", "0.10", "0.20", "0.30", "0.40", "1,234"}
    assert button.text() == "Hide the values"
    button.click()
    assert button.text() == "Show the values"


def test_a_stopped_audit_leaves_the_button_as_it_was(qtbot: QtBot, opened: MainWindow) -> None:
    panel = opened.findChild(AuditPanel, "auditPanel")
    panel.run()
    job = opened.session.job(Lane.AUDIT)
    with qtbot.waitSignal(job.ended, timeout=LONG):
        panel.run()
    assert opened.findChild(QPushButton, "auditButton").text() == "Run the audit"


def test_findings_go_with_their_dataset(qtbot: QtBot, opened: MainWindow, folder: Path) -> None:
    panel = opened.findChild(AuditPanel, "auditPanel")
    panel.run()
    qtbot.waitUntil(lambda: bool(panel.cards), timeout=LONG)
    with qtbot.waitSignal(opened.session.datasetChanged, timeout=LONG):
        opened.open_paths([folder / "train"])
    assert panel.cards == []
    assert not [card for card in panel.findChildren(FindingCard) if card.isVisible()]


# -- 100,000 records -----------------------------------------------------------------------------------------


def test_the_grid_is_an_item_view_with_a_name(window: MainWindow) -> None:
    view = window.findChild(QAbstractItemView, "imageGrid")
    assert view.accessibleName()


@pytest.fixture(scope="module")
def many() -> Dataset:
    """A hundred thousand records that exist by name only, one in ten without a label."""
    records = tuple(
        Record(
            f"/films/{'test' if n % 5 == 0 else 'train'}/person{n}_virus_{n}.jpeg",
            "test" if n % 5 == 0 else "train",
            None if n % 10 == 0 else ("NORMAL" if n % 3 == 0 else "PNEUMONIA"),
        )
        for n in range(100_000)
    )
    return Dataset(Path("/films"), records, ("NORMAL", "PNEUMONIA"))


@pytest.mark.parametrize(
    "chosen",
    [
        Filter(),
        Filter(split="test"),
        Filter(label="PNEUMONIA"),
        Filter(label="label unknown"),
        Filter(split="train", label="NORMAL", text="n99 Virus"),
        Filter(text="no such name"),
        Filter(places=np.array([5, 99_999])),
    ],
)
def test_filters_give_the_rows_that_a_plain_loop_gives(many: Dataset, chosen: Filter) -> None:
    expected = [
        row
        for row, record in enumerate(many.records)
        if chosen.split in (None, record.split)
        and chosen.label in (None, record.label or "label unknown")
        and all(word in Path(record.path).name.lower() for word in chosen.text.lower().split())
        and (chosen.places is None or row in chosen.places)
    ]
    assert RecordIndex(many).where(chosen).tolist() == expected


def test_counts_are_those_of_the_dataset(many: Dataset) -> None:
    index = RecordIndex(many)
    assert index.labels == ("NORMAL", "PNEUMONIA", "label unknown")
    found = {count.split: dict(zip(index.labels, count.by_class, strict=True)) for count in index.counts()}
    for split in ("train", "test"):
        for label in ("NORMAL", "PNEUMONIA"):
            assert found[split][label] == len(many.of(split, label))
    assert sum(sum(row.values()) for row in found.values()) == 100_000


def test_a_hundred_thousand_records_open_with_a_screenful_of_wishes(
    qtbot: QtBot, window: MainWindow, many: Dataset
) -> None:
    window.session.datasetChanged.emit(many)
    tab = window.dataset_tab
    assert tab.model.rowCount() == 100_000
    grid(window).scrollToBottom()
    assert len(tab.thumbnails._wanted) < 500
    assert window.findChild(QWidget, "datasetTitle").text() == "films: 100,000 radiographs"
