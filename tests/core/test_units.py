"""Epsilon's units, and reading them from what a person types."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cxr_gui.core.errors import SettingsError
from cxr_gui.core.units import UNITS, describe, from_pixel, parse_epsilons, to_pixel


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


@pytest.mark.parametrize("text", ["0,x", "-0.1", "nan", "0,inf", "1/0", "1/2/3", "0;1"])
def test_what_is_no_epsilon_is_named(text: str) -> None:
    with pytest.raises(SettingsError, match=r"eps: contains '.*'\. Accepted"):
        parse_epsilons(text)


def test_no_epsilon_at_all_and_no_such_unit() -> None:
    with pytest.raises(SettingsError, match="names no epsilon"):
        parse_epsilons(" , ")
    with pytest.raises(SettingsError, match="no epsilon unit 'metre'.*model, pixel, 255"):
        to_pixel(1.0, "metre")


def test_for_people() -> None:
    assert describe(0.02) == "0.04 (5.1/255)"
    assert describe(1 / 255) == "0.007843 (1/255)"
