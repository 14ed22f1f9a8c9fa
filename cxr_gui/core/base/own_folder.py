"""The folders that a system has for what programs keep for a person."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path


def own_folder(find: Callable[[str], str]) -> Path | None:
    """Ours, where a function of platformdirs has it; None for who has no home."""
    try:
        folder = Path(find("cxr-gui"))
    except RuntimeError:  # neither HOME nor an entry among the system's users
        return None
    return folder if folder.is_absolute() else None  # platformdirs before 4.14: a "~" that stayed as it is
