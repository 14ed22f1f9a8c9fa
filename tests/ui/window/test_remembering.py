"""The window at its next start: what the last one left is there again, and what is gone is passed over."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import pytest
from PySide6.QtCore import QSettings
from PySide6.QtWidgets import QComboBox, QDoubleSpinBox, QMenu
from pytestqt.qtbot import QtBot

from cxr_gui.core.models.checkpoint import load, save
from cxr_gui.core.models.registry import create
from cxr_gui.core.models.shipped_classifiers import STANDARD, find_shipped, shipped
from cxr_gui.ui.widgets.theme import theme
from cxr_gui.ui.window.main_window import MainWindow
from tests.support.hands import shown_message
from tests.support.open_window import Start
from tests.support.patience import LONG


def test_a_second_start_finds_what_the_first_one_left(
    qtbot: QtBot, opened: MainWindow, started: Start, store: QSettings, folder: Path
) -> None:
    opened.resize(1000, 700)
    opened.tabs.setCurrentWidget(opened.attack_tab)
    opened.set_theme("dark")
    box = opened.findChild(QComboBox, "classifierBox")
    with qtbot.waitSignal(box.chosen, timeout=LONG):
        box.activated.emit(0)
    opened.findChild(QDoubleSpinBox, "epsilonBox").setValue(0.07)
    opened.close()
    theme().set_mode("light")

    second = started(store)
    assert second.height() == 700  # the width is more than the tests' screen has
    assert second.tabs.currentWidget() is second.attack_tab
    assert theme().mode == "dark"
    assert second.session.setting.epsilon == pytest.approx(0.035)  # pixel units
    assert second.findChild(QDoubleSpinBox, "epsilonBox").value() == 0.07
    signals = [second.session.datasetChanged, second.session.classifierChanged]
    with qtbot.waitSignals(signals, timeout=LONG):
        second.open_first()
    assert second.session.dataset.root == folder
    assert second.session.classifier.file == shipped()[0].path
    assert second.settings.recent == [str(folder)]
    theme().set_mode("system")


def test_the_classifier_of_a_run_is_there_again(
    qtbot: QtBot, opened: MainWindow, started: Start, store: QSettings, tmp_path: Path
) -> None:
    file = tmp_path / "run" / "best.safetensors"
    save(create("compact_cnn"), file)
    classifier = load(file)
    opened.session.set_run(SimpleNamespace(classifier=classifier, folder=None))
    assert opened.settings.last_classifier == ""  # it is not in use yet
    opened.session.choose_classifier(classifier)
    opened.close()
    second = started(store)
    with qtbot.waitSignal(second.session.classifierChanged, timeout=LONG) as changed:
        second.open_first()
    assert changed.args[0].file == file


def test_a_remembered_classifier_that_is_gone_is_passed_over(
    qtbot: QtBot, opened: MainWindow, started: Start, store: QSettings, tmp_path: Path
) -> None:
    opened.settings.last_classifier = str(tmp_path / "gone.safetensors")
    opened.close()
    second = started(store)
    with qtbot.waitSignal(second.session.classifierChanged, timeout=LONG) as changed:
        second.open_first()
    assert changed.args[0].file == find_shipped(STANDARD).path
    assert shown_message(second) == ""


@pytest.mark.parametrize(("stored", "shown"), [("nan", 0.03), ("1e999", 0.03), ("-4", 0.0), ("7", 0.2)])
def test_a_remembered_epsilon_is_one_that_can_be_set(
    started: Start, store: QSettings, stored: str, shown: float
) -> None:
    store.setValue("attack/epsilon", stored)
    window = started(store)
    assert window.findChild(QDoubleSpinBox, "epsilonBox").value() == shown
    assert window.session.setting.epsilon == pytest.approx(shown / 2)


def test_an_image_that_the_program_was_started_with_is_judged(
    qtbot: QtBot, window: MainWindow, folder: Path
) -> None:
    with qtbot.waitSignal(window.session.inspectionChanged, timeout=LONG):
        window.open_first([next(folder.rglob("*.jpeg"))])
    assert window.session.classifier.file == find_shipped(STANDARD).path
    assert window.settings.last_classifier == ""


def test_a_fresh_start_ignores_what_was_left_and_does_not_lose_it(
    opened: MainWindow, started: Start, store: QSettings, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened.tabs.setCurrentWidget(opened.attack_tab)
    opened.close()
    store.setValue("attack/epsilon", 0.1)
    fresh = started(store, fresh=True)
    assert fresh.findChild(QDoubleSpinBox, "epsilonBox").value() == 0.03
    assert fresh.tabs.currentWidget() is fresh.dataset_tab
    asked = []
    monkeypatch.setattr(fresh, "open_demo", lambda: asked.append("demo"))
    fresh.open_first()
    assert asked == ["demo"]
    assert store.value("files/last_folder") == str(folder)


def test_a_remembered_folder_that_is_gone_gives_the_demo(
    window: MainWindow, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    window.settings.last_folder = str(tmp_path / "gone")
    asked = []
    monkeypatch.setattr(window, "open_demo", lambda: asked.append("demo"))
    window.open_first()
    assert asked == ["demo"]


def test_nonsense_in_the_settings_file_gives_the_defaults(started: Start, store: QSettings) -> None:
    for key in ("window/theme", "window/geometry", "window/tab", "files/recent", "files/last_folder"):
        store.setValue(key, [1, {"x": 2}])
    window = started(store)
    assert window.tabs.currentWidget() is window.dataset_tab
    assert theme().mode == "system"


def test_opened_folders_are_offered_again(qtbot: QtBot, opened: MainWindow, folder: Path) -> None:
    menu = opened.findChild(QMenu, "recentMenu")
    opened.findChild(QMenu, "fileMenu").aboutToShow.emit()
    assert menu.isEnabled()
    [entry] = menu.actions()
    with qtbot.waitSignal(opened.session.datasetChanged, timeout=LONG):
        entry.trigger()
    assert opened.settings.recent == [str(folder)]
