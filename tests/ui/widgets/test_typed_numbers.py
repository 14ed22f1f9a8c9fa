"""Numbers typed key by key, in every field that takes one, as people of several countries type them."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from PySide6.QtCore import QEvent, QLocale, Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractSpinBox, QApplication, QLineEdit, QToolTip, QWidget
from pytestqt.qtbot import QtBot

from cxr_gui.app import create_application
from cxr_gui.core.attacks.registry import attacks, describe_parameters
from cxr_gui.core.training.recipes import PAPER
from cxr_gui.ui.training.recipe_editor import RecipeEditor
from cxr_gui.ui.widgets.field_form import FieldForm
from cxr_gui.ui.widgets.number_box import RealBox, WholeBox
from cxr_gui.ui.window.main_window import MainWindow
from tests.support.hands import shown_message

Box = RealBox | WholeBox
NATIVE = str.maketrans("0123456789.", "٠١٢٣٤٥٦٧٨٩٫")
NO_REAL = ("", "-", "0;5", "0.0x5", "1.000,5", "1,2,3", "1 5", "nan", "1e", "9e9")
NO_WHOLE = ("", "-", "1;5", "1x5", "1,5", "1.5", "1,000", "1.000", "1 5", "1e1", "9999999999")


@pytest.fixture(params=["C", "de_DE", "ar_EG"])
def locale(request: pytest.FixtureRequest) -> Iterator[str]:
    """The language that Qt was started in, and the direction that goes with it."""
    application, before = create_application(), QLocale()
    direction = application.layoutDirection()
    QLocale.setDefault(QLocale(request.param))
    application.setLayoutDirection(QLocale().textDirection())
    yield request.param
    QLocale.setDefault(before)
    application.setLayoutDirection(direction)


@pytest.fixture
def boxes(qtbot: QtBot, locale: str, window: MainWindow) -> Iterator[list[Box]]:
    """Every number field there is: of the window, of the recipe's settings and of all attacks' parameters."""
    editor = RecipeEditor(PAPER, PAPER)
    forms: list[QWidget] = [editor]
    for name in attacks():
        form = FieldForm("Parameter", editor)
        form.show_fields(describe_parameters(name))
        forms.append(form)
    for form in forms:
        qtbot.addWidget(form)
    found = [box for parent in (window, *forms) for box in parent.findChildren(QAbstractSpinBox)]
    assert all(isinstance(box, Box) for box in found), "a number is typed into a field of another kind"
    names = {box.objectName() for box in found}
    assert {"epsilonBox", "criticalLowest", "frameBox", "epochsBox", "learningRateBox"} <= names
    assert {"weight_decaySetting", "stepsParameter", "step_sizeParameter"} <= names
    for box in found:
        box.setEnabled(True)
        if box.objectName() == "frameBox":
            box.setRange(1, 12)
            box.setSuffix(" of 12")
    yield found
    for form in forms:
        form.deleteLater()


def type_into(box: Box, text: str) -> None:
    """Replace the number by `text`, key by key, and enter it."""
    box.selectAll()
    QTest.keyClick(box, Qt.Key.Key_Delete)
    for letter in text:
        if letter.isascii():
            QTest.keyClick(box, letter)
        else:  # QTest knows no keys of other scripts
            key = QKeyEvent(QEvent.Type.KeyPress, 0, Qt.KeyboardModifier.NoModifier, letter)
            QApplication.sendEvent(box, key)
    QTest.keyClick(box, Qt.Key.Key_Return)


def inside(box: Box) -> tuple[str, ...]:
    """Two numbers within the limits, in ASCII, the last one not the box's value."""
    if isinstance(box, WholeBox):
        return str(box.minimum()), str(min(box.maximum(), box.minimum() + 3))
    middle = box.minimum() + (min(box.maximum(), 1.0) - box.minimum()) * 0.3125
    return f"{box.minimum() + 1e-3:.4g}", f"{middle:.5g}"


def test_every_field_takes_a_point_and_a_comma(boxes: list[Box]) -> None:
    for box in boxes:
        for text in inside(box):
            for typed in {text, text.replace(".", ","), text.translate(NATIVE)}:
                box.setValue(box.maximum())
                type_into(box, typed)
                assert box.value() == float(text), (box.objectName(), typed)
                assert box.property("role") != "bad"


def test_what_a_field_shows_can_be_typed_again(boxes: list[Box]) -> None:
    for box in boxes:
        for text in inside(box):
            box.setValue(type(box.value())(float(text)))
            value, shown = box.value(), box.cleanText()
            assert shown.isascii()
            box.setValue(box.maximum())
            type_into(box, shown)
            assert (box.value(), box.cleanText()) == (value, shown), box.objectName()


def test_no_refused_key_leaves_another_number(boxes: list[Box]) -> None:
    for box in boxes:
        before = box.parse(inside(box)[-1])
        box.setValue(before)
        heard: list[float] = []
        box.valueChanged.connect(heard.append)
        for typed in NO_WHOLE if isinstance(box, WholeBox) else NO_REAL:
            type_into(box, typed)
            assert (box.value(), heard) == (before, []), (box.objectName(), typed)
            assert box.property("role") != "bad"


def test_a_refusal_is_seen_while_typing_and_explained_when_entered(qtbot: QtBot, window: MainWindow) -> None:
    box = window.findChild(RealBox, "epsilonBox")
    window.tabs.setCurrentWidget(window.attack_tab)
    box.setValue(0.03)
    box.setFocus()
    box.selectAll()
    qtbot.keyClicks(box, "0;05")
    assert (box.text(), box.value(), box.property("role")) == ("0;05", 0.03, "bad")
    qtbot.keyClick(box, Qt.Key.Key_Return)
    assert (box.text(), box.value(), box.property("role")) == ("0.03", 0.03, "")
    qtbot.waitUntil(lambda: QToolTip.text().startswith("'0;05' is not a number."))
    assert QToolTip.text().endswith("It is still 0.03.")
    type_into(box, "3")
    qtbot.waitUntil(lambda: "'3' is not in the range from 0 to 0.2." in QToolTip.text())


@pytest.mark.parametrize(
    ("typed", "key", "then"), [("0,1", Qt.Key.Key_Up, 0.105), ("x", Qt.Key.Key_Down, 0.025)]
)
def test_an_arrow_goes_on_from_what_is_seen(qtbot: QtBot, typed: str, key: Qt.Key, then: float) -> None:
    create_application()
    box = RealBox(0.0, 0.2, step=0.005)
    qtbot.addWidget(box)
    box.setValue(0.03)
    box.selectAll()
    qtbot.keyClicks(box, typed)
    qtbot.keyClick(box, key)
    assert box.value() == then


def test_the_sweep_questions_a_decimal_comma(qtbot: QtBot, locale: str, window: MainWindow) -> None:
    window.tabs.setCurrentWidget(window.attack_tab)
    field = window.findChild(QLineEdit, "sweepEpsilons")
    panel = window.attack_tab.sweep
    for typed, words in (
        ("0,01", "Write 0.01 for a decimal point"),
        ("0,1", "Write 0.1 for a decimal point"),
        ("0, 3", "From black to white it is 2 in model units"),
        (field.text(), "Open a dataset"),
        ("0; 0,01; 0,03", "Open a dataset"),
    ):
        field.clear()
        qtbot.keyClicks(field, typed)
        panel.start()
        assert words in shown_message(window), typed


@pytest.mark.parametrize(("typed", "then"), [("12", 13), ("x", 4), ("999", 4)])
def test_a_whole_number_goes_on_from_what_is_seen_too(qtbot: QtBot, typed: str, then: int) -> None:
    create_application()
    box = WholeBox(0, 50)
    qtbot.addWidget(box)
    box.setValue(3)
    box.selectAll()
    qtbot.keyClicks(box, typed)
    qtbot.keyClick(box, Qt.Key.Key_Up)
    assert (box.value(), box.text()) == (then, str(then))
