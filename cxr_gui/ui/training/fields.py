"""What the training tab's widgets have in common."""

from __future__ import annotations

from typing import TypeVar

from PySide6.QtWidgets import QWidget

W = TypeVar("W", bound=QWidget)

ELLIPSIS = "\N{HORIZONTAL ELLIPSIS}"


def named(widget: W, name: str, words: str = "") -> W:
    """`widget`, found under `name` by programs and under `words` by those who do not see it."""
    widget.setObjectName(name)
    widget.setAccessibleName(words)
    return widget
