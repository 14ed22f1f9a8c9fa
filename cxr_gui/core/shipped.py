"""The classifiers that come with the program, each with its card. Free of torch, as the window lists them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from cxr_gui.core import resources


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
    """All of them, the demo study's first."""
    found = []
    for path in sorted((resources.folder() / "models").glob("*.safetensors")):
        title = path.with_suffix(".md").read_text(encoding="utf-8").partition("\n")[0]
        found.append(Shipped(path.stem, title.lstrip("# "), path))
    return tuple(found)


def checkpoint(name: str) -> Path | None:
    """The checkpoint of the shipped classifier of this name, if there is one."""
    return next((entry.path for entry in shipped() if entry.name == name), None)
