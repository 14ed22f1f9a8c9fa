"""The architectures by name. A new one is one file with one decorated function."""

from __future__ import annotations

import importlib.util
import inspect
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from cxr_gui.core.base.registry import Registry, not_installed, refuse_unknown
from cxr_gui.core.models.classifier import Classifier

if TYPE_CHECKING:
    from cxr_gui.core.models.parts import Wanted
    from cxr_gui.core.models.weights_file import Weights

Builder = Callable[..., Classifier]


class Reader(Protocol):
    """Reads the weights that a network wants, as `weights_file.read_weights` does."""

    def __call__(self, path: Path, wanted: Wanted, *, part: str | None = None) -> Weights: ...


@dataclass(frozen=True)
class Architecture:
    """A way to build a classifier: its name, its title and one-line summary for people, and the builder.

    needs    what it asks for beyond this program, in words; empty for nothing
    package  the package it is built of, when that comes with an `extra` of ours and may not be there
    read     reads the files that its makers publish, for `foreign.adopt`; None for plain weights only
    """

    name: str
    title: str
    summary: str
    build: Builder
    needs: str = ""
    package: str = ""
    extra: str = ""
    read: Reader | None = None

    @property
    def install(self) -> str:
        """What to type before it can be built; empty when everything is there. Imports nothing."""
        if not self.package or importlib.util.find_spec(self.package):
            return ""
        return f"pip install 'cxr-gui[{self.extra}]'"

    @property
    def options(self) -> tuple[str, ...]:
        """The names of the builder's keyword options."""
        return tuple(inspect.signature(self.build).parameters)


ARCHITECTURES: Registry[Architecture] = Registry(
    "architecture", package="cxr_gui.core.models", first=("paper_cnn", "compact_cnn")
)


def register(
    name: str,
    *,
    title: str,
    summary: str,
    needs: str = "",
    package: str = "",
    extra: str = "",
    read: Reader | None = None,
) -> Callable[[Builder], Builder]:
    """Decorate a function that builds a classifier (keyword-only options with defaults).

    Raises ArgumentError for a taken name.
    """

    def decorate(build: Builder) -> Builder:
        ARCHITECTURES.add(name, Architecture(name, title, summary, build, needs, package, extra, read))
        return build

    return decorate


def architectures() -> Registry[Architecture]:
    """Every architecture by name, the published one first."""
    return ARCHITECTURES


def create(name: str, **options: object) -> Classifier:
    """Build an untrained classifier.

    Raises SettingsError for an unknown name or option, or when the package it is built of is not installed.
    """
    architecture = ARCHITECTURES.find(name)
    if install := architecture.install:
        raise not_installed("architecture", name, install)
    refuse_unknown(options, architecture.options, f"Architecture '{name}' has no option")
    return architecture.build(**options)
