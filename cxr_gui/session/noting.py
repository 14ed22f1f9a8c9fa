"""What is said of films and runs: shown at once, and soon on the disk, in the order in which it was said."""

from __future__ import annotations

from collections.abc import Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial
from typing import Any

from PySide6.QtCore import Signal, SignalInstance

from cxr_gui.core.data import Note, read_notes, write_notes
from cxr_gui.core.runs import Remark, read_remarks, write_remarks
from cxr_gui.session.lanes import Lanes, Service
from cxr_gui.session.state import State


class Noting(Service):
    """A thread of its own, not a lane: what somebody wrote is never given up for what comes after it."""

    _read = Signal(object)  # {path: Note}
    _remarksRead = Signal(object)  # {folder: Remark}
    _failed = Signal(object)  # WorkbenchError

    def __init__(self, state: State, lanes: Lanes) -> None:
        super().__init__(state, lanes)
        self._writer = ThreadPoolExecutor(1, "notes")
        self._read.connect(self._take)
        self._remarksRead.connect(self._take_remarks)
        self._failed.connect(state.tell_error)

    def load(self) -> None:
        """Read what was noted before, off the GUI thread."""
        self._writer.submit(read_notes).add_done_callback(partial(self._deliver, self._read))
        self._writer.submit(read_remarks).add_done_callback(partial(self._deliver, self._remarksRead))

    def note(self, notes: Mapping[str, Note]) -> None:
        """Say this of films, by their paths; an empty Note takes back what was said."""
        self._state.set_notes({path: said for path, said in {**self._state.notes, **notes}.items() if said})
        self._writer.submit(write_notes, dict(notes)).add_done_callback(partial(self._deliver, None))

    def remark(self, remarks: Mapping[str, Remark]) -> None:
        """The same of runs, sweeps and studies, by their folders."""
        said = {**self._state.remarks, **remarks}
        self._state.set_remarks({folder: remark for folder, remark in said.items() if remark})
        self._writer.submit(write_remarks, dict(remarks)).add_done_callback(partial(self._deliver, None))

    def close(self) -> None:
        """Wait until all is written, which takes no longer than the disk."""
        self._writer.shutdown()

    def _deliver(self, read: SignalInstance | None, done: Future[Any]) -> None:
        if (error := done.exception()) is not None:
            self._failed.emit(error)
        elif read is not None:
            read.emit(done.result())

    def _take(self, found: dict[str, Note]) -> None:
        self._state.set_notes({**found, **self._state.notes})

    def _take_remarks(self, found: dict[str, Remark]) -> None:
        self._state.set_remarks({**found, **self._state.remarks})
