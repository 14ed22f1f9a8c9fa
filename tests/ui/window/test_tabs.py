"""A word that changes inside a tab is laid out and painted; what is beside it is left alone."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QCoreApplication
from PySide6.QtGui import QIcon, QPixmap
from PySide6.QtWidgets import QLabel, QTabWidget, QVBoxLayout, QWidget
from pytestqt.qtbot import QtBot

from cxr_gui.ui.window.tabs import Tabs
from tests.support.painted import Counted


class Shown:
    """Tabs on screen, with a label above a widget that counts how often it is painted."""

    def __init__(self, qtbot: QtBot, tabs: QTabWidget) -> None:
        self.tabs, self.page, self.label, self.counted = tabs, QWidget(), QLabel("short"), Counted()
        layout = QVBoxLayout(self.page)
        layout.addWidget(self.label)
        layout.addWidget(self.counted, 1)
        tabs.addTab(self.page, "First")
        tabs.resize(300, 200)
        qtbot.addWidget(tabs)
        with qtbot.waitExposed(tabs):
            tabs.show()
        qtbot.waitUntil(lambda: self.counted.painted > 0)
        QCoreApplication.processEvents()


def test_a_longer_word_is_laid_out_and_nothing_else_painted(qtbot: QtBot) -> None:
    shown = Shown(qtbot, Tabs())
    before, least = shown.counted.painted, shown.tabs.minimumSizeHint().width()
    shown.label.setText("a word that is a good deal longer than it was, and so wants more room than there is")
    qtbot.waitUntil(lambda: shown.tabs.minimumSizeHint().width() > least)
    QCoreApplication.processEvents()
    assert shown.counted.painted == before


def test_qt_paints_all_of_it(qtbot: QtBot) -> None:
    """Why there are tabs of our own; where this fails, they are no longer needed."""
    shown = Shown(qtbot, QTabWidget())
    before = shown.counted.painted
    shown.label.setText("a longer word")
    qtbot.waitUntil(lambda: shown.counted.painted > before)


@pytest.mark.parametrize("document_mode", [True, False])
def test_what_else_changes_is_laid_out(qtbot: QtBot, document_mode: bool) -> None:
    """Another size, another tab, a wider title, an icon, a bar that is gone: as in Qt's own."""
    ours, qts = Shown(qtbot, Tabs()), Shown(qtbot, QTabWidget())
    for tabs in (ours.tabs, qts.tabs):
        tabs.setDocumentMode(document_mode)
        tabs.resize(500, 320)
        tabs.addTab(QWidget(), "Second, which is longer")
        tabs.setTabText(0, "First, renamed")
        image = QPixmap(16, 16)
        image.fill()
        tabs.setTabIcon(1, QIcon(image))
        tabs.setCurrentIndex(1)
        tabs.setCurrentIndex(0)
    for step in (lambda tabs: None, lambda tabs: tabs.tabBar().hide()):
        for tabs in (ours.tabs, qts.tabs):
            step(tabs)
        for _ in range(3):
            QCoreApplication.processEvents()
        assert ours.page.geometry() == qts.page.geometry()
        assert ours.tabs.tabBar().geometry() == qts.tabs.tabBar().geometry()


def test_hidden_pages_are_painted_ahead(qtbot: QtBot) -> None:
    shown = Shown(qtbot, Tabs())
    hidden = [Counted(), Counted()]
    for number, page in enumerate(hidden):
        shown.tabs.addTab(page, f"Hidden {number}")
    for _ in range(3):
        QCoreApplication.processEvents()
    before = shown.counted.painted
    shown.tabs.paint_hidden()
    assert [page.painted for page in hidden] == [1, 1]
    assert [page.size() for page in hidden] == [shown.page.size()] * 2
    assert not any(page.isVisible() for page in hidden)
    assert shown.counted.painted == before
