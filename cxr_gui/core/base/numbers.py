"""Numbers as people type them, in the window and on the command line: with a decimal point or a comma.

Wherever there is one number, `0.05`, `0,05` and `5e-2` are the same one, in the digits of any script.
Thousands are not grouped: what 1.000,5 means depends on who reads it. In a list commas separate the numbers,
and a list that reads like decimal commas is questioned: who types `0,01` does not mean 0 and 1.
"""

from __future__ import annotations

import math
import re

from cxr_gui.core.base.errors import SettingsError

GROUPS = "without grouping thousands"
DIGITS = 12
"""That are shown of a number; a float keeps 15."""

_ALIKE = str.maketrans(
    {
        "\N{ARABIC DECIMAL SEPARATOR}": ".",
        "\N{ARABIC COMMA}": ",",
        "\N{FULLWIDTH COMMA}": ",",
        "\N{ARABIC SEMICOLON}": ";",
        "\N{MINUS SIGN}": "-",
    }
)
_UNSEEN = re.compile("[\N{ARABIC LETTER MARK}\N{LEFT-TO-RIGHT MARK}\N{RIGHT-TO-LEFT MARK}]")
_REAL = re.compile(r"[+-]?(\d+[.,]?\d*|[.,]\d+)(e[+-]?\d+)?", re.IGNORECASE)
_WHOLE = re.compile(r"[+-]?\d+")
_PADDED = re.compile(r"0\d+(e[+-]?\d+)?", re.IGNORECASE)


def parse_number(text: str) -> float:
    """One finite number; "4/255" is understood too. Raises SettingsError for anything else."""
    words = [word.strip() for word in _plain(text).split("/", maxsplit=1)]
    if all(_REAL.fullmatch(word) for word in words):
        value, *divisors = (float(word.replace(",", ".")) for word in words)
        if all(divisors):
            value /= math.prod(divisors)
            if math.isfinite(value):
                return value
    raise SettingsError(f"'{text}' is not a number.", hint=f"Write it like 0.05, 0,05 or 5e-2, {GROUPS}.")


def parse_whole(text: str) -> int:
    """One whole number. Raises SettingsError for anything else, a fraction or grouped thousands included."""
    word = _plain(text)
    if not _WHOLE.fullmatch(word):
        raise SettingsError(f"'{text}' is not a whole number.", hint=f"Write it like 1000, {GROUPS}.")
    return int(word)


def split_numbers(text: str, *, where: str | None = None, whole: bool = True) -> tuple[str, ...]:
    """The words of a list of numbers, for `parse_number`.

    Commas or spaces separate them; or semicolons, and then a comma is a decimal one.
    where  what the list is for, to be named in errors
    whole  whether a list of nothing but whole numbers makes sense
    Raises SettingsError for a list that makes sense only as numbers with decimal commas: one that has a word
    like 01, or has only whole ones of which two are the same or none can be meant.
    """
    plain = _plain(text)
    if ";" in plain:
        return tuple(word.strip() for word in plain.split(";") if word.strip())
    words = tuple(word for word in re.split(r"[,\s]+", plain) if word)
    unlikely = all(map(_WHOLE.fullmatch, words)) and (not whole or len(set(words)) < len(words))
    if re.search(r"\d,\d", plain) and (unlikely or any(map(_PADDED.fullmatch, words))):
        meant = re.sub(r"(\d),(\d)", r"\1.\2", plain)
        hint = (
            f"Write {meant} for a decimal point, or a space after each comma of a list: {', '.join(words)}."
        )
        raise SettingsError(f"'{text}' reads like a decimal comma in a list.", where=where, hint=hint)
    return words


def number_text(value: float) -> str:
    """A number as short as it can be, the same in every language, for `parse_number` to read again."""
    return f"{value:.{DIGITS}g}"


def _plain(text: str) -> str:
    """Without what is not seen, and with one sign for those that look alike."""
    return _UNSEEN.sub("", text).translate(_ALIKE).strip()
