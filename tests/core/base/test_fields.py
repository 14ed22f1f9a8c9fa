"""Described fields: one description checks a value, reads it as typed, and writes it as TOML."""

from __future__ import annotations

import math
import tomllib
from dataclasses import dataclass
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cxr_gui.core.attacks import PGD
from cxr_gui.core.attacks.registry import attacks, describe_parameters
from cxr_gui.core.base.errors import SettingsError
from cxr_gui.core.base.fields import FieldDescription, accept_fields, describe_fields, setting, spoken_fields
from cxr_gui.core.base.numbers import number_text
from cxr_gui.core.training.recipes import RECIPES, Recipe


@dataclass(frozen=True)
class Sample:
    """A field of each kind."""

    count: int = setting(5, "How many", minimum=1, maximum=9, unit="films")
    step_size: float = setting(0.5, "How far", minimum=-1.0, maximum=1.0, advanced=True)
    schedule: str = setting("flat", "How it changes", choices=("flat", "steep"))
    note: str = setting("", "What to remember")
    fast: bool = setting(False, "Whether to hurry")
    patience: int = setting(0, "How long to wait", unit="epochs", zero="for ever")

    def __post_init__(self) -> None:
        accept_fields(self)


KNOWN = {field.name: field for field in describe_fields(Sample)}
EVERY = [
    *KNOWN.values(),
    *describe_fields(Recipe),
    *(field for name in attacks() for field in describe_parameters(name)),
]


def values_of(field: FieldDescription) -> st.SearchStrategy[Any]:
    """Everything that a field accepts."""
    bounds = {"min_value": field.minimum, "max_value": field.maximum}
    return {
        "switch": st.booleans(),
        "choice": st.sampled_from(field.choices or ("",)),
        "text": st.text(),
        "integer": st.integers(int(field.minimum), int(field.maximum)),
        "number": st.floats(**bounds, allow_nan=False, allow_subnormal=False),
    }[field.kind]


def test_a_field_is_described_once() -> None:
    assert [(field.name, field.kind, field.title) for field in KNOWN.values()] == [
        ("count", "integer", "Count (films)"),
        ("step_size", "number", "Step size"),
        ("schedule", "choice", "Schedule"),
        ("note", "text", "Note"),
        ("fast", "switch", "Fast"),
        ("patience", "integer", "Patience (epochs)"),
    ]
    assert [field.name for field in KNOWN.values() if field.advanced] == ["step_size"]
    assert [field.name for field in describe_parameters("pgd") if field.advanced] == ["seed"]


def test_what_a_value_means_is_said_as_people_say_it() -> None:
    assert spoken_fields(Sample()) == {
        "count": "5 films",
        "step size": "0.5",
        "schedule": "flat",
        "note": "",
        "fast": "no",
        "patience": "for ever",
    }
    assert KNOWN["patience"].spoken(3) == "3 epochs"
    assert KNOWN["patience"].meaning == "How long to wait; 0: for ever"
    assert KNOWN["step_size"].spoken(0.0) == "0"
    assert spoken_fields(PGD())["step size"] == "automatic (2.5 / steps)"


@pytest.mark.parametrize("field", [field for field in EVERY if field.zero], ids=lambda field: field.name)
def test_what_0_stands_for_is_said_of_fields_that_take_it(field: FieldDescription) -> None:
    assert field.accept(type(field.default)(0)) == 0
    assert field.spoken(0) == field.zero
    assert field.parse(field.zero) == field.parse(field.zero.split(" (")[0]) == 0
    assert field.meaning.endswith(f"; 0: {field.zero}")


@settings(deadline=None)  # a busy machine is no wrong answer
@given(st.data())
def test_what_a_field_accepts_survives_being_typed_and_saved(data: st.DataObject) -> None:
    field = data.draw(st.sampled_from(EVERY))
    value = data.draw(values_of(field))
    taken = field.accept(value)
    assert (taken, type(taken)) == (value, type(field.default))
    assert tomllib.loads(field.assignment(taken)) == {field.name: taken}
    typed = repr(taken) if field.kind == "number" else str(taken)
    assert field.parse(typed) == taken


@pytest.mark.parametrize("field", EVERY, ids=lambda field: field.name)
def test_what_is_outside_is_refused_by_name_with_what_would_be_taken(field: FieldDescription) -> None:
    wrong: dict[str, list[object]] = {
        "switch": [0, 1, "true", None],
        "choice": ["none of them", 1, None, ["flat"]],
        "text": [1, None, True],
        "integer": [field.minimum - 1, field.maximum + 1, 1.5, "1", True, None, 10**400],
        "number": [field.minimum - 1, field.maximum + 1, math.nan, math.inf, "1", True, None, 10**400],
    }
    assert field.accept(field.default) == field.default
    for value in wrong[field.kind]:
        with pytest.raises(SettingsError) as refusal:
            field.accept(value)
        assert str(refusal.value).startswith(f"{field.name}: is {value!r:.40}. Accepted: ")
        if field.kind in ("integer", "number"):
            assert f"number from {number_text(field.minimum)} to {number_text(field.maximum)}" in str(
                refusal.value
            )


def test_every_field_of_an_object_is_brought_into_its_type() -> None:
    sample = Sample(step_size=1)
    assert type(sample.step_size) is float
    with pytest.raises(SettingsError, match=r"^count: is 0\. Accepted: a whole number from 1 to 9 films\.$"):
        Sample(count=0)
    assert all(
        type(value) is type(RECIPES["paper"].to_dict()[name]) for name, value in Recipe().to_dict().items()
    )
