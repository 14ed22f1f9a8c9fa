"""A form is built from described fields: it shows their defaults, gives their values, and folds some away."""

from __future__ import annotations

import pytest
from PySide6.QtWidgets import QCheckBox, QComboBox, QLabel, QLineEdit, QToolButton, QWidget
from pytestqt.qtbot import QtBot

from cxr_gui.app import create_application
from cxr_gui.core.base.fields import FieldDescription
from cxr_gui.ui.widgets.field_form import FieldForm
from cxr_gui.ui.widgets.number_box import RealBox, WholeBox

FIELDS = (
    FieldDescription("count", 5, "how many", 1, 9, unit="films"),
    FieldDescription("step_size", 1e-5, "how far", 0.0, 1.0),
    FieldDescription("schedule", "flat", "how it changes", choices=("flat", "steep")),
    FieldDescription("note", "", "what to remember"),
    FieldDescription("fast", True, "whether to hurry"),
    FieldDescription("seed", 0, "what is random follows from it", advanced=True),
)
OTHER = {"count": 9, "step_size": 0.5, "schedule": "steep", "note": "x", "fast": False, "seed": 7}


@pytest.fixture
def form(qtbot: QtBot) -> FieldForm:
    create_application([])
    form = FieldForm("Field", headings={"schedule": "Above"}, explained=True)
    qtbot.addWidget(form)
    form.show_fields(FIELDS)
    return form


def test_each_kind_has_its_control_and_every_control_says_what_it_is(form: FieldForm) -> None:
    kinds = {name: type(control) for name, control in form.controls.items()}
    assert kinds == {
        "count": WholeBox,
        "step_size": RealBox,
        "schedule": QComboBox,
        "note": QLineEdit,
        "fast": QCheckBox,
        "seed": WholeBox,
    }
    count = form.controls["count"]
    assert (count.objectName(), count.accessibleName(), count.toolTip()) == (
        "countField",
        "Count (films)",
        "How many.",
    )
    assert form.controls["step_size"].text() == "1e-05"
    words = [label.text() for label in form.findChildren(QLabel)]
    assert {"Above", "Step size", "How far."} <= set(words)


def test_values_come_back_in_their_types_and_every_change_is_told(qtbot: QtBot, form: FieldForm) -> None:
    assert form.values() == {field.name: field.default for field in FIELDS}
    for name in OTHER:
        with qtbot.waitSignal(form.changed):
            form.show_values({**form.values(), name: OTHER[name]})
    assert form.values() == OTHER
    assert all(type(value) is type(OTHER[name]) for name, value in form.values().items())


def test_advanced_fields_are_folded_away_and_stay_unfolded(form: FieldForm) -> None:
    form.show()
    assert form.controls["count"].isVisible()
    assert not form.controls["seed"].isVisible()
    form.findChild(QToolButton, "advancedButton").click()
    assert form.controls["seed"].isVisible()
    form.show_fields(FIELDS[-1:])
    assert form.controls["seed"].isVisible()


def test_other_fields_take_the_place_of_the_first(form: FieldForm) -> None:
    form.show_fields(FIELDS[:1])
    assert list(form.values()) == ["count"]
    assert len(form.findChildren(QWidget, "countField")) == 1
    assert form.findChild(QWidget, "seedField") is None
    form.show_fields(())
    assert not form.isVisible()


def test_a_compact_form_has_its_switches_in_one_row_and_its_button_elsewhere(qtbot: QtBot) -> None:
    create_application([])
    form = FieldForm("Field", compact=True)
    qtbot.addWidget(form)
    form.show()
    form.show_fields((*FIELDS, FieldDescription("random", False, "whether by chance")))
    fast, by_chance = form.controls["fast"], form.controls["random"]
    assert fast.text() == "Fast"
    assert fast.y() == by_chance.y()
    assert fast.parentWidget() is by_chance.parentWidget() is not form
    seed = form.controls["seed"]
    assert form.grid.indexOf(form.unfold) < 0
    assert not seed.isVisible()
    form.unfold.click()
    assert seed.isVisible()
    form.show_fields(FIELDS[:2])
    assert form.unfold.isHidden()


def test_what_0_stands_for_is_said_in_its_place_and_can_be_typed(qtbot: QtBot) -> None:
    create_application([])
    form = FieldForm("Field")
    qtbot.addWidget(form)
    form.show_fields([FieldDescription("step", 0.0, "how far", 0.0, 2.0, zero="automatic (2.5 / steps)")])
    (box,) = form.controls.values()
    assert box.text() == "automatic"
    box.setValue(0.5)
    assert box.text() == "0.5"
    for typed in ("0", "automatic"):
        box.setValue(0.5)
        box.lineEdit().setText(typed)
        box.interpretText()
        assert form.values() == {"step": 0.0}
        assert box.text() == "automatic"
