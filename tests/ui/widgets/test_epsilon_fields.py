"""Fields of epsilons: typed in the chosen unit, kept in pixel units, and not moved by a change of unit."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from cxr_gui.app import create_application
from cxr_gui.core.base.errors import SettingsError
from cxr_gui.core.base.units import from_pixel, to_pixel
from cxr_gui.ui.attack.settings.epsilon import LARGEST, STEPS, EpsilonControl, epsilon_at
from cxr_gui.ui.widgets.epsilon_fields import EpsilonBox, EpsilonsField
from cxr_gui.ui.widgets.epsilon_unit import UNITS, epsilons

MANY = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@pytest.fixture(autouse=True)
def model_units(qtbot: QtBot) -> Iterator[None]:
    create_application()
    yield
    epsilons().set_unit("model")


@pytest.fixture
def control(qtbot: QtBot) -> EpsilonControl:
    control = EpsilonControl(0.015)
    qtbot.addWidget(control)
    return control


@pytest.fixture
def field(qtbot: QtBot) -> EpsilonsField:
    field = EpsilonsField([0.0, 0.005, 0.015])
    qtbot.addWidget(field)
    return field


def there_and_back() -> None:
    for unit in ("255", "model", "255", "model"):
        epsilons().set_unit(unit)


@given(epsilon=st.floats(0, LARGEST), unit=st.sampled_from(sorted(UNITS)))
@MANY
def test_a_change_of_unit_moves_no_epsilon(control: EpsilonControl, epsilon: float, unit: str) -> None:
    epsilons().set_unit(unit)
    said: list[float] = []
    control.set_epsilon(epsilon)
    control.epsilonChanged.connect(said.append)
    step, text = control.slider.value(), control.box.text()
    there_and_back()
    epsilons().set_unit(unit)
    control.box.interpretText()
    assert (control.box.epsilon(), control.slider.value(), control.box.text()) == (epsilon, step, text)
    assert said == []
    control.epsilonChanged.disconnect(said.append)


@given(chosen=st.lists(st.floats(0, 1), min_size=1, max_size=5))
@MANY
def test_a_change_of_unit_moves_none_of_a_list(qtbot: QtBot, chosen: list[float]) -> None:
    field = EpsilonsField(chosen)
    qtbot.addWidget(field)
    text = field.text()
    there_and_back()
    assert (field.text(), field.chosen()) == (text, tuple(chosen))


@pytest.mark.parametrize("step", [0, 1, 57, 200, STEPS])
@pytest.mark.parametrize(("unit", "decimals"), [("model", 4), ("255", 2)])
def test_the_slider_stops_at_round_numbers_of_the_unit(
    control: EpsilonControl, unit: str, decimals: int, step: int
) -> None:
    epsilons().set_unit(unit)
    control.slider.setValue(step)
    value = from_pixel(control.box.epsilon(), unit)
    assert value == pytest.approx(round(value, decimals), abs=1e-9)
    assert control.box.epsilon() == epsilon_at(step / STEPS)


@pytest.mark.parametrize("typed", ["4", "4/255", "4,0", " 4/255 "])
def test_grey_levels_are_typed_with_and_without_255(
    qtbot: QtBot, control: EpsilonControl, typed: str
) -> None:
    epsilons().set_unit("255")
    assert control.box.text() == "3.825/255"
    control.box.selectAll()
    qtbot.keyClicks(control.box, typed)
    with qtbot.waitSignal(control.epsilonChanged) as told:
        qtbot.keyClick(control.box, Qt.Key.Key_Return)
    assert told.args == [4 / 255]
    assert (control.box.text(), control.level.text()) == ("4/255", "= 0.03137")
    control.box.stepBy(1)
    assert control.box.text() == "5/255"


def test_the_box_says_its_unit_and_refuses_what_is_beyond_its_range(
    qtbot: QtBot, control: EpsilonControl
) -> None:
    assert control.box.accessibleName() == "Epsilon in model units"
    assert control.level.accessibleName() == "Epsilon in grey levels: = 3.82/255"
    epsilons().set_unit("255")
    assert control.box.accessibleName() == "Epsilon in grey levels"
    assert control.level.accessibleName() == "Epsilon in model units: = 0.03"
    assert "0 to 25.5/255, finer" in control.slider.toolTip()
    assert control.slider.accessibleDescription() == "epsilon 3.82/255 (0.03)"
    control.box.selectAll()
    qtbot.keyClicks(control.box, "26")
    qtbot.keyClick(control.box, Qt.Key.Key_Return)
    assert control.box.epsilon() == 0.015


def test_no_limit_is_said_in_words_in_either_unit(qtbot: QtBot) -> None:
    box = EpsilonBox("Lowest", "; 0 for any", 1.0)
    qtbot.addWidget(box)
    box.setSpecialValueText("any")
    for unit, most in (("255", 255.0), ("model", 2.0)):
        epsilons().set_unit(unit)
        assert (box.text(), box.maximum()) == ("any", most)


def test_the_list_is_typed_in_the_unit_and_converted(field: EpsilonsField) -> None:
    assert field.text() == "0, 0.01, 0.03"
    epsilons().set_unit("255")
    assert field.text() == "0, 1.275, 3.825"
    field.setText("0, 1, 4/255, 8")
    assert field.chosen() == (0.0, 1 / 255, 4 / 255, 8 / 255)
    epsilons().set_unit("model")
    assert field.text() == "0, 0.0078431372549, 0.0313725490196, 0.0627450980392"
    assert field.chosen() == (0.0, 1 / 255, 4 / 255, 8 / 255)
    field.setText("0.02")
    assert field.chosen() == (to_pixel(0.02, "model"),)


def test_a_list_that_cannot_be_read_stays_as_it_was_typed(field: EpsilonsField) -> None:
    field.setText("0, some")
    epsilons().set_unit("255")
    assert field.text() == "0, some"
    with pytest.raises(SettingsError, match="some"):
        field.chosen()


def test_there_is_no_third_unit() -> None:
    with pytest.raises(ValueError, match="model or 255, not in 'pixel'"):
        epsilons().set_unit("pixel")
