"""Things that are found by name: attacks, architectures, recipes. A new one announces itself.

ATTACKS: Registry[type[Attack]] = Registry("attack", package="cxr_gui.core.attacks")
ATTACKS.add("fgsm", FGSM)             # by a decorator in each file of the package
ATTACKS.find("fgsm")                  # or a SettingsError that names those there are
"""

from __future__ import annotations

import importlib
import pkgutil
import traceback
from collections.abc import Collection, Iterable, Iterator, Mapping
from types import ModuleType
from typing import TypeVar

from cxr_gui.core.base.errors import ArgumentError, PartError, SettingsError

T = TypeVar("T")


class Registry(Mapping[str, T]):
    """Entries of one kind by name, those named `first` before the others.

    noun       what an entry is called in errors
    package    whose modules add the entries, imported when one is asked for: sorted by name. "": as added
    extras     entry -> the extra of ours without which its module does not add it
    otherwise  what else may be given than a name, for the hint
    """

    def __init__(
        self,
        noun: str,
        *,
        package: str = "",
        first: Collection[str] = (),
        extras: Mapping[str, str] | None = None,
        otherwise: str = "",
    ) -> None:
        self._noun, self._package, self._first, self._otherwise = noun, package, first, otherwise
        self._extras = extras or {}
        self._entries: dict[str, T] = {}
        self._complete = not package
        self._broken: PartError | None = None

    def add(self, name: str, entry: T) -> T:
        """Take an entry in. Raises ArgumentError where the name is taken."""
        if name in self._entries:
            raise ArgumentError(
                f"is the name of another {self._noun}.", where=name, hint="Give this one a name of its own."
            )
        self._entries[name] = entry
        return entry

    def find(self, name: str) -> T:
        """The entry called `name`. Raises SettingsError where there is none."""
        if name not in self and name in self._extras:
            raise not_installed(self._noun, name, f"pip install 'cxr-gui[{self._extras[name]}]'")
        refuse_unknown([name], self, f"There is no {self._noun}", self._otherwise)
        return self[name]

    def __getitem__(self, name: str) -> T:
        return self._all()[name]

    def __iter__(self) -> Iterator[str]:
        names = sorted(self._all()) if self._package else self._all()
        first = {name: number for number, name in enumerate(self._first)}
        return iter(sorted(names, key=lambda name: first.get(name, len(first))))

    def __len__(self) -> int:
        return len(self._all())

    def _all(self) -> dict[str, T]:
        """The entries of every module. Raises PartError where one of them cannot be imported."""
        if self._broken is not None:  # what it had added is there, so importing it again would fail otherwise
            raise self._broken
        if not self._complete:
            package = importlib.import_module(self._package)
            for module in pkgutil.iter_modules(package.__path__):
                self._import(package, module.name)
            self._complete = True
        return self._entries

    def _import(self, package: ModuleType, name: str) -> None:
        try:
            importlib.import_module(f"{package.__name__}.{name}")
        except Exception as error:  # whatever somebody's new file raises
            file = f"{package.__path__[0]}/{name}.py"
            line = _line(error, file)
            what = f"cannot be used, and so no {self._noun}: {line}{type(error).__name__}: {error}"
            hint = "Mend this file, or take it out of its folder."
            self._broken = PartError(f"{what.rstrip('.')}.", where=file, hint=hint)
            raise self._broken from error


def _line(error: Exception, file: str) -> str:
    """Where in a file an error comes from: "line 12: "; "" for one that no line of it caused."""
    lines = [frame.lineno for frame in traceback.extract_tb(error.__traceback__) if frame.filename == file]
    return f"line {lines[-1]}: " if lines else ""


def not_installed(noun: str, name: str, install: str) -> SettingsError:
    """The error for what cannot be used before `install` was typed."""
    words = f"{noun.capitalize()} '{name}' needs a package that is not installed."
    return SettingsError(words, hint=f"Install it: {install}.")


def refuse_unknown(given: Iterable[str], known: Collection[str], lacking: str, otherwise: str = "") -> None:
    """Raise SettingsError for a name that is not known: "There is no attack 'pdg'. Known are: ..." """
    for name in given:
        if name not in known:
            raise SettingsError(
                f"{lacking} '{name}'.", hint=f"Known are: {', '.join(known) or 'none'}{otherwise}."
            )
