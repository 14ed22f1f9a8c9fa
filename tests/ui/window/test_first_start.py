"""The first minute: the window opens on something worth seeing, and predicts what is dropped on it."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import pytest
from PySide6.QtCore import QMimeData, Qt, QUrl
from PySide6.QtGui import QDragEnterEvent, QDropEvent
from PySide6.QtWidgets import QApplication, QLabel, QPushButton
from pytestqt.qtbot import QtBot

from cxr_gui.core.demo import ensure_demo
from cxr_gui.ui.window.hints import CHART, MORE, OWN, SLIDER
from cxr_gui.ui.window.main_window import MainWindow
from tests.support.films import film
from tests.support.hands import shown_message
from tests.support.patience import LONG, WAIT

INVITATION = "Drop an X-ray, or a folder of them"


@pytest.fixture
def small_demo(monkeypatch: pytest.MonkeyPatch) -> None:
    """A demo study of a few films, for what has nothing to do with how many they are."""
    monkeypatch.setattr("cxr_gui.core.demo.ensure_demo", partial(ensure_demo, train=8, test=8))


def said(window: MainWindow) -> list[str]:
    """What can be read on the tab that is in front."""
    labels = window.tabs.currentWidget().findChildren(QLabel)
    return [label.text() for label in labels if label.isVisible() and label.text()]


def test_the_first_start_says_what_it_prepares_shows_an_attacked_film_and_a_chart_and_predicts_a_dropped_one(
    qtbot: QtBot, window: MainWindow
) -> None:
    session = window.session
    assert INVITATION in said(window)
    with qtbot.waitSignals([session.sweepChanged, session.inspectionChanged], timeout=WAIT):
        window.open_first()
        assert "Preparing the demo study\N{HORIZONTAL ELLIPSIS}" in said(window)
        assert INVITATION not in said(window)
        assert not window.findChild(QPushButton, "emptyOpenButton").isVisible()
    assert window.tabs.currentWidget() is window.attack_tab
    assert session.inspection.state == "flipped"
    points = session.sweeps[0].points
    assert points[0].accuracy > 0.8
    assert points[-1].accuracy < 0.5
    assert all(check.passed for check in session.sweeps[0].checks)

    dropped = Path(session.dataset.of("test", "PNEUMONIA")[0].path)
    with qtbot.waitSignal(session.inspectionChanged, timeout=LONG) as changed:
        drop(window, dropped)
    assert session.film.path == dropped
    assert changed.args[0].clean_decision == "PNEUMONIA"
    assert not [message for message in window.messages.messages if message.level != "hint"]


@pytest.mark.usefixtures("small_demo")
def test_what_is_dropped_while_the_demo_loads_stays_in_view(
    qtbot: QtBot, window: MainWindow, tmp_path: Path
) -> None:
    session, mine = window.session, tmp_path / "mine.png"
    film(mine, 1)
    shown = []
    session.filmChanged.connect(lambda film: shown.append(film.path))
    with qtbot.waitSignal(session.sweepChanged, timeout=WAIT):
        window.open_first()
        drop(window, mine)
    assert shown == [mine]
    assert session.inspection is not None


def test_an_invitation_is_back_when_nothing_came(qtbot: QtBot, window: MainWindow, tmp_path: Path) -> None:
    with qtbot.waitSignal(window.session.messageRaised, timeout=LONG):
        window.open_paths([tmp_path])
    qtbot.waitUntil(window.findChild(QPushButton, "emptyOpenButton").isVisible)


@pytest.mark.usefixtures("small_demo")
def test_four_hints_come_one_after_another_and_never_again(
    qtbot: QtBot, window: MainWindow, tmp_path: Path
) -> None:
    with qtbot.waitSignals([window.session.sweepChanged, window.session.inspectionChanged], timeout=WAIT):
        window.open_first()
    mine = tmp_path / "mine.png"
    film(mine, 1)
    told = []
    for do in (
        lambda: window.session.set_epsilon(0.02),
        lambda: window.attack_tab.sweep.chart.pointClicked.emit(window.attack_tab.sweep.curves()[0], 1),
        lambda: window.open_paths([mine]),
        window.show_palette,
    ):
        told += [message.text for message in window.messages.messages if message.level == "hint"]
        do()
    assert told == [SLIDER, CHART, OWN, MORE]
    assert not [message for message in window.messages.messages if message.level == "hint"]
    window._hints.show_next()
    assert not [message for message in window.messages.messages if message.level == "hint"]


def test_whoever_puts_a_hint_away_sees_no_other(qtbot: QtBot, window: MainWindow) -> None:
    window._hints.show_next()
    assert shown_message(window) == SLIDER
    window.messages.dismiss()
    window.session.set_epsilon(0.02)
    window._hints.show_next()
    assert shown_message(window) == ""


def drop(window: MainWindow, file: Path) -> None:
    """Drop a file on the middle of the window."""
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(file))])
    where, buttons, keys = window.rect().center(), Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
    for kind in (QDragEnterEvent, QDropEvent):
        place = where if kind is QDragEnterEvent else where.toPointF()
        QApplication.sendEvent(window, kind(place, Qt.DropAction.CopyAction, data, buttons, keys))
