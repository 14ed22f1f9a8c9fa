"""The attacks by name. A new one is one file with one decorated class."""

from __future__ import annotations

from typing import Any, TypeVar

from cxr_gui.core.attacks.protocol import Attack
from cxr_gui.core.base.errors import ArgumentError
from cxr_gui.core.base.fields import FieldDescription, describe_fields
from cxr_gui.core.base.registry import Registry, refuse_unknown

Kind = TypeVar("Kind", bound=type[Attack])

ATTACKS: Registry[type[Attack]] = Registry(
    "attack",
    package="cxr_gui.core.attacks",
    first=("fgsm", "noise", "pgd"),
    extras={"autoattack": "autoattack"},
)


def register(attack: Kind) -> Kind:
    """Decorate an Attack, a frozen dataclass that has name, title and summary and fields made by `parameter`.

    Raises ArgumentError for one that has not, and for a taken name.
    """
    for lacking in ("name", "title", "summary"):
        if not getattr(attack, lacking, ""):
            hint = "Give it name, title and summary."
            raise ArgumentError(f"has no {lacking}.", where=attack.__name__, hint=hint)
    if "__dataclass_fields__" not in vars(attack):
        hint = "Write @dataclass(frozen=True) below @register."
        raise ArgumentError("is no dataclass.", where=attack.__name__, hint=hint)
    if lacks := getattr(attack, "__abstractmethods__", ()):
        hint = "See Adding an attack in the guide."
        raise ArgumentError(f"has no {' and no '.join(sorted(lacks))}.", where=attack.__name__, hint=hint)
    describe_fields(attack)
    ATTACKS.add(attack.name, attack)
    return attack


def attacks() -> Registry[type[Attack]]:
    """Every attack class by name: FGSM, its control and PGD first, the others by name."""
    return ATTACKS


def describe_parameters(name: str) -> tuple[FieldDescription, ...]:
    """The parameters of the attack `name`. Raises SettingsError for an unknown name."""
    return describe_fields(ATTACKS.find(name))


def create_attack(name: str, **parameters: Any) -> Attack:
    """The attack `name` with `parameters` over its defaults.

    Raises SettingsError for an unknown name or parameter and for a value outside its range.
    """
    known = [field.name for field in describe_parameters(name)]
    refuse_unknown(parameters, known, f"Attack '{name}' has no parameter")
    return ATTACKS.find(name)(**parameters)
