"""Whatever the size and the theme: no words are cut, all can be read, and all that is reached has a name."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import pytest
from PySide6.QtCore import QCoreApplication, QPoint, QRect, QSize, Qt
from PySide6.QtGui import QColor, QImage, QPalette
from PySide6.QtWidgets import (
    QAbstractScrollArea,
    QAbstractSpinBox,
    QApplication,
    QCheckBox,
    QComboBox,
    QLabel,
    QLineEdit,
    QPushButton,
    QTabBar,
    QToolButton,
    QWidget,
)
from pytestqt.qtbot import QtBot

from cxr_gui.core.demo.folder import demo_classifier_path
from cxr_gui.ui.attack.verdict.prediction import DecisionLabel
from cxr_gui.ui.widgets import elided
from cxr_gui.ui.widgets.theme import theme
from cxr_gui.ui.window.main_window import MainWindow
from tests.support.contrasts import contrast
from tests.support.filled_runs import compare_runs
from tests.support.patience import LONG, WAIT

SIZES = ((1024, 700), (1280, 800), (1920, 1080))
FITTING = ("datasetTab", "trainingTab", "attackTab", "runsTab")
"""The pages that a window of the smallest size has room for."""
LEAST_CONTRAST = 4.5  # WCAG 2.2, of text
ELIDED = (DecisionLabel, *(kind for name, kind in vars(elided).items() if name.startswith("Elided")))
PARTS_OF = (QAbstractScrollArea, QAbstractSpinBox, QComboBox, QLineEdit, QTabBar)


@pytest.fixture
def busy(qtbot: QtBot, opened: MainWindow, folder: Path, tmp_path: Path) -> Iterator[MainWindow]:
    """The window with a film attacked, a sweep, runs that are compared, and something to say."""
    with qtbot.waitSignal(opened.session.classifierChanged, timeout=LONG):
        opened.open_paths([demo_classifier_path()])
    with qtbot.waitSignal(opened.session.inspectionChanged, timeout=LONG):
        opened.open_paths([next(folder.rglob("test/*/*.jpeg"))])
    with qtbot.waitSignals([opened.session.sweepChanged, opened.session.outcomesChanged], timeout=WAIT):
        opened.sweep()
    compare_runs(qtbot, opened, tmp_path / "runs")
    opened.session.tell("This film is not like those that the classifier has seen.", level="warning")
    yield opened
    theme().set_mode("system")


def everywhere(window: MainWindow) -> Iterator[str]:
    """Every page in every size and theme, each theme come to by a switch from the other."""
    for mode in ("dark", "light", "dark"):
        window.set_theme(mode)
        for size in SIZES:
            window.resize(*size)
            for page in window.tabs.pages():
                window.tabs.setCurrentWidget(page)
                for _ in range(3):
                    QCoreApplication.processEvents()
                yield f"{page.objectName()}, {mode}, {size[0]} x {size[1]}"


def shown(window: MainWindow, kind: type[QWidget]) -> list[QWidget]:
    """What of a kind is on screen, as much as of it there is to see."""
    return [widget for widget in window.findChildren(kind) if not widget.visibleRegion().isEmpty()]


def is_cut(widget: QWidget) -> bool:
    """Whether some of its words are not to be seen."""
    if isinstance(widget, QLabel):
        room = widget.contentsRect().size()
        if widget.wordWrap():
            return widget.heightForWidth(widget.width()) > widget.height() + 1
        flags = Qt.TextFlag.TextExpandTabs
        words = widget.fontMetrics().size(flags, widget.text()) if widget.text() else QSize()
        return words.width() > room.width() + 1
    return widget.sizeHint().width() > widget.width() + 1


def contrast_of(widget: QWidget, window: MainWindow, image: QImage) -> float:
    """Of its words with what lies behind most of it."""
    place = QRect(widget.mapTo(window, QPoint()), widget.size()).intersected(image.rect())
    part = image.copy(place)
    dots = Counter(part.pixel(x, y) for x in range(0, part.width(), 2) for y in range(0, part.height(), 2))
    ground = QColor(dots.most_common(1)[0][0])
    role = QPalette.ColorRole.WindowText if isinstance(widget, QLabel) else QPalette.ColorRole.ButtonText
    return contrast(widget.palette().color(role).name(), ground.name())


def test_words_are_whole_and_can_be_read_in_every_size_and_theme(busy: MainWindow) -> None:
    cut: list[str] = []
    faint: list[str] = []
    for where in everywhere(busy):
        image = busy.grab().toImage()
        for kind in (QLabel, QPushButton, QToolButton, QCheckBox):
            for widget in shown(busy, kind):
                if not widget.text() or isinstance(widget.parent(), PARTS_OF):
                    continue
                said = f"{where}: {widget.objectName()} '{widget.text()[:40]}'"
                if not isinstance(widget, ELIDED) and is_cut(widget):
                    cut.append(said)
                if widget.isEnabled() and contrast_of(widget, busy, image) < LEAST_CONTRAST:
                    faint.append(said)
    assert cut == []
    assert faint == []


def test_what_is_cut_or_faint_is_found(qtbot: QtBot, window: MainWindow) -> None:
    words = QLabel("some words to be read", window)
    words.move(4, 4)
    words.show()
    for width, cut in ((words.sizeHint().width(), False), (words.sizeHint().width() - 9, True)):
        words.resize(width, words.sizeHint().height())
        assert is_cut(words) == cut
    for colour, faint in (("#888888", True), ("#444444", False)):
        words.setStyleSheet(f"color: {colour}; background: #ffffff;")
        assert (contrast_of(words, window, window.grab().toImage()) < LEAST_CONTRAST) == faint


def test_pages_fit_and_hands_without_a_mouse_find_their_way(busy: MainWindow) -> None:
    assert busy.messages.accessibleName()
    for page in busy.tabs.pages():
        busy.tabs.setCurrentWidget(page)
        assert page.accessibleName()
        check_names(busy)
        check_order(busy)
        if page.objectName() in FITTING:
            least = page.minimumSizeHint()
            assert least.width() <= SIZES[0][0], page.objectName()
            assert least.height() + busy.height() - page.height() <= SIZES[0][1], page.objectName()


def check_names(window: MainWindow) -> None:
    """Whatever is reached has a name, and what has no words says what it does."""
    for widget in shown(window, QWidget):
        if widget.focusPolicy() == Qt.FocusPolicy.NoFocus or isinstance(widget.parent(), PARTS_OF):
            continue
        worded = isinstance(widget, QLabel | QPushButton | QToolButton | QCheckBox) and widget.text()
        assert widget.accessibleName() or worded, widget.objectName()
        if isinstance(widget, QPushButton | QToolButton) and not worded:
            assert widget.toolTip(), widget.objectName()


def check_order(window: MainWindow) -> None:
    """Tab goes from left to right in every row."""
    window.tabs.tabBar().setFocus(Qt.FocusReason.TabFocusReason)
    visited: list[QWidget] = []
    while (widget := QApplication.focusWidget()) not in visited:
        visited.append(widget)
        window.focusNextChild()
    for one, other in pairwise(visited):
        beside = one.parentWidget() is other.parentWidget() and (
            one.geometry().top() < other.geometry().center().y() < one.geometry().bottom()
        )
        assert not beside or one.x() < other.x(), f"{one.objectName()} before {other.objectName()}"
