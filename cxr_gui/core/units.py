"""Epsilon's units. Inside the program epsilon is always in pixel units, images in 0..1.

model   images in -1..1, as the published study's network sees them: twice the pixel units; shown by default
255     n of n/255: 255 times the pixel units
"""

from __future__ import annotations

import math

from cxr_gui.core.errors import SettingsError

PER_PIXEL = {"model": 2.0, "pixel": 1.0, "255": 255.0}
UNITS = tuple(PER_PIXEL)


def to_pixel(value: float, unit: str) -> float:
    """An epsilon given in `unit`, in pixel units."""
    return value / _per_pixel(unit)


def from_pixel(value: float, unit: str) -> float:
    """An epsilon given in pixel units, in `unit`."""
    return value * _per_pixel(unit)


def parse_epsilons(text: str, unit: str = "model") -> tuple[float, ...]:
    """Epsilons written as "0, 0.01, 0.03" in `unit` ("4/255" is understood too), in pixel units.

    Raises SettingsError, naming the word, for what is not a finite number >= 0, and for none at all.
    """
    words = [word for word in text.replace(",", " ").split() if word]
    if not words:
        raise SettingsError("names no epsilon.", where="eps", hint="For instance: 0,0.01,0.03,0.05,0.1")
    return tuple(to_pixel(_number(word), unit) for word in words)


def describe(epsilon: float) -> str:
    """An epsilon given in pixel units, for people: "0.03 (3.8/255)", in model units and as n/255."""
    return f"{from_pixel(epsilon, 'model'):.4g} ({from_pixel(epsilon, '255'):.3g}/255)"


def _number(word: str) -> float:
    numerator, slash, denominator = word.partition("/")
    try:
        value = float(numerator) / float(denominator) if slash else float(word)
    except (ValueError, ZeroDivisionError):
        value = math.nan
    if not (math.isfinite(value) and value >= 0):
        raise SettingsError(f"contains '{word}'.", where="eps", hint="Accepted: finite numbers from 0 on.")
    return value


def _per_pixel(unit: str) -> float:
    if unit not in PER_PIXEL:
        raise SettingsError(f"There is no epsilon unit '{unit}'.", hint=f"Known are: {', '.join(UNITS)}.")
    return PER_PIXEL[unit]
