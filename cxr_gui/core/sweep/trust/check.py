"""What a check is: a question with a name, and what was found: a verdict, and its number in a sentence."""

from __future__ import annotations

import math
from collections.abc import Callable, Generator
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from cxr_gui.core.base.registry import Registry

if TYPE_CHECKING:
    from cxr_gui.core.sweep.trust.evidence import Evidence


class CheckFinding(NamedTuple):
    """Whether a check passed, the number it looked at, and a sentence that says so."""

    passed: bool
    value: float
    sentence: str


Finder = Callable[["Evidence"], "CheckFinding | Generator[None, None, CheckFinding]"]
"""Looks into the evidence; one that runs attacks yields after each step of them."""


class NotMadeError(Exception):
    """There is nothing that the check could look at; the message says why."""


@dataclass(frozen=True)
class Check:
    """One check: whether it passed, the number it looked at, and a sentence that says so.

    One that could not be made has not passed, and its number is NaN.
    """

    name: str
    passed: bool
    value: float
    sentence: str

    @property
    def verdict(self) -> str:
        """ "Passed", "Failed" or "Not made"."""
        return "Passed" if self.passed else "Not made" if math.isnan(self.value) else "Failed"

    @property
    def meaning(self) -> str:
        """What it asks and what its failure means; nothing of a check that this program does not know."""
        question = QUESTIONS.get(self.name)
        return question.meaning if question is not None else ""


@dataclass(frozen=True)
class Question:
    """What a check asks and what its failure means, for people, how the answer is found, and whether there is
    something to ask about: a check that does not concern a sweep is left out.
    """

    name: str
    meaning: str
    find: Finder
    concerns: Callable[[Evidence], bool]

    def ask(self, evidence: Evidence) -> Generator[None, None, Check]:
        """Make the check; yields after each step of an attack."""
        try:
            found = self.find(evidence)
            finding = (yield from found) if isinstance(found, Generator) else found
        except NotMadeError as reason:
            finding = CheckFinding(False, math.nan, f"Could not be made: {reason}")
        yield
        return Check(self.name, *finding)


QUESTIONS: Registry[Question] = Registry("trust check")
"""Every check by name, in the order in which they are made."""


def check(
    name: str, meaning: str, concerns: Callable[[Evidence], bool] = lambda _: True
) -> Callable[[Finder], Finder]:
    """Make a function the check `name`. `meaning`: the question it asks, and what follows if it fails."""

    def register(find: Finder) -> Finder:
        QUESTIONS.add(name, Question(name, meaning, find, concerns))
        return find

    return register
