"""Without a mouse: Tab reaches every control, focus can be seen, all have names, plots are read by keys."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pyqtgraph as pg
import pytest
from PySide6.QtCore import QObject, Qt
from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractItemView,
    QAbstractScrollArea,
    QAbstractSlider,
    QAbstractSpinBox,
    QApplication,
    QComboBox,
    QDialog,
    QDialogButtonBox,
    QHeaderView,
    QLineEdit,
    QPlainTextEdit,
    QProgressBar,
    QScrollBar,
    QTabBar,
    QTableWidget,
    QTextBrowser,
    QWidget,
)
from pytestqt.qtbot import QtBot

from cxr_gui.core.demo.folder import demo_classifier_path
from cxr_gui.ui.attack.export.export_dialog import ExportDialog
from cxr_gui.ui.attack.viewer.mouse import MouseDialog
from cxr_gui.ui.training.recipe_editor import RecipeEditor
from cxr_gui.ui.widgets.plots import Plot, Stream
from cxr_gui.ui.window.main_window import MainWindow
from tests.support.filled_runs import compare_runs
from tests.support.patience import LONG, WAIT

CONTROLS = (
    QAbstractButton,
    QAbstractItemView,
    QAbstractSlider,
    QAbstractSpinBox,
    QComboBox,
    QLineEdit,
    QPlainTextEdit,
    QProgressBar,
    QTabBar,
    QTextBrowser,
)
PARTS_OF = (QAbstractScrollArea, QAbstractSpinBox, QComboBox, QLineEdit, QTabBar)
"""Qt's own controls inside these are theirs: arrows, clear buttons, lists that drop down."""


@pytest.fixture
def busy(qtbot: QtBot, opened: MainWindow, folder: Path, tmp_path: Path) -> MainWindow:
    """The window with a few films, one of them attacked, a sweep of the others, and runs compared."""
    with qtbot.waitSignal(opened.session.classifierChanged, timeout=LONG):
        opened.open_paths([demo_classifier_path()])
    with qtbot.waitSignal(opened.session.inspectionChanged, timeout=LONG):
        opened.open_paths([next(folder.rglob("test/*/*.jpeg"))])
    with qtbot.waitSignal(opened.session.sweepChanged, timeout=WAIT):
        opened.sweep()
    compare_runs(qtbot, opened, tmp_path / "runs")
    return opened


def controls(parent: QWidget) -> Iterator[QWidget]:
    """What people act on or read values from, less what Qt makes inside its own widgets."""
    for widget in parent.findChildren(QWidget):
        inside = isinstance(widget.parent(), PARTS_OF) or isinstance(widget, QScrollBar | QHeaderView)
        dropped = widget.window().windowType() == Qt.WindowType.Popup
        if isinstance(widget, CONTROLS) and not inside and not dropped:
            yield widget


def name_of(widget: QWidget) -> str:
    """What a screen reader says."""
    return widget.accessibleName() or (widget.text() if isinstance(widget, QAbstractButton) else "")


def stops(window: MainWindow, page: QWidget) -> tuple[list[QWidget], list[str]]:
    """What Tab visits on a page, and those on which nothing shows that they have the focus."""
    window.tabs.setCurrentWidget(page)
    window.tabs.tabBar().setFocus(Qt.FocusReason.TabFocusReason)
    visited, unseen = [], []
    while (widget := QApplication.focusWidget()) not in visited:
        visited.append(widget)
        focused = widget.grab().toImage()
        window.focusNextChild()
        if widget.grab().toImage() == focused:
            unseen.append(widget.objectName())
    return visited, unseen


def test_tab_reaches_everything_and_shows_where_it_is(busy: MainWindow) -> None:
    for number in range(busy.tabs.count()):
        check_page(busy, busy.tabs.widget(number))


def check_page(busy: MainWindow, tab: QWidget) -> None:
    visited, unseen = stops(busy, tab)
    assert unseen == []
    assert [widget.objectName() for widget in visited if not name_of(widget)] == []
    taking = [
        widget
        for widget in tab.findChildren(QWidget)
        if widget.isVisible() and widget.isEnabled() and widget.focusPolicy() & Qt.FocusPolicy.TabFocus
    ]
    own = [
        widget for widget in taking if not isinstance(widget.parent(), PARTS_OF) and not widget.focusProxy()
    ]
    assert [widget.objectName() for widget in own if widget not in visited] == []


def test_tab_leaves_the_table_of_epochs(window: MainWindow) -> None:
    window.tabs.setCurrentWidget(window.training_tab)
    table = window.findChild(QTableWidget, "epochTable")
    table.setRowCount(3)
    table.setFocus()
    window.focusNextChild()
    assert not table.hasFocus()


def test_every_control_has_a_name_for_programs_and_one_for_people(busy: MainWindow) -> None:
    waiting = [
        button for button in busy.findChildren(QAbstractButton) if button.isHidden() and not button.text()
    ]
    found = [widget for widget in controls(busy) if widget not in waiting]  # for words that say how many
    assert [type(widget).__name__ for widget in found if not widget.objectName()] == []
    assert [widget.objectName() for widget in found if not name_of(widget)] == []
    dialog = ExportDialog(busy.session, busy)
    dialog.open()
    check_dialog(dialog)


def test_a_grey_button_says_why(window: MainWindow) -> None:
    for number in range(window.tabs.count()):
        window.tabs.setCurrentIndex(number)
        grey = [
            one for one in window.findChildren(QAbstractButton) if one.isVisible() and not one.isEnabled()
        ]
        assert [button.objectName() for button in grey if not button.toolTip()] == []


@pytest.mark.parametrize(
    "which",
    [
        "aboutAction",
        "shortcutsAction",
        "guideAction",
        "downloadAction",
        "settingsAction",
        "filmFactsAction",
        "mouse",
        "recipe",
    ],
)
def test_every_control_of_a_dialog_has_a_name(window: MainWindow, which: str) -> None:
    if which == "mouse":
        MouseDialog(window.attack_tab.views.look, window).open()
    elif which == "recipe":
        form = window.training_tab.form
        RecipeEditor(form.recipe(), form.recipe(), window).open()
    else:
        window.findChild(QAction, which).trigger()
    check_dialog(next(child for child in window.findChildren(QDialog) if child.isVisible()))


def check_dialog(dialog: QDialog) -> None:
    assert dialog.objectName()
    assert dialog.windowTitle()
    found = list(controls(dialog))
    assert found
    assert [widget.objectName() for widget in found if not name_of(widget)] == []
    own = [widget for widget in found if not isinstance(widget.parent(), QDialogButtonBox)]
    for box in dialog.findChildren(QDialogButtonBox):
        usual = [one for one in box.buttons() if box.standardButton(one) != box.StandardButton.NoButton]
        assert all(one.icon().isNull() for one in usual)  # the platform's are pixels of no theme
    assert [name_of(widget) for widget in own if not widget.objectName()] == []


def parents(action: QAction) -> Iterator[QObject]:
    """All that it lies in, from the inside out."""
    above = action.parent()
    while above is not None:
        yield above
        above = above.parent()


def test_no_two_actions_share_a_key(window: MainWindow) -> None:
    """But for those of different tabs, which are not in front together."""
    wide: list[str] = []
    scoped: list[tuple[str, str]] = []
    for action in window.findChildren(QAction):
        keys = [key.toString() for key in action.shortcuts()]
        if action.shortcutContext() == Qt.ShortcutContext.WidgetWithChildrenShortcut:
            tab = next(page for page in window.tabs.pages() if page in parents(action))
            scoped += [(tab.objectName(), key) for key in keys]
        else:
            wide += keys
    assert sorted(set(wide)) == sorted(wide)
    assert sorted(set(scoped)) == sorted(scoped)
    assert set(wide).isdisjoint(key for _, key in scoped)
    assert {"F1", "Shift+F1", "Ctrl+/"} <= set(wide)
    assert QKeySequence(QKeySequence.StandardKey.Open).toString() in wide


def test_arrow_keys_read_a_plot(qtbot: QtBot) -> None:
    plot = Plot()
    plot.resize(400, 300)
    qtbot.addWidget(plot)
    stream = Stream(plot)
    stream.append([0.0, 1.0], [0.0, 1.0])
    plot.redraw()
    with qtbot.waitExposed(plot):
        plot.show()
    seen: list[tuple[float, float]] = []
    plot.set_readout(lambda x, y: seen.append((x, y)) or f"{x}, {y}")
    readout = next(item for item in plot.scene().items() if isinstance(item, pg.TextItem))
    for key in (Qt.Key.Key_Right, Qt.Key.Key_Right, Qt.Key.Key_Left):
        qtbot.keyClick(plot, key)
    first, second, again = seen
    assert first[0] < second[0]
    assert again == first
    assert readout.isVisible()
    plot.setFocus()
    plot.clearFocus()
    assert not readout.isVisible()


def test_keys_go_from_point_to_point_of_the_chart_and_enter_lists_what_flipped(
    qtbot: QtBot, busy: MainWindow
) -> None:
    busy.tabs.setCurrentWidget(busy.attack_tab)
    panel = busy.attack_tab.sweep
    chart = panel.chart
    said: list[str] = []
    chart.pointHovered.connect(said.append)
    qtbot.keyClick(chart, Qt.Key.Key_Left)  # from the right end
    assert said[-1].startswith("demo: FGSM, rgb, ")
    assert "epsilon 0.1 (" in said[-1]
    assert panel.readout.text() == said[-1]
    with qtbot.waitSignal(chart.pointClicked):
        qtbot.keyClick(chart, Qt.Key.Key_Return)
    assert busy.findChild(QAbstractItemView, "flippedList").isVisible()
