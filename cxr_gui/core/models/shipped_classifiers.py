"""The classifiers that come with the program, each with its card. Free of torch, as the window lists them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from cxr_gui.core.base import resources

DEMO, STANDARD, ROBUST, CERTIFIED = "demo", "standard", "robust", "certified"
"""Trained on synthetic films; on X-rays of people; on attacked ones; on bounds of what attacks can do."""


@dataclass(frozen=True)
class Shipped:
    """A shipped classifier: its name on the command line, the title of its card, its checkpoint."""

    name: str
    title: str
    path: Path

    @property
    def card(self) -> Path:
        """What it is, how it was made and how it does: a page of Markdown."""
        return self.path.with_suffix(".md")


def shipped() -> tuple[Shipped, ...]:
    """All of them, by name."""
    found = []
    for path in sorted((resources.folder() / "models").glob("*.safetensors")):
        title = path.with_suffix(".md").read_text(encoding="utf-8").partition("\n")[0]
        found.append(Shipped(path.stem, title.lstrip("# "), path))
    return tuple(found)


def find_shipped(name: str) -> Shipped | None:
    """The shipped classifier of this name, if there is one."""
    return next((entry for entry in shipped() if entry.name == name), None)
