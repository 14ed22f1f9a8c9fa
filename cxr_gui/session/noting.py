"""Flags and notes: shown at once, and on the disk a moment later, in the order in which they were made."""

from __future__ import annotations

from collections.abc import Mapping
from concurrent.futures import Future, ThreadPoolExecutor

from PySide6.QtCore import Signal

from cxr_gui.core.data import Note, read_notes, write_notes
from cxr_gui.session.lanes import Lanes, Service
from cxr_gui.session.state import State


class Noting(Service):
    """A thread of its own, not a lane: what somebody wrote is never given up for what comes after it."""

    _read = Signal(object)  # {path: Note}
    _failed = Signal(object)  # WorkbenchError

    def __init__(self, state: State, lanes: Lanes) -> None:
        super().__init__(state, lanes)
        self._writer = ThreadPoolExecutor(1, "notes")
        self._read.connect(self._take)
        self._failed.connect(state.tell_error)

    def load(self) -> None:
        """Read what was noted before, off the GUI thread."""
        self._writer.submit(read_notes).add_done_callback(self._deliver)

    def note(self, notes: Mapping[str, Note]) -> None:
        """Say this of films, by their paths; an empty Note takes back what was said."""
        self._state.set_notes({path: said for path, said in {**self._state.notes, **notes}.items() if said})
        self._writer.submit(write_notes, dict(notes)).add_done_callback(self._deliver)

    def close(self) -> None:
        """Wait until all is written, which takes no longer than the disk."""
        self._writer.shutdown()

    def _deliver(self, done: Future[dict[str, Note]] | Future[None]) -> None:
        if (error := done.exception()) is not None:
            self._failed.emit(error)
        elif (found := done.result()) is not None:
            self._read.emit(found)

    def _take(self, found: dict[str, Note]) -> None:
        self._state.set_notes({**found, **self._state.notes})
