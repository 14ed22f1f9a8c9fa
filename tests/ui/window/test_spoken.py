"""What somebody hears who does not see the window: each stop of Tab has a name, in the order of the eye."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QAccessible, QAccessibleAnnouncementEvent
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from cxr_gui.core.demo.folder import demo_classifier_path
from cxr_gui.ui.window.main_window import MainWindow
from tests.support.filled_runs import compare_runs
from tests.support.patience import LONG
from tests.support.report_samples import sweep_result
from tests.support.spoken import accessible, description_of, in_tab_order, name_of, spoken

TAGS = re.compile(r"<[a-z/]|&\w+;|&#")


@pytest.fixture
def told(qtbot: QtBot, window: MainWindow, folder: Path, tmp_path: Path) -> MainWindow:
    """The window with a dataset, the demo classifier, an attacked film, a sweep on the chart, and runs."""
    with qtbot.waitSignal(window.session.classifierChanged, timeout=LONG):
        window.open_paths([demo_classifier_path()])
    with qtbot.waitSignal(window.session.inspectionChanged, timeout=LONG):
        window.open_paths([folder])
    window.session.add_sweep(sweep_result(negative=6, positive=9))
    compare_runs(qtbot, window, tmp_path / "runs")
    return window


def stops(window: MainWindow, page: QWidget) -> list[QWidget]:
    window.tabs.setCurrentWidget(page)
    return in_tab_order(page)


def test_each_stop_has_a_name_and_words_that_are_no_html_and_are_not_said_twice(told: MainWindow) -> None:
    for page in told.tabs.pages():
        found = stops(told, page)
        assert len(found) > 8
        for widget in found:
            part = accessible(widget)
            name, described, words = name_of(part), description_of(part), spoken(part)
            assert name, (page.objectName(), widget.objectName())
            assert not TAGS.search(f"{name} {described}"), words
            assert described == name or not described.startswith(f"{name} ("), words
            assert described == name or described.replace("\n", ". ") != name, words


def test_tab_goes_through_the_attack_as_the_eye_does(told: MainWindow) -> None:
    names = [widget.objectName() for widget in stops(told, told.attack_tab)]
    seen = ["epsilonBox", "epsilonSlider", "classifierBox", "attackBox", "threatBox", "labelBox"]
    seen += ["sweepButton", "compareButton", "epsilonsField", "certifyToggle", "sweepChip", "curvesButton"]
    seen += ["logToggle", "fillChartButton", "accuracyPlot"]
    assert [name for name in names if name in seen] == [name for name in seen if name in names]
    assert {"sweepChip", "epsilonSlider", "labelBox", "accuracyPlot"} <= set(names)


def test_epsilon_and_the_verdict_can_be_heard(told: MainWindow) -> None:
    told.session.set_epsilon(0.02)
    tab = told.attack_tab
    assert tab.controls.epsilon.slider.accessibleDescription().startswith("epsilon 0.04 (5.1/255)")
    film = told.session.film
    assert film is not None
    assert tab.views.accessibleDescription() == f"{film.path.name}. {tab.verdict.sentence.text()}"


@pytest.fixture
def heard(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What is read out from now on."""
    heard: list[str] = []

    def listen(event: QAccessibleAnnouncementEvent) -> None:
        heard.append(event.message())

    monkeypatch.setattr(QAccessible, "updateAccessibility", listen)
    return heard


def test_the_points_of_the_chart_are_read_out(qtbot: QtBot, told: MainWindow, heard: list[str]) -> None:
    told.tabs.setCurrentWidget(told.attack_tab)
    chart = told.attack_tab.sweep.chart
    told.activateWindow()
    chart.setFocus()
    qtbot.waitUntil(chart.hasFocus, timeout=LONG)
    qtbot.keyClick(chart, Qt.Key.Key_Right)
    qtbot.keyClick(chart, Qt.Key.Key_Right)
    assert len(heard) == 2
    assert all("epsilon" in words for words in heard)
    assert heard[-1] == told.attack_tab.sweep.readout.text()


def test_the_films_of_the_grid_are_read_out(qtbot: QtBot, told: MainWindow, heard: list[str]) -> None:
    told.tabs.setCurrentWidget(told.dataset_tab)
    told.activateWindow()
    grid = told.dataset_tab.grid
    grid.setFocus()
    qtbot.waitUntil(grid.hasFocus, timeout=LONG)
    for key in (Qt.Key.Key_Home, Qt.Key.Key_Right, Qt.Key.Key_Right):
        qtbot.keyClick(grid, key)
    model = grid.model()
    role = Qt.ItemDataRole.AccessibleTextRole
    assert heard[-2:] == [model.index(1, 0).data(role), model.index(2, 0).data(role)]


def test_a_label_with_a_number_says_the_number(told: MainWindow) -> None:
    told.session.set_epsilon(0.02)
    assert told.attack_tab.controls.epsilon.level.accessibleName() == "Epsilon in grey levels: = 5.1/255"
    device = accessible(told.findChild(QWidget, "deviceLabel"))
    assert name_of(device).startswith("Device: CPU")
