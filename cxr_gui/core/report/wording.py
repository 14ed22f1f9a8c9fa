"""How numbers are written in a report: with units, intervals in brackets, a dash where there is none."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence

from cxr_gui.core.base import units
from cxr_gui.core.base.wording import NONE, percent
from cxr_gui.core.base.wording import counted as counted
from cxr_gui.core.report.privacy import elide
from cxr_gui.core.sweep import Point, Quantity

NOTICE = "Not for clinical use."
MINUS = "−"


def number(value: float, interval: tuple[float, float] | None = None, *, digits: int = 3) -> str:
    """0.9314 -> "0.931", with its interval "0.931 (0.910–0.949)", or "−0.09 (−0.18 to 0.00)"."""
    if math.isnan(value):
        return NONE
    written, *ends = (
        f"{round(part, digits) + 0.0:.{digits}f}".replace("-", MINUS) for part in (value, *(interval or ()))
    )
    if interval is None or math.isnan(interval[0]):
        return written
    return f"{written} ({(' to ' if ends[0].startswith(MINUS) else '–').join(ends)})"


def difference(value: float, interval: tuple[float, float]) -> str:
    """A difference of shares in percentage points, with its interval: "−12.3 (−15.0 to −9.5)"."""
    if math.isnan(value):
        return NONE
    value, low, high = (100 * part for part in (value, *interval))
    return f"{value:+.1f} ({low:+.1f} to {high:+.1f})".replace("-", MINUS)


def quantity_words(quantity: Quantity, point: Point, *, detailed: bool = True) -> str:
    """A quantity of a point with its interval and details: "84.1 % (81–87) (uniform shift)"."""
    value, digits = quantity.value(point), quantity.column.digits if quantity.column else None
    interval = quantity.interval(point) if quantity.interval is not None else None
    written = percent(value, interval) if digits is None else number(value, interval, digits=digits)
    return quantity.detailed(written, [point]) if detailed else written


def model_units(epsilon: float) -> str:
    """An epsilon given in pixel units, written in model units: 0.015 -> "0.03"."""
    return f"{units.from_pixel(epsilon, 'model'):.4g}"


def epsilon_range(interval: tuple[float, float]) -> str:
    """The interval of an epsilon in pixel units, in model units: " (0.0158–0.0192)"; "" of none, and of one
    that is all beyond the largest.

    Infinity is an epsilon that nothing on the grid is.
    """
    if not math.isfinite(interval[0]):
        return ""
    low, high = (
        f"{units.from_pixel(end, 'model'):.3g}" if math.isfinite(end) else "beyond the largest"
        for end in interval
    )
    return f" ({low}–{high})" if math.isfinite(interval[1]) else f" ({low} to {high})"


def grey_levels(epsilon: float) -> str:
    """An epsilon given in pixel units, written as n of n/255: 0.015 -> "3.83"."""
    return f"{units.from_pixel(epsilon, '255'):.3g}"


def spaced(text: str) -> str:
    """Text from elsewhere in this house's style: "50.0%" -> "50.0 %", "-1" -> "−1", "->" -> an arrow."""
    return re.sub(r"(?<![\w-])-(?=\d)", MINUS, re.sub(r"(?<=\d)%", " %", text)).replace("->", "→")


def sentence_case(text: str) -> str:
    """ "zero gradients" -> "Zero gradients"; what begins with a capital or an abbreviation stays."""
    return text[:1].upper() + text[1:]


def numbers(values: Iterable[float]) -> str:
    """(0.485, 0.456) -> "0.485, 0.456", and those that are all alike once."""
    written = [f"{value:.4g}" for value in values]
    return written[0] if len(set(written)) == 1 else ", ".join(written)


def listed(words: Sequence[str]) -> str:
    """("a", "b", "c") -> "a, b and c"."""
    return " and ".join([", ".join(words[:-1]), words[-1]] if len(words) > 1 else words)


def facts(values: Mapping[str, object], prefix: str = "", *, digits: int = 6) -> Iterator[tuple[str, str]]:
    """Rows of a table from nested values: names in words, paths elided, what is empty left out.

    digits  that a float shows, leading zeros apart
    """
    for name, value in values.items():
        title = f"{prefix}{name.replace('_', ' ')}"
        if isinstance(value, Mapping):
            yield from facts(value, f"{title}: ", digits=digits)
        elif isinstance(value, list | tuple):
            yield title, elide(", ".join(str(part) for part in value))
        elif isinstance(value, float):
            yield title, f"{value:.{digits}g}"
        elif value not in (None, ""):
            yield title, elide(str(value))
