"""The first minute: the window opens on something worth seeing, and predicts what is dropped on it."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QMimeData, Qt, QUrl
from PySide6.QtGui import QDragEnterEvent, QDropEvent
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from cxr_gui.ui.window.main_window import MainWindow
from tests.support.films import film
from tests.support.patience import LONG, WAIT


def test_the_first_start_shows_an_attacked_film_and_a_chart_then_predicts_a_dropped_one(
    qtbot: QtBot, window: MainWindow
) -> None:
    session = window.session
    with qtbot.waitSignals([session.sweepChanged, session.inspectionChanged], timeout=WAIT):
        window.open_first()
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
    assert not window.messages.isVisible()


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


def drop(window: MainWindow, file: Path) -> None:
    """Drop a file on the middle of the window."""
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(file))])
    where, buttons, keys = window.rect().center(), Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
    for kind in (QDragEnterEvent, QDropEvent):
        place = where if kind is QDragEnterEvent else where.toPointF()
        QApplication.sendEvent(window, kind(place, Qt.DropAction.CopyAction, data, buttons, keys))
