"""Classifiers swept beside the one in use, for one chart."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QPushButton
from pytestqt.qtbot import QtBot

from cxr_gui.core.models import shipped_classifiers as shipped
from cxr_gui.core.models.checkpoint import save
from cxr_gui.core.models.registry import create
from cxr_gui.session.lanes import Lane
from cxr_gui.ui.attack.sweep.beside import BesideButton
from cxr_gui.ui.window.main_window import MainWindow
from tests.support.patience import WAIT


def shipped_file(name: str) -> Path:
    entry = shipped.find_shipped(name)
    assert entry is not None
    return entry.path


def use(qtbot: QtBot, window: MainWindow, file: Path) -> BesideButton:
    with qtbot.waitSignal(
        window.session.classifierChanged, timeout=WAIT, check_params_cb=lambda known: known.file == file
    ):
        window.open_paths([file])
    button = window.findChild(BesideButton, "besideButton")
    assert button is not None
    return button


def tick(button: BesideButton, title: str) -> None:
    button.menu().aboutToShow.emit()
    [action] = [action for action in button.menu().actions() if action.text() == title]
    action.trigger()


def test_standard_and_robust_stand_beside_each_other_and_nothing_beside_the_demo(
    qtbot: QtBot, window: MainWindow
) -> None:
    standard, robust = shipped_file(shipped.STANDARD), shipped_file(shipped.ROBUST)
    button = use(qtbot, window, standard)
    assert button.files() == [robust]
    assert "Robust" in button.text()
    assert use(qtbot, window, robust).files() == [standard]
    assert use(qtbot, window, shipped_file(shipped.DEMO)).files() == []
    assert button.text() == "Compare"


def test_what_is_ticked_is_swept_after_the_one_in_use_and_drawn_beside_it(
    qtbot: QtBot, opened: MainWindow, tmp_path: Path
) -> None:
    files = [tmp_path / f"{name}.safetensors" for name in ("first", "second")]
    for file in files:
        save(create("compact_cnn", width=4), file)
        button = use(qtbot, opened, file)
    assert button.text() == "Compare"
    tick(button, "first")
    assert button.text() == "Compare with: first"
    opened.attack_tab.sweep.bar.epsilons.setText("0, 0.1")
    swept: list[str] = []
    opened.session.sweepChanged.connect(lambda result: swept.append(result.about["classifier"]))
    begin = opened.findChild(QPushButton, "sweepButton")
    opened.tabs.setCurrentWidget(opened.attack_tab)
    with qtbot.waitSignal(opened.session.outcomesChanged, timeout=WAIT):
        qtbot.mouseClick(begin, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: swept == ["second", "first"] and begin.isVisible(), timeout=WAIT)
    assert [curves.title.partition(":")[0] for curves in opened.attack_tab.sweep.curves()] == swept
    assert opened.session.classifier is not None
    assert opened.session.classifier.file == files[1]
    tick(button, "first")
    assert button.files() == []


def test_cancelling_sweeps_nothing_more(qtbot: QtBot, opened: MainWindow, tmp_path: Path) -> None:
    for name in ("first", "second"):
        file = tmp_path / f"{name}.safetensors"
        save(create("compact_cnn", width=4), file)
        button = use(qtbot, opened, file)
    tick(button, "first")
    panel = opened.attack_tab.sweep.bar
    with qtbot.waitSignal(opened.session.jobStarted, timeout=WAIT) as started:
        panel.start()
    with qtbot.waitSignal(started.args[0].ended, timeout=WAIT):
        panel.cancel.click()
    assert opened.session.job(Lane.SWEEP) is None
    assert panel.button.isVisibleTo(panel)


def test_a_sweep_that_begins_does_not_show_the_points_of_the_one_before_it(
    qtbot: QtBot, opened: MainWindow, tmp_path: Path
) -> None:
    for name in ("first", "second"):
        file = tmp_path / f"{name}.safetensors"
        save(create("compact_cnn", width=4), file)
        button = use(qtbot, opened, file)
    tick(button, "first")
    bar, grown = opened.attack_tab.sweep.bar, list[str]()
    with qtbot.waitSignal(opened.session.jobStarted, timeout=WAIT) as started:
        bar.start()
    (job,) = started.args
    job.ended.connect(lambda: bar.grew.connect(lambda curves: grown.append(curves.title)))
    job.ended.connect(bar._redraw.timeout.emit)  # as late as it can come
    with qtbot.waitSignal(job.ended, timeout=WAIT):
        job.ended.connect(lambda: bar.grew.disconnect())
    assert grown == []
    bar.cancel.click()
