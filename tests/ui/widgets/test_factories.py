"""One vocabulary for the parts of the window: what each is called, and how they stand side by side."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest
from PySide6.QtCore import QSize
from PySide6.QtWidgets import QAbstractButton, QApplication, QComboBox, QWidget

import cxr_gui
from cxr_gui.ui.widgets import factories
from cxr_gui.ui.widgets.theme import GRID
from cxr_gui.ui.window import MainWindow

UI = Path(cxr_gui.__file__).parent / "ui"
MADE = {"QPushButton", "QCheckBox", "QComboBox", "QLineEdit", "QSlider", "ProgressBar", "QScrollArea"}
"""What only the factories make; a form of described fields makes its own controls."""

FORMS = {"factories.py", "field_form.py", "form.py"}


@pytest.mark.parametrize(
    "part",
    [
        lambda: factories.button("Save…", "it"),
        lambda: factories.button("", "it", "A tip", words="Save"),
        lambda: factories.tool("it", "close", "Save", "A tip"),
        lambda: factories.box("it", "Save"),
        lambda: factories.field("it", "Save", hint="Empty"),
        lambda: factories.slider("it", "Save"),
        lambda: factories.progress("it", "Save"),
        lambda: factories.check_box("Save", "it"),
        lambda: factories.label("", "it", words="Save"),
    ],
)
def test_every_part_has_a_name_and_words(qapp: QApplication, part) -> None:
    made: QWidget = part()
    assert (made.objectName(), made.accessibleName()) == ("it", "Save")


def test_a_tip_is_no_html(qapp: QApplication) -> None:
    tip = factories.button("Open", "it", "<b>folder</b>").toolTip()
    assert "&lt;b&gt;" in tip


def test_parts_stand_in_a_row_as_they_are_written(qapp: QApplication) -> None:
    place, first, last = QWidget(), factories.label("a"), factories.label("b")
    layout = factories.row((first, 2), 3, last, ..., on=place)
    assert [layout.stretch(number) for number in range(layout.count())] == [2, 0, 0, 0]
    assert layout.itemAt(1).sizeHint() == QSize(3, 0)
    assert layout.itemAt(0).widget() is first
    assert layout.itemAt(2).widget() is last
    assert layout.itemAt(3).spacerItem() is not None
    assert layout.spacing() == GRID
    assert layout.contentsMargins().isNull()


def test_a_choice_offers_what_it_is_filled_with_and_nothing_from_before(qapp: QApplication) -> None:
    choice = factories.box("it", "Class")
    factories.fill(choice, [("All", None), ("Normal (3)", "NORMAL")])
    factories.fill(choice, [("All", None), ("Ill (4)", "ILL")])
    assert [(choice.itemText(n), choice.itemData(n)) for n in range(choice.count())] == [
        ("All", None),
        ("Ill (4)", "ILL"),
    ]


def test_every_control_of_the_window_has_words(window: MainWindow) -> None:
    controls = [*window.findChildren(QAbstractButton), *window.findChildren(QComboBox)]
    named = [each for each in controls if each.objectName() and not each.objectName().startswith("qt_")]
    assert len(named) > 40
    silent = [each.objectName() for each in named if not (each.accessibleName() or each.property("text"))]
    later = {
        "findingFilter",
        "excludedButton",
        "messageOfferButton",
        "messageOfferButton1",
        "messageOfferButton2",
    }  # which say what was found, or is offered
    assert set(silent) <= later


def test_only_the_factories_make_what_they_can_make() -> None:
    made = {
        (path.name, node.func.id)
        for path in UI.rglob("*.py")
        if path.name not in FORMS
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in MADE
    }
    assert not made
