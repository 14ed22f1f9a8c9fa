"""The values the session hands out: each is made once and never changed."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from cxr_gui.core.base import units

if TYPE_CHECKING:
    from cxr_gui.core.attacks import Attack
    from cxr_gui.core.data import Problem
    from cxr_gui.core.images import Radiograph
    from cxr_gui.core.inspect import Explanation
    from cxr_gui.core.models import Classifier

STILL = 250
"""Milliseconds without another move until more is worked out than the verdict: a slider may be on its way."""

TRACE = tuple(units.to_pixel(0.2 * (step / 32) ** 2, "model") for step in range(33))
"""Where a film is followed over epsilon, pixel units: closer together near 0, where decisions flip."""


@dataclass(frozen=True)
class Offer:
    """What a button beside a message says, and `accept` does."""

    words: str
    accept: Callable[[], object] = field(compare=False, repr=False)


@dataclass(frozen=True)
class Message:
    """Something a person should know.

    level   "error", "warning", "info", or "hint", which waits behind all others
    offers  what can be done about it, the likeliest first; any of them puts the message away
    """

    level: str
    text: str
    details: str = ""
    offers: tuple[Offer, ...] = ()


def about_problems(problems: Sequence[Problem]) -> Message | None:
    """What is wrong with some files or folders; None when nothing is."""
    if not problems:
        return None
    first, others = problems[0], len(problems) - 1
    more = f" The details tell {others:,} more." if others else ""
    details = "\n".join(f"{problem.path}: {problem.what}" for problem in problems)
    return Message("warning", f"{Path(first.path).name} {first.what}{more}", details)


@dataclass(frozen=True)
class OpenFilm:
    """The film in the inspector: its file, what is decoded of it, and its true label, None when nobody said.

    warnings  sentences about its file, and about what is in it
    """

    path: Path
    radiograph: Radiograph
    label: str | None = None
    warnings: tuple[str, ...] = ()

    def messages(self) -> tuple[Message, ...]:
        """The warnings with whose they are."""
        return tuple(Message("warning", f"{self.path.name}: {warning}") for warning in self.warnings)

    def class_of(self, classifier: Classifier) -> int | None:
        """Its true label as a place among a classifier's classes; None where that is not known."""
        return classifier.classes.index(self.label) if self.label in classifier.classes else None

    def is_another_frame_of(self, other: OpenFilm) -> bool:
        """Whether both are of one file, but not the same of its frames."""
        return self.path == other.path and self.radiograph.source.frame != other.radiograph.source.frame


@dataclass(frozen=True)
class AttackSetting:
    """What the inspector and the sweep attack with. epsilon in pixel units."""

    attack: str = "fgsm"
    parameters: tuple[tuple[str, object], ...] = ()
    threat: str = "rgb"
    epsilon: float = field(default=units.to_pixel(0.03, "model"))

    def create(self) -> Attack:
        """The attack with its parameters. Imports torch. Raises SettingsError."""
        from cxr_gui.core.attacks import create_attack

        return create_attack(self.attack, **dict(self.parameters))


@dataclass(frozen=True, eq=False)
class Trace:
    """The film's probability over epsilon under one attack.

    epsilons       pixel units, ascending from 0      probabilities  of the positive class, at each
    critical       the smallest epsilon that flips the decision: 0 when wrong at once, inf beyond the last
    """

    epsilons: tuple[float, ...]
    probabilities: tuple[float, ...]
    critical: float


@dataclass(frozen=True, eq=False)
class Explained:
    """Where the classifier looks in the radiograph and in what an attack made of it.

    perturbed  None while it is being worked out, as it is anew for each epsilon
    """

    clean: Explanation
    perturbed: Explanation | None
