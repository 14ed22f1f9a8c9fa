"""Leaving records out of training, with undo and redo."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from PySide6.QtCore import QObject
from PySide6.QtGui import QUndoStack

from cxr_gui.core.base.wording import counted
from cxr_gui.session import Session
from cxr_gui.ui.dataset.undo import UndoStep

Change = Callable[[frozenset[str]], frozenset[str]]


class Exclusions(QObject):
    """Changes what the session excludes, one undoable step at a time."""

    def __init__(self, session: Session, stack: QUndoStack, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._session, self._stack = session, stack
        self._changing = False
        session.datasetChanged.connect(stack.clear)
        session.excludedChanged.connect(self._forget_steps)

    def exclude(self, paths: Iterable[str]) -> None:
        self._step("Exclude", frozenset(paths) - self._session.excluded, self._session.excluded.union)

    def include(self, paths: Iterable[str]) -> None:
        """Take records into training again."""
        self._step("Include", self._session.excluded.intersection(paths), self._session.excluded.difference)

    def set_excluded(self, paths: frozenset[str]) -> None:
        """Exclude exactly these, as a step does or undoes it."""
        self._changing = True
        self._session.exclude(paths)
        self._changing = False

    def _step(self, verb: str, paths: frozenset[str], change: Change) -> None:
        if paths:
            words = f"{verb} {counted(len(paths), 'image')}"
            self._stack.push(UndoStep(words, self.set_excluded, self._session.excluded, change(paths)))

    def _forget_steps(self) -> None:
        """What was excluded otherwise, by a run that goes on, leaves nothing to step back to."""
        if not self._changing:
            self._stack.clear()
