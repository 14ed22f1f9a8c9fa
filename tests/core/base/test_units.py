"""Epsilon's units, and reading them from what a person types."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cxr_gui.core.base.errors import SettingsError
from cxr_gui.core.base.units import (
    PER_PIXEL,
    UNITS,
    describe_epsilon,
    epsilon_text,
    from_pixel,
    parse_epsilon,
    parse_epsilons,
    to_pixel,
)


def test_one_epsilon_in_every_unit() -> None:
    assert to_pixel(0.03, "model") == 0.015
    assert to_pixel(2, "255") == 2 / 255
    assert to_pixel(0.1, "pixel") == 0.1
    assert from_pixel(0.015, "model") == 0.03


@given(st.floats(0, 10), st.sampled_from(UNITS))
def test_there_and_back(value: float, unit: str) -> None:
    assert from_pixel(to_pixel(value, unit), unit) == pytest.approx(value)


def test_what_a_person_types() -> None:
    assert parse_epsilons("0,0.01, 0.03 0.1", "model") == (0.0, 0.005, 0.015, 0.05)
    assert parse_epsilons("8/255", "pixel") == (8 / 255,)
    assert parse_epsilons("1, 2", "255") == (1 / 255, 2 / 255)
    assert parse_epsilons("1e-3") == (0.0005,)
    assert parse_epsilons("0; 0,01; 0,03") == (0.0, 0.005, 0.015)
    assert parse_epsilon("0,03") == parse_epsilon("0.03") == 0.015


@pytest.mark.parametrize("unit", ["model", "pixel"])
@pytest.mark.parametrize("text", ["0,01", "0,1", "0,5", "0,1,0,3", "0,01,0,03", "1,5"])
def test_a_decimal_comma_in_a_list_is_questioned(text: str, unit: str) -> None:
    with pytest.raises(SettingsError, match="^eps: '.*' reads like a decimal comma in a list. Write"):
        parse_epsilons(text, unit)


def test_whole_grey_levels_are_a_list() -> None:
    assert parse_epsilons("0,1,2", "255") == (0.0, 1 / 255, 2 / 255)
    assert parse_epsilons("0, 1", "model") == (0.0, 0.5)
    with pytest.raises(SettingsError, match="decimal comma"):
        parse_epsilons("0,05", "255")


@pytest.mark.parametrize(("unit", "whole"), PER_PIXEL.items())
def test_no_epsilon_is_above_the_range_of_its_unit(unit: str, whole: float) -> None:
    assert parse_epsilons(f"{whole:g}", unit) == (1.0,)
    words = rf"contains '.*', which is above the whole range. From black to white it is {whole:g} "
    for text in (f"{whole:g}.001", f"0, {2 * whole:g}"):
        with pytest.raises(SettingsError, match=words):
            parse_epsilons(text, unit)


@pytest.mark.parametrize("text", ["0,x", "-0.1", "nan", "0,inf", "1/0", "1/2/3", "0;x", "0; 1.000,5"])
def test_what_is_no_epsilon_is_named(text: str) -> None:
    with pytest.raises(SettingsError, match=r"eps: contains '.*'\. Accepted"):
        parse_epsilons(text)


def test_no_epsilon_at_all_and_no_such_unit() -> None:
    with pytest.raises(SettingsError, match="names no epsilon"):
        parse_epsilons(" , ")
    with pytest.raises(SettingsError, match="no epsilon unit 'metre'.*model, pixel, 255"):
        to_pixel(1.0, "metre")


def test_for_people() -> None:
    assert describe_epsilon(0.02) == "0.04 (5.1/255)"
    assert describe_epsilon(1 / 255) == "0.007843 (1/255)"
    assert describe_epsilon(0.015, "255") == "3.82/255 (0.03)"
    assert epsilon_text(0.015) == "0.03"
    assert epsilon_text(0.0123456, digits=2) == "0.025"
    assert epsilon_text(0.0123456, "255", 2) == "3.1/255"
