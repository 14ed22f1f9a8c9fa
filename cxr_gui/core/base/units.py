"""Epsilon's units. Inside the program epsilon is always in pixel units, images in 0..1.

model   images in -1..1, as the published study's network sees them: twice the pixel units; shown by default
255     n of n/255: 255 times the pixel units
"""

from __future__ import annotations

from cxr_gui.core.base.errors import SettingsError
from cxr_gui.core.base.numbers import parse_number, split_numbers

PER_PIXEL = {"model": 2.0, "pixel": 1.0, "255": 255.0}
"""Also how far black is from white in each unit: no perturbation is larger."""

UNITS = tuple(PER_PIXEL)
_IN_WORDS = {"model": "in model units", "pixel": "in pixel units", "255": "grey levels"}


def to_pixel(value: float, unit: str) -> float:
    """An epsilon given in `unit`, in pixel units."""
    return value / _per_pixel(unit)


def from_pixel(value: float, unit: str) -> float:
    """An epsilon given in pixel units, in `unit`."""
    return value * _per_pixel(unit)


def parse_epsilons(text: str, unit: str = "model") -> tuple[float, ...]:
    """Epsilons written as "0, 0.01, 0.03" in `unit` ("4/255" is understood too), in pixel units.

    Raises SettingsError, naming the word, for what is not a number from 0 to the unit's whole range, for none
    at all, and for a list that reads like decimal commas (see `numbers.split_numbers`).
    """
    _per_pixel(unit)  # known?
    # Whole grey levels are common; in the other units hardly any epsilon is, and never all of a list.
    words = split_numbers(text, where="eps", whole=unit == "255")
    if not words:
        raise SettingsError("names no epsilon.", where="eps", hint="For instance: 0,0.01,0.03,0.05,0.1")
    return tuple(parse_epsilon(word, unit) for word in words)


def parse_epsilon(text: str, unit: str = "model") -> float:
    """One epsilon written in `unit`, with a point or a comma, in pixel units. Raises SettingsError."""
    whole_range = _per_pixel(unit)
    try:
        value = parse_number(text)
    except SettingsError:
        value = -1.0
    if value < 0:
        raise SettingsError(
            f"contains '{text}'.", where="eps", hint=f"Accepted: numbers from 0 to {whole_range:g}."
        )
    if value > whole_range:
        raise SettingsError(
            f"contains '{text}', which is above the whole range.",
            where="eps",
            hint=f"From black to white it is {whole_range:g} {_IN_WORDS[unit]}.",
        )
    return to_pixel(value, unit)


def epsilon_text(epsilon: float, unit: str = "model", digits: int | None = None) -> str:
    """An epsilon given in pixel units, in one unit: "0.03" or "3.82/255", to so many significant digits."""
    value = from_pixel(epsilon, unit)
    return f"{value:.{digits or 3}g}/255" if unit == "255" else f"{value:.{digits or 4}g}"


def describe_epsilon(epsilon: float, first: str = "model") -> str:
    """An epsilon given in pixel units, for people: "0.03 (3.82/255)", in model units and as n/255.

    first  the unit that comes first, "model" or "255"
    """
    second = "model" if first == "255" else "255"
    return f"{epsilon_text(epsilon, first)} ({epsilon_text(epsilon, second)})"


def _per_pixel(unit: str) -> float:
    if unit not in PER_PIXEL:
        raise SettingsError(f"There is no epsilon unit '{unit}'.", hint=f"Known are: {', '.join(UNITS)}.")
    return PER_PIXEL[unit]
