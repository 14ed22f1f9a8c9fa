"""What a study.json says of the study. Everything in it is optional; what it does not say is empty here."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class AboutData:
    """The dataset: its folder's name, which files it was made of, and images of each class in each split."""

    name: str = ""
    fingerprint: str = ""
    counts: Mapping[str, Mapping[str, int]] = field(default_factory=dict)


@dataclass(frozen=True)
class AuditFinding:
    """One thing the audit looked at, in words; severity: how bad it is, in the audit's own word."""

    name: str
    passed: bool
    severity: str = ""
    summary: str = ""
    advice: str = ""

    @property
    def text(self) -> str:
        return f"{self.summary} {self.advice}".strip()


@dataclass(frozen=True)
class AuditRecord:
    """What the audit found."""

    findings: tuple[AuditFinding, ...] = ()


@dataclass(frozen=True)
class Example:
    """An image in the study's folder, what it shows, and the sentence that is written in it."""

    file: str
    caption: str
    sentence: str = ""


@dataclass(frozen=True)
class StudyRecord:
    """The command, where the run and the sweep are, and the rest; seconds: how long each part took."""

    command: str = ""
    run: str = "run"
    sweep: str = "sweep"
    data: AboutData = field(default_factory=AboutData)
    audit: AuditRecord = field(default_factory=AuditRecord)
    examples: tuple[Example, ...] = ()
    seconds: Mapping[str, float] = field(default_factory=dict)
