"""The progress bar does not have the window painted before its turn."""

from __future__ import annotations

from PySide6.QtWidgets import QProgressBar, QVBoxLayout, QWidget
from pytestqt.qtbot import QtBot

from cxr_gui.ui.widgets.progress_bar import ProgressBar
from tests.support.painted import Counted


def beside(qtbot: QtBot, bar: QProgressBar) -> Counted:
    """A widget on screen with a bar below it; its window lives as long as it does."""
    window, counted = QWidget(), Counted()
    qtbot.addWidget(window)
    counted.keep = window
    layout = QVBoxLayout(window)
    layout.addWidget(counted, 1)
    layout.addWidget(bar)
    window.resize(300, 100)
    with qtbot.waitExposed(window):
        window.show()
    qtbot.waitUntil(lambda: counted.painted > 0)
    return counted


def test_a_value_is_shown_when_the_window_is_painted_next(qtbot: QtBot) -> None:
    bar = ProgressBar()
    counted = beside(qtbot, bar)
    before, without = counted.painted, bar.grab().toImage()
    counted.update()
    bar.advance(50, 100)
    assert counted.painted == before
    assert (bar.value(), bar.maximum()) == (50, 100)
    qtbot.waitUntil(lambda: counted.painted == before + 1)
    assert bar.grab().toImage() != without


def test_qt_paints_at_once(qtbot: QtBot) -> None:
    """Why there is one of our own; where this fails, it is no longer needed."""
    bar = QProgressBar()
    counted = beside(qtbot, bar)
    before = counted.painted
    counted.update()
    bar.setValue(50)
    assert counted.painted == before + 1


def test_an_unknown_total_keeps_it_moving(qtbot: QtBot) -> None:
    bar = ProgressBar()
    qtbot.addWidget(bar)
    bar.advance(3, None)
    assert (bar.minimum(), bar.maximum()) == (0, 0)
