"""What can be chosen: architectures, attacks with their parameters, and devices, in words."""

from __future__ import annotations

from dataclasses import dataclass

from cxr_gui.core import attacks
from cxr_gui.core.base import device
from cxr_gui.core.base.fields import FieldDescription
from cxr_gui.core.models import Architecture, architectures
from cxr_gui.core.sweep import QUESTIONS


@dataclass(frozen=True)
class Choice:
    """One thing to choose: its name on the command line, its title and one line about it."""

    name: str
    title: str
    summary: str


@dataclass(frozen=True)
class ArchitectureChoice(Choice):
    """An architecture, and whether it can start from ImageNet weights."""

    pretrainable: bool


@dataclass(frozen=True)
class AttackChoice(Choice):
    """An attack and the parameters its controls are built from."""

    parameters: tuple[FieldDescription, ...]


@dataclass(frozen=True)
class Catalog:
    """Everything the window's boxes, its guide and the command line's options list."""

    architectures: tuple[ArchitectureChoice, ...]
    attacks: tuple[AttackChoice, ...]
    devices: tuple[Choice, ...]
    checks: tuple[Choice, ...]


def catalog() -> Catalog:
    """Collect the registries. The first call imports torch."""
    return Catalog(
        architectures=tuple(
            ArchitectureChoice(entry.name, entry.title, _words(entry), "pretrained" in entry.options)
            for entry in architectures().values()
        ),
        attacks=tuple(
            AttackChoice(name, kind.title, kind.summary, attacks.describe_parameters(name))
            for name, kind in attacks.attacks().items()
        ),
        devices=tuple(Choice(name, device.describe(name), "") for name in device.available()),
        checks=tuple(
            Choice(name, name[0].upper() + name[1:], question.meaning) for name, question in QUESTIONS.items()
        ),
    )


def _words(architecture: Architecture) -> str:
    """Its line, and what to install before it can be chosen."""
    install = architecture.install
    return f"{architecture.summary}; not installed: {install}" if install else architecture.summary
