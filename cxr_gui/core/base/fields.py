"""Fields that describe themselves: what a form, `--param` and a TOML file know of them is said once.

@dataclass(frozen=True)
class Recipe:
    epochs: int = setting(5, "passes over the training images", minimum=1, maximum=10_000)

    def __post_init__(self) -> None:
        accept_fields(self)
"""

from __future__ import annotations

from dataclasses import dataclass, field, fields, replace
from typing import Any

from cxr_gui.core.base.errors import ArgumentError, SettingsError
from cxr_gui.core.base.files import json_text
from cxr_gui.core.base.numbers import number_text, parse_number, parse_whole

KINDS = {bool: "switch", int: "integer", float: "number", str: "text"}
SWITCHES = {"true": True, "yes": True, "false": False, "no": False}
LARGEST = 2**31 - 1
"""Of the numbers whose field says no maximum: Qt's widgets take no larger whole ones."""


@dataclass(frozen=True)
class FieldDescription:
    """One field, in enough detail to check its values and to build its control.

    default             its type is the field's
    meaning             one line for people, which ends with what 0 stands for
    zero                what 0 stands for where it is no amount, such as "never"; "" where it is one
    minimum   maximum   inclusive bounds of integers and numbers, in `unit`
    choices             the texts that are accepted; () for any
    advanced            what most people leave alone; a form folds it away
    """

    name: str
    default: Any
    meaning: str
    minimum: float = 0
    maximum: float = LARGEST
    choices: tuple[str, ...] = ()
    unit: str = ""
    advanced: bool = False
    zero: str = ""

    @property
    def kind(self) -> str:
        """ "integer", "number", "switch", "choice" or "text"."""
        return "choice" if self.choices else KINDS[type(self.default)]

    @property
    def title(self) -> str:
        """Its name for people, with the unit."""
        return self.words.capitalize() + (f" ({self.unit})" if self.unit else "")

    @property
    def words(self) -> str:
        """Its name in the middle of a sentence."""
        return self.name.replace("_", " ")

    def spoken(self, value: Any) -> str:
        """`value` for people: "yes", "2.5 degrees", "automatic (2.5 / steps)"."""
        if isinstance(value, bool):
            return "yes" if value else "no"
        if self.zero and not value:
            return self.zero
        amount = f"{value:g}" if isinstance(value, float) else value
        return f"{amount} {self.unit}".rstrip()

    def accept(self, value: Any) -> Any:
        """`value` in the field's type (1 is a fine number, True is none). Raises SettingsError."""
        kind = type(self.default)
        fits = isinstance(value, (int, float) if kind is float else kind)
        fits = fits and (kind is bool or not isinstance(value, bool))
        match self.kind:
            case "switch":
                accepted = "true or false"
            case "text":
                accepted = "a text"
            case "choice":
                fits, accepted = fits and value in self.choices, ", ".join(self.choices)
            case _:
                fits = fits and self.minimum <= value <= self.maximum
                limits = f"from {number_text(self.minimum)} to {number_text(self.maximum)} {self.unit}"
                accepted = f"a {'whole ' if kind is int else ''}number {limits}".rstrip()
        if not fits:
            raise SettingsError(f"is {value!r:.40}.", where=self.name, hint=f"Accepted: {accepted}.")
        return kind(value)

    def parse(self, text: str) -> Any:
        """The value that was typed as `text`. Raises SettingsError."""
        value: Any = text
        try:
            match self.kind:
                case "integer" | "number" if self.zero and text in (self.zero, self.zero.partition(" (")[0]):
                    value = 0
                case "switch":
                    value = SWITCHES[text.lower()]
                case "integer":
                    value = parse_whole(text)
                case "number":
                    value = parse_number(text)
        except (
            KeyError,
            ValueError,
            SettingsError,
        ):  # what does not read as one is refused in the same words
            pass
        return self.accept(value)

    def assignment(self, value: Any) -> str:
        """`name = value` as a line of TOML."""
        # A JSON scalar is also a TOML scalar once DEL, which only TOML escapes, is escaped.
        return f"{self.name} = {json_text(value, ascii_only=False)}".replace("\x7f", "\\u007f")


def setting(
    default: Any,
    meaning: str,
    *,
    minimum: float = 0,
    maximum: float = LARGEST,
    choices: tuple[str, ...] = (),
    unit: str = "",
    advanced: bool = False,
    zero: str = "",
) -> Any:
    """A dataclass field with what FieldDescription says of it."""
    meaning = f"{meaning}; 0: {zero}" if zero else meaning
    about = FieldDescription("", default, meaning, minimum, maximum, choices, unit, advanced, zero)
    return field(default=default, metadata={"about": about})


def describe_fields(kind: type) -> tuple[FieldDescription, ...]:
    """The fields of a dataclass, in their order. Raises ArgumentError for one that `setting` did not make."""
    for entry in fields(kind):
        if "about" not in entry.metadata:
            hint = "Make it by setting(default, meaning); in an attack by parameter(default, meaning)."
            raise ArgumentError("does not describe itself.", where=f"{kind.__name__}.{entry.name}", hint=hint)
    return tuple(replace(entry.metadata["about"], name=entry.name) for entry in fields(kind))


def accept_fields(owner: Any) -> None:
    """Bring every field of `owner`, a dataclass's instance, into its type. Raises SettingsError."""
    for described in describe_fields(type(owner)):
        object.__setattr__(owner, described.name, described.accept(getattr(owner, described.name)))


def spoken_fields(owner: Any) -> dict[str, str]:
    """The fields of `owner`, a dataclass's instance, for people: {"step size": "automatic (2.5 / steps)"}."""
    return {entry.words: entry.spoken(getattr(owner, entry.name)) for entry in describe_fields(type(owner))}
