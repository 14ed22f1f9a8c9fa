"""The attacks by name. A new one is one file with one decorated class."""

from __future__ import annotations

import importlib
import pkgutil
from functools import cache
from typing import Any, TypeVar

from cxr_gui.core.attacks.protocol import Attack, ParameterDescription, describe_parameters
from cxr_gui.core.base.errors import SettingsError
from cxr_gui.core.base.numbers import parse_number, parse_whole

Kind = TypeVar("Kind", bound=type[Attack])

FIRST = ("fgsm", "noise", "pgd")

EXTRAS = {"autoattack": "autoattack"}
"""Attacks that are there only with an extra of ours installed, by name."""

_attacks: dict[str, type[Attack]] = {}


def register(attack: Kind) -> Kind:
    """Decorate an Attack class that has name, title and summary."""
    _attacks[attack.name] = attack
    return attack


@cache
def _discover() -> None:
    package = importlib.import_module("cxr_gui.core.attacks")
    for module in pkgutil.iter_modules(package.__path__):
        importlib.import_module(f"{package.__name__}.{module.name}")


def attacks() -> dict[str, type[Attack]]:
    """Every attack class by name: FGSM, its control and PGD first, the others by name."""
    _discover()
    order = sorted(_attacks, key=lambda name: (FIRST.index(name) if name in FIRST else len(FIRST), name))
    return {name: _attacks[name] for name in order}


def attack_type(name: str) -> type[Attack]:
    """The class of the attack `name`. Raises SettingsError for an unknown name."""
    known = attacks()
    if name in EXTRAS and name not in known:
        raise SettingsError(
            f"Attack '{name}' needs a package that is not installed.",
            hint=f"Install it: pip install 'cxr-gui[{EXTRAS[name]}]'.",
        )
    if name not in known:
        raise SettingsError(f"There is no attack '{name}'.", hint=f"Known are: {', '.join(known)}.")
    return known[name]


def describe(name: str) -> tuple[ParameterDescription, ...]:
    """The parameters of the attack `name`, for building controls."""
    return describe_parameters(attack_type(name))


def create_attack(name: str, **parameters: Any) -> Attack:
    """The attack `name` with `parameters` over its defaults.

    Raises SettingsError for an unknown name or parameter and for a value outside its range.
    """
    accepted = [description.name for description in describe(name)]
    for parameter in parameters:
        if parameter not in accepted:
            raise SettingsError(
                f"Attack '{name}' has no parameter '{parameter}'.",
                hint=f"It has: {', '.join(accepted) or 'none'}.",
            )
    return attack_type(name)(**parameters)


def parse_parameter(attack: str, name: str, text: str) -> Any:
    """`text`, as typed on a command line, in the type of the parameter `name`.

    What does not read as one comes back as it is, for `create_attack` to refuse in words. Raises
    SettingsError for an unknown attack.
    """
    kinds = {description.name: description.kind for description in describe(attack)}
    switch = {"true": True, "yes": True, "false": False, "no": False}
    try:
        match kinds.get(name):
            case "switch":
                return switch[text.lower()]
            case "integer":
                return parse_whole(text)
            case "number":
                return parse_number(text)
    except (KeyError, SettingsError):
        pass
    return text
