"""Runs, sweeps and studies on the disk: found below the folders that were used, and compared."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from cxr_gui.core.base.progress import Event, Work
from cxr_gui.core.runs import Entry, Remembered
from cxr_gui.session.lanes import Lane, Lanes, Service
from cxr_gui.session.state import State
from cxr_gui.session.values import Message, about_problems

if TYPE_CHECKING:
    from cxr_gui.core.runs import Chosen, FoundRuns
    from cxr_gui.jobs import Job


class Indexing(Service):
    """What was known the last time is shown at once, and what there is when it is known."""

    def __init__(self, state: State, lanes: Lanes) -> None:
        super().__init__(state, lanes)
        self._problems: Message | None = None

    def find(self, folders: Sequence[str]) -> Job:
        """Look through these folders, and all below."""
        paths = [Path(folder) for folder in folders]
        job = self._lanes.start(Lane.RUNS, lambda: _find(paths), self._take)
        job.events.connect(self._take_remembered)
        return job

    def compare(self, entries: Sequence[Entry]) -> Job:
        """Read all of these that can be held against each other; the job is done with a Chosen."""
        chosen = tuple(entries)
        return self._lanes.start(Lane.RUN_COMPARISON, lambda: _compare(chosen))

    def _take_remembered(self, events: list[Event]) -> None:
        for event in events:
            if isinstance(event, Remembered) and not self._state.entries:
                self._state.set_entries(event.entries)

    def _take(self, found: FoundRuns) -> None:
        self._state.set_entries(found.entries)
        before, self._problems = self._problems, about_problems(found.problems)
        if before != self._problems:  # what somebody has dismissed is not told again
            if before is not None:
                self._state.messageWithdrawn.emit(before)
            if self._problems is not None:
                self._state.messageRaised.emit(self._problems)


def _find(folders: Sequence[Path]) -> Work[FoundRuns]:
    yield Event("Looking for runs", 0, None)
    from cxr_gui.core.runs import find_runs

    return (yield from find_runs(folders))


def _compare(entries: Sequence[Entry]) -> Work[Chosen]:
    yield Event("Reading results", 0, None)
    from cxr_gui.core.runs import read_chosen

    return (yield from read_chosen(entries))
