"""Excluding from training through the grid: by key and menu, undone and redone, and as far as the run."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtCore import QModelIndex, QSettings, Qt
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QComboBox, QFrame, QLabel, QPushButton, QSpinBox
from pytestqt.qtbot import QtBot

from cxr_gui.core.training.events import EpochDone
from cxr_gui.core.training.run_folder import read_config
from cxr_gui.ui.dataset.model import EXCLUDED, RECORD
from cxr_gui.ui.window.main_window import MainWindow
from tests.support.patience import LONG
from tests.support.tiles import grid


@pytest.fixture(autouse=True)
def _quick_runs(store: QSettings, tmp_path: Path) -> None:
    store.setValue("training/runs_folder", str(tmp_path / "runs"))
    store.setValue("training/architecture", "compact_cnn")


def show(window: MainWindow, split: str) -> None:
    box = window.findChild(QComboBox, "splitFilter")
    box.setCurrentIndex(box.findData(split))


def select(window: MainWindow, *rows: int) -> list[str]:
    """Select rows of the grid; returns their files."""
    view = grid(window)
    view.setCurrentIndex(view.model().index(rows[0], 0))
    for row in rows:
        selection = view.selectionModel()
        selection.select(view.model().index(row, 0), selection.SelectionFlag.Select)
    view.setFocus()
    return [view.model().index(row, 0).data(RECORD).path for row in rows]


def exclude(qtbot: QtBot, window: MainWindow, *rows: int) -> list[str]:
    paths = select(window, *rows)
    qtbot.keyClick(grid(window), Qt.Key.Key_Delete)
    return paths


def action(window: MainWindow, index: QModelIndex, words: str) -> QAction:
    return next(found for found in window.dataset_tab.context_menu(index).actions() if words in found.text())


def wait_for_training(qtbot: QtBot, window: MainWindow, epochs: int = 2) -> None:
    button = window.findChild(QPushButton, "trainButton")
    window.tabs.setCurrentWidget(window.training_tab)
    window.findChild(QSpinBox, "batchSizeBox").setValue(4)
    window.findChild(QSpinBox, "epochsBox").setValue(epochs)
    qtbot.waitUntil(button.isEnabled, timeout=LONG)
    qtbot.mouseClick(button, Qt.MouseButton.LeftButton)


def test_delete_excludes_what_is_selected_and_undo_takes_it_back(qtbot: QtBot, opened: MainWindow) -> None:
    show(opened, "train")
    undo, redo = opened.findChild(QAction, "undoAction"), opened.findChild(QAction, "redoAction")
    assert not undo.isEnabled()
    paths = exclude(qtbot, opened, 1, 3)
    assert opened.session.excluded == set(paths)
    model = grid(opened).model()
    assert [row for row in range(16) if model.index(row, 0).data(EXCLUDED)] == [1, 3]
    assert "excluded from training" in model.index(1, 0).data(Qt.ItemDataRole.AccessibleTextRole)
    assert opened.findChild(QPushButton, "excludedButton").text() == "2 excluded"
    grid(opened).grab()
    assert undo.text().endswith("Exclude 2 images")
    undo.trigger()
    assert opened.session.excluded == frozenset()
    assert not opened.findChild(QPushButton, "excludedButton").isVisible()
    redo.trigger()
    assert opened.session.excluded == set(paths)


def test_counts_say_how_many_of_them_are_excluded(qtbot: QtBot, opened: MainWindow) -> None:
    def counts() -> list[str]:
        return [label.text() for label in opened.findChild(QFrame, "countsTable").findChildren(QLabel)][4:]

    before = counts()
    show(opened, "train")
    exclude(qtbot, opened, 0, 15)
    assert counts() == [
        *("Train", "6\n(1 excluded)", "10\n(1 excluded)", "62.5 %"),
        *("Test", "3", "5", "62.5 %"),
        *("All", "9\n(1 excluded)", "15\n(1 excluded)", "62.5 %"),
    ]
    opened.findChild(QAction, "undoAction").trigger()
    assert counts() == before


def test_all_but_one_of_the_duplicates_are_excluded_in_one_step(
    qtbot: QtBot, window: MainWindow, folder: Path
) -> None:
    normal, pneumonia = (sorted((folder / "train" / name).iterdir()) for name in ("NORMAL", "PNEUMONIA"))
    copies = {
        folder / "train" / "NORMAL" / "IM-0900-0001.jpeg": normal[0],
        folder / "test" / "PNEUMONIA" / "person900_virus_1.jpeg": pneumonia[0],
        folder / "train" / "PNEUMONIA" / "person901_virus_1.jpeg": normal[1],  # whose label is right?
    }
    for copy, original in copies.items():
        copy.write_bytes(original.read_bytes())
    with qtbot.waitSignal(window.session.datasetChanged, timeout=LONG):
        window.open_paths([folder])
    panel = window.dataset_tab.audit
    panel.run()
    qtbot.waitUntil(lambda: bool(panel.cards), timeout=LONG)
    card = next(card for card in panel.cards if card.finding.name == "Exact duplicates")
    shown = card.findChild(QPushButton, "findingFilesButton")
    assert shown.text() == "Show 6 images in 3 groups"
    qtbot.mouseClick(shown, Qt.MouseButton.LeftButton)
    with qtbot.waitSignal(window.session.messageRaised) as told:
        qtbot.mouseClick(window.findChild(QPushButton, "excludeAllButOneButton"), Qt.MouseButton.LeftButton)
    assert "1 group of images with different labels" in told.args[0].text
    assert window.session.excluded == {str(pneumonia[0]), str(folder / "train/NORMAL/IM-0900-0001.jpeg")}
    window.findChild(QAction, "undoAction").trigger()
    assert window.session.excluded == frozenset()


def test_what_is_excluded_can_be_shown_and_included_again(qtbot: QtBot, opened: MainWindow) -> None:
    show(opened, "train")
    paths = exclude(qtbot, opened, 0, 2, 5)
    qtbot.mouseClick(opened.findChild(QPushButton, "excludedButton"), Qt.MouseButton.LeftButton)
    model = grid(opened).model()
    assert [model.index(row, 0).data(RECORD).path for row in range(model.rowCount())] == paths
    select(opened, 0, 1)
    action(opened, model.index(0, 0), "Include").trigger()
    assert opened.session.excluded == {paths[2]}
    opened.findChild(QAction, "undoAction").trigger()
    assert opened.session.excluded == set(paths)


def test_the_menu_excludes_and_leaves_test_images_alone(opened: MainWindow) -> None:
    model = grid(opened).model()
    show(opened, "test")
    refused = action(opened, model.index(0, 0), "Exclude")
    assert (refused.isEnabled(), "test images" in refused.text()) == (False, True)
    show(opened, "train")
    (path,) = select(opened, 4)
    action(opened, model.index(4, 0), "Exclude").trigger()
    assert opened.session.excluded == {path}


def test_another_dataset_has_nothing_excluded(qtbot: QtBot, opened: MainWindow, folder: Path) -> None:
    show(opened, "train")
    exclude(qtbot, opened, 1)
    with qtbot.waitSignal(opened.session.datasetChanged, timeout=LONG):
        opened.open_paths([folder / "train"])
    assert opened.session.excluded == frozenset()
    assert not opened.findChild(QAction, "undoAction").isEnabled()
    assert not opened.findChild(QPushButton, "excludedButton").isVisible()


def test_exclusions_reach_the_training_and_its_run(qtbot: QtBot, opened: MainWindow) -> None:
    show(opened, "train")
    paths = exclude(qtbot, opened, 1, 10)
    qtbot.waitUntil(lambda: "2 excluded" in opened.training_tab.watch.words.text(), timeout=LONG)
    with qtbot.waitSignal(opened.session.runChanged, timeout=LONG):
        wait_for_training(qtbot, opened)
    run = opened.session.run
    root = opened.session.dataset.root
    assert set(read_config(run.folder).excluded) == {Path(p).relative_to(root).as_posix() for p in paths}
    assert sum(run.classifier.card.data["train"].values()) == 14


def test_a_stopped_run_goes_on_without_what_it_left_out(
    qtbot: QtBot, opened: MainWindow, folder: Path
) -> None:
    show(opened, "train")
    paths = exclude(qtbot, opened, 1, 10)
    seen: list[object] = []
    opened.session.jobStarted.connect(lambda job: job.events.connect(seen.extend))
    wait_for_training(qtbot, opened, epochs=1000)  # more than there is time for before it is stopped
    qtbot.waitUntil(lambda: any(isinstance(event, EpochDone) for event in seen), timeout=LONG)
    with qtbot.waitSignal(opened.training_tab.folderRead, timeout=LONG):
        qtbot.mouseClick(opened.findChild(QPushButton, "stopButton"), Qt.MouseButton.LeftButton)
    with qtbot.waitSignal(opened.session.datasetChanged, timeout=LONG):
        opened.open_paths([folder])  # which starts with nothing excluded
    assert opened.session.excluded == set(paths)
    button = opened.findChild(QPushButton, "trainButton")
    assert (button.text(), button.isEnabled()) == ("Resume", True)
    show(opened, "train")
    opened.tabs.setCurrentWidget(opened.dataset_tab)
    exclude(qtbot, opened, 2)
    assert not button.isEnabled()
    assert "other settings" in button.toolTip()
    opened.findChild(QAction, "undoAction").trigger()
    assert button.isEnabled()
