"""What a person changed about films, one undoable step at a time."""

from __future__ import annotations

from collections.abc import Callable
from typing import Generic, TypeVar

from PySide6.QtGui import QUndoCommand

T = TypeVar("T")


class UndoStep(QUndoCommand, Generic[T]):
    """Sets something to a value, and back to what it was."""

    def __init__(self, words: str, set_to: Callable[[T], object], before: T, after: T) -> None:
        super().__init__(words)
        self._set_to, self._before, self._after = set_to, before, after

    def undo(self) -> None:
        self._set_to(self._before)

    def redo(self) -> None:
        self._set_to(self._after)
