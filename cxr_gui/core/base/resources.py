"""Where the packed files are: beside the package in a checkout, inside it once installed."""

from __future__ import annotations

from pathlib import Path


def folder() -> Path:
    """The resources folder (icons, style, demo models)."""
    package = Path(__file__).resolve().parents[2]
    installed = package / "resources"
    return installed if installed.is_dir() else package.parent / "resources"
