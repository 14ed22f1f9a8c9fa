"""Leaving records out of training, with undo and redo."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from PySide6.QtCore import QObject
from PySide6.QtGui import QUndoCommand, QUndoStack

from cxr_gui.session import Session

Change = Callable[[frozenset[str]], frozenset[str]]


class Exclusions(QObject):
    """Changes what the session excludes, one undoable step at a time."""

    def __init__(self, session: Session, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._changing = False
        self.stack = QUndoStack(self)
        session.datasetChanged.connect(self.stack.clear)
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
            words = f"{verb} {len(paths):,} image{'s' if len(paths) > 1 else ''}"
            self.stack.push(_Step(self, words, self._session.excluded, change(paths)))

    def _forget_steps(self) -> None:
        """What was excluded otherwise, by a run that goes on, leaves nothing to step back to."""
        if not self._changing:
            self.stack.clear()


class _Step(QUndoCommand):
    def __init__(
        self, exclusions: Exclusions, words: str, before: frozenset[str], after: frozenset[str]
    ) -> None:
        super().__init__(words)
        self._exclusions, self._before, self._after = exclusions, before, after

    def undo(self) -> None:
        self._exclusions.set_excluded(self._before)

    def redo(self) -> None:
        self._exclusions.set_excluded(self._after)
