"""Sweeps that are written nowhere: each has its journal below the folder of caches until it is finished.

The same sweep, asked for again after a kill or a stop, goes on there. What was asked for lies beside the
journal until somebody stops it: so one that nobody stopped is known, and can be gone on with. Free of torch.
"""

from __future__ import annotations

import hashlib
import math
import shutil
import time
from collections.abc import Callable, Mapping
from contextlib import ExitStack, suppress
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cxr_gui.core.base.cache import lasting_folder
from cxr_gui.core.base.errors import CheckpointError, OutputError, SettingsError, WorkbenchError
from cxr_gui.core.base.files import json_text, locked, read_json, write_json
from cxr_gui.core.base.progress import Event, Notice, Work, changed
from cxr_gui.core.sweep.journal import images_there
from cxr_gui.core.sweep.sweep_folder import SweepFolder

if TYPE_CHECKING:
    from cxr_gui.core.sweep.result import SweepResult

    Make = Callable[[Path | None], Work[SweepResult]]

MOST_KEPT, LONGEST_KEPT = 20, 30 * 24 * 3600
"""How many journals are kept, and for how many seconds after the last word in each."""

BUSY = SettingsError("The same sweep is at work in another window.")
STAGE = "Going on with the sweep"
NO_JOURNAL = "This sweep keeps no journal: if it is interrupted, it begins again."
USELESS = "This sweep begins again. What had been finished"


@dataclass(frozen=True)
class UnfinishedSweep:
    """A sweep that nobody stopped and that did not end.

    asked  what it is, in plain values            done, total  images that are finished, and all
    """

    folder: Path
    asked: dict[str, Any]
    done: int
    total: int

    def forget(self) -> None:
        """Discard what it had finished."""
        _Place(self.folder).remove()


@dataclass(frozen=True)
class _Asked:
    total: int
    sweep: dict[str, Any]


@dataclass(frozen=True)
class _Place:
    """Where a sweep's journal is, and what was asked for."""

    folder: Path

    @property
    def asked(self) -> Path:
        return self.folder / "asked.json"

    @property
    def lock(self) -> Path:
        return self.folder / "sweep.lock"

    def remove(self) -> None:
        shutil.rmtree(self.folder, ignore_errors=True)

    def age(self) -> float:
        """Seconds since the last word in it; endless when another process has removed it."""
        try:
            journals = SweepFolder(self.folder).journals
            return time.time() - max(file.stat().st_mtime for file in (self.folder, *journals))
        except OSError:
            return math.inf


def resumable(
    asked: Mapping[str, Any],
    whose: Mapping[str, object],
    total: int,
    make: Make,
    *,
    stopped: Callable[[], bool],
) -> Work[SweepResult]:
    """The sweep of `total` images that `make` makes with the journal in a folder, which it goes on from.

    asked    what it is, in plain values: kept beside the journal until the sweep ends or is stopped
    whose    what its numbers depend on besides: the same sweep of another classifier is another one
    stopped  whether somebody wants it no longer, when it is closed; else the program ends with it

    A journal that cannot be used, or none that can be written, fails no sweep: a Notice says so.
    """
    place = _place(asked, whose)
    if place is None:
        return (yield from make(None))
    with ExitStack() as stack:
        try:
            stack.enter_context(locked(place.lock, BUSY))
            write_json(place.asked, {"total": total, "sweep": asked})
        except (OutputError, SettingsError) as error:
            yield Notice(STAGE, 0, None, f"{error} {NO_JOURNAL}")
            return (yield from make(None))
        _forget_old(place)
        try:
            result = yield from _anew_where_unusable(place, make)
        except BaseException:
            if stopped():
                with suppress(OSError):  # then it is offered once more than it need be
                    place.asked.unlink(missing_ok=True)
            raise
        place.remove()
    return result


def unfinished_sweeps() -> list[UnfinishedSweep]:
    """Those that were killed, or ended with their program, the latest first; not those that are at work."""
    found = []
    for place in _places():
        with suppress(WorkbenchError, OSError, ValueError), locked(place.lock, BUSY):
            said = read_json(place.asked, _Asked)
            done = images_there(place.folder)
            found.append(UnfinishedSweep(place.folder, said.sweep, done, said.total))
    return [sweep for sweep in found if sweep.done]


def _place(asked: Mapping[str, Any], whose: Mapping[str, object]) -> _Place | None:
    folder = lasting_folder()
    key = hashlib.sha256(json_text([asked, whose]).encode()).hexdigest()
    return None if folder is None else _Place(folder / "sweeps" / key[:32])


def _places() -> list[_Place]:
    """All there are, the latest first."""
    folder = lasting_folder()
    if folder is None or not (folder / "sweeps").is_dir():
        return []
    return sorted(map(_Place, (folder / "sweeps").iterdir()), key=_Place.age)


def _forget_old(but: _Place) -> None:
    """Remove the journals that nobody will go on with."""
    others = [place for place in _places() if place != but]
    for number, place in enumerate(others, start=1):
        if number >= MOST_KEPT or place.age() > LONGEST_KEPT:
            with suppress(WorkbenchError), locked(place.lock, BUSY):
                place.remove()


def _anew_where_unusable(place: _Place, make: Make) -> Work[SweepResult]:
    told = partial(_told, place)
    try:
        return (yield from changed(make(place.folder), told))
    except CheckpointError as error:
        SweepFolder(place.folder).forget_journals()
        yield Notice(STAGE, 0, None, f"{USELESS} {error.what}")
        return (yield from changed(make(place.folder), told))
    except OutputError as error:
        yield Notice(STAGE, 0, None, f"{error} {NO_JOURNAL}")
        return (yield from make(None))


def _told(place: _Place, event: Event) -> Event:
    """The same event, without the name of a folder that nobody has seen."""
    if not isinstance(event, Notice) or not event.text.startswith(str(place.folder)):
        return event
    return replace(event, text=event.text.replace(str(place.folder), "This sweep"), level="info")
