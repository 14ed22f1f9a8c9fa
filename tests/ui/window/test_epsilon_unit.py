"""In which unit epsilons are shown: the whole window follows, at once, and nothing that is kept does."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QAbstractItemModel, QAbstractListModel, QSettings, Qt
from PySide6.QtGui import QAction
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractItemView,
    QAbstractSpinBox,
    QComboBox,
    QLabel,
    QLineEdit,
    QWidget,
)
from pytestqt.qtbot import QtBot

from cxr_gui.core.base.units import from_pixel, to_pixel
from cxr_gui.core.demo.folder import demo_classifier_path
from cxr_gui.ui.attack.strip.filmstrip import ANSWERS, VERDICT
from cxr_gui.ui.attack.sweep.curves import points_in_words
from cxr_gui.ui.attack.viewer.image_view import ImageView
from cxr_gui.ui.dataset.result_filters import critical_words
from cxr_gui.ui.widgets.epsilon_unit import epsilons
from cxr_gui.ui.window.main_window import MainWindow
from cxr_gui.ui.window.settings_dialog import SettingsDialog
from tests.support.open_window import Start
from tests.support.patience import LONG

CHOSEN, SWEPT = to_pixel(0.0375, "model"), (0.0, to_pixel(0.0125, "model"), to_pixel(0.1625, "model"))
ROLES = (
    Qt.ItemDataRole.DisplayRole,
    Qt.ItemDataRole.ToolTipRole,
    Qt.ItemDataRole.AccessibleTextRole,
    VERDICT,
    ANSWERS,
)
EXCEPTIONS = {
    "epsilonLevel": "says the other unit, beside the box that says the chosen one",
    "accuracyPlot top": "the axis of the other unit",
    "filmstrip ToolTipRole": "core's sentence on a film, made as it was judged; it has both units",
}
"""What is left in model units, and why. A recipe's epsilon, in the training tab, is as its file has it."""


@pytest.fixture
def busy(qtbot: QtBot, opened: MainWindow, folder: Path) -> Iterator[MainWindow]:
    """Two films judged, one of them attacked, a sweep, a list of the films that flipped in it."""
    session = opened.session
    with qtbot.waitSignal(session.classifierChanged, timeout=LONG):
        opened.open_paths([demo_classifier_path()])
    session.set_epsilon(CHOSEN)
    opened.attack_tab.sweep.bar.epsilons.setText("0, 0.0125, 0.1625")
    with qtbot.waitSignals([session.sweepChanged, session.outcomesChanged], timeout=LONG):
        opened.sweep()
    opened.open_paths([next(folder.rglob(name)) for name in ("IM-0018*", "person21*")])
    judging, trace = session.judging, opened.attack_tab.verdict.trace
    qtbot.waitUntil(lambda: judging.job is None and len(judging.verdicts) == 2, timeout=LONG)
    qtbot.waitUntil(lambda: trace.sentence != "" and session.inspection is not None, timeout=LONG)
    session.sweeping.sort_out(session.sweeps[-1], 2)
    qtbot.waitUntil(lambda: session.outcomes.epsilon == SWEPT[2], timeout=LONG)
    panel = opened.attack_tab.sweep
    assert panel.flipped.show_point(panel.curves()[0], 2)
    yield opened
    epsilons().set_unit("model")


def texts(window: MainWindow) -> Iterator[tuple[str, str]]:
    """(where, what) of all that the window says, to eyes and to ears, in every tab, hover included."""
    for widget in window.findChildren(QWidget):
        name = widget.objectName() or type(widget).__name__
        said = [widget.toolTip(), widget.accessibleName(), widget.accessibleDescription()]
        if isinstance(widget, QLabel | QAbstractButton | QAbstractSpinBox | QLineEdit):
            said.append(widget.text())
        if isinstance(widget, QComboBox):
            said += [widget.itemText(place) for place in range(widget.count())]
        if isinstance(widget, ImageView):
            said.append(widget.label)
        yield from ((name, words) for words in said)
        if isinstance(widget, QAbstractItemView) and widget.model() is not None:
            yield from cells(name, widget.model())
    tab = window.attack_tab
    yield "traceView", tab.verdict.trace.sentence
    chart = tab.sweep.chart
    for side in ("bottom", "top"):
        axis = chart.getAxis(side)
        yield f"accuracyPlot {side}", axis.labelText
        yield from ((f"accuracyPlot {side}", words) for _, words in axis._tickLevels[0])
    for curves, quantity in chart._drawn:
        for index in range(len(curves.points)):
            yield "point of the chart", points_in_words([(curves, quantity, index)])
    for critical in window.session.outcomes.critical:
        yield "tile", critical_words(float(critical))


def cells(name: str, model: QAbstractItemModel) -> Iterator[tuple[str, str]]:
    columns = 1 if isinstance(model, QAbstractListModel) else model.columnCount()
    for role in ROLES:
        where = f"{name} {getattr(role, 'name', 'painted')}"
        for column in range(columns):
            yield f"{where} heading", str(model.headerData(column, Qt.Orientation.Horizontal, role) or "")
            for row in range(model.rowCount()):
                said = model.index(row, column).data(role)
                yield where, said[0] if isinstance(said, tuple) else said if isinstance(said, str) else ""


def numbers(window: MainWindow) -> set[str]:
    """The window's epsilons in model units, however many digits of them are written."""
    session = window.session
    found = [CHOSEN, *SWEPT, *session.outcomes.critical, window.attack_tab.verdict.trace.bracket.critical]
    found += [judged.critical or 0.0 for judged in session.judging.verdicts.values()]
    model = [from_pixel(float(epsilon), "model") for epsilon in found if 0 < epsilon < np.inf]
    written = {f"{value:{digits}}" for value in model for digits in (".2g", ".3g", ".4g", ".4f", ".12g")}
    return {number for number in written if len(number) > len("0.05")}  # shorter ones are shares, too


def in_model_units_first(words: str, known: set[str]) -> bool:
    """Whether an epsilon is in model units with nothing in grey levels before it; shares are none."""
    plain = re.sub(r"P(\([^)]*\))? = [\d.]+", "", words)
    for number in re.finditer(r"(?<![\d.])\d+\.\d+(?![\d.]*/255)(?!\d)", plain):
        if number[0] in known and "/255" not in plain[: number.start()]:
            return True
    return "model units" in plain and "255" not in plain


def test_nothing_is_left_in_model_units_alone_and_all_comes_back(busy: MainWindow) -> None:
    known, before = numbers(busy), list(texts(busy))
    assert any(in_model_units_first(words, known) for where, words in before if where == "tile")
    epsilons().set_unit("255")
    after = list(texts(busy))
    left = {where: words for where, words in after if in_model_units_first(words, known)}
    assert left.keys() == EXCEPTIONS.keys(), left
    changed = {where for (where, words), (_, then) in zip(before, after, strict=True) if words != then}
    assert {
        *(
            "epsilonBox",
            "epsilonSlider",
            "epsilonLevel",
            "sweepEpsilons",
            "criticalLowest",
            "verdictMeasures",
        ),
        *("verdictSentence", "verdict", "traceView", "perturbedView", "stripSummary", "tile"),
        *(
            "filmstrip UserRole",
            "confusionEpsilon",
            "flippedList DisplayRole",
            "flippedList ToolTipRole heading",
        ),
        *("accuracyPlot bottom", "accuracyPlot top", "point of the chart", "imageGrid ToolTipRole"),
    } - changed == set()
    epsilons().set_unit("model")
    assert list(texts(busy)) == before


def test_what_is_kept_and_filtered_is_the_same_in_either_unit(busy: MainWindow) -> None:
    filters, session = busy.dataset_tab.filters, busy.session
    epsilons().set_unit("255")
    busy.findChild(QAbstractSpinBox, "criticalLowest").setValue(1.5)
    shown = filters.filter().critical
    told: list[object] = []
    session.settingChanged.connect(told.append)
    filters.filterChanged.connect(told.append)
    for unit in ("model", "255", "model"):
        epsilons().set_unit(unit)
    assert told == []
    assert session.setting.epsilon == CHOSEN
    assert busy.attack_tab.sweep.bar.epsilons.chosen() == SWEPT
    assert filters.filter().critical == shown == (1.5 / 255, np.inf)
    assert "epsilon 0.0375 (4.78/255)" in session.inspection.sentence()  # what files and reports have


def test_the_choice_is_made_in_the_settings_and_remembered(
    qtbot: QtBot, window: MainWindow, store: QSettings
) -> None:
    window.findChild(QAction, "settingsAction").trigger()
    box = window.findChild(SettingsDialog).unit_box
    assert [box.itemText(place) for place in range(box.count())] == [
        "Model units (0.03)",
        "Grey levels (3.8/255)",
    ]
    box.setCurrentIndex(1)
    assert window.attack_tab.controls.epsilon.box.text() == "3.825/255"
    assert window.settings.epsilon_unit == "255"
    box.setCurrentIndex(0)
    assert window.attack_tab.controls.epsilon.box.text() == "0.03"
    assert window.settings.epsilon_unit == "model"


def test_a_window_starts_in_the_unit_that_was_chosen(started: Start, store: QSettings) -> None:
    store.setValue("window/epsilon_unit", "255")
    window = started(store)
    assert epsilons().unit == "255"
    assert window.attack_tab.controls.epsilon.box.text() == "3.825/255"
    assert window.attack_tab.sweep.bar.epsilons.text() == "0, 1.275, 3.825, 6.375, 12.75"
    epsilons().set_unit("model")
