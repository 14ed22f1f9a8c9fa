"""The index of runs: read from their folders, and kept in a file that is only a cache.

The file is SQLite's. Where it is not there, damaged, or of another version, it is made again from the
folders; what has changed since it was written is read again, by the times and sizes of its files.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterable, Sequence
from contextlib import closing, suppress
from dataclasses import dataclass, replace
from pathlib import Path

import msgspec

from cxr_gui.core.base.cache import in_cache
from cxr_gui.core.base.errors import OutputError
from cxr_gui.core.base.files import parse_json
from cxr_gui.core.base.progress import Event, Pace, Work
from cxr_gui.core.data import Problem
from cxr_gui.core.runs.entry import Entry
from cxr_gui.core.runs.linking import linked
from cxr_gui.core.runs.looking import look_through, outermost
from cxr_gui.core.runs.reading import read_entry

VERSION = 1
"""Of the table and of what an entry holds; a file of another one is made again."""

FILE = "runs.sqlite"
WAIT = 5.0
"""Seconds, while another window writes."""

TABLE = """CREATE TABLE IF NOT EXISTS entries (
    folder BLOB NOT NULL, kind TEXT NOT NULL, name TEXT NOT NULL, stamp TEXT NOT NULL, said TEXT NOT NULL,
    PRIMARY KEY (folder, kind))"""

Known = dict[tuple[str, str], tuple[str, str, str]]
"""(folder, kind) -> name, stamp, and the entry as JSON"""


@dataclass(frozen=True)
class FoundRuns:
    """All that lies below the folders, and what could not be looked into."""

    entries: tuple[Entry, ...]
    problems: tuple[Problem, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Remembered(Event):
    """What lay below the folders the last time, before anybody looks again."""

    entries: tuple[Entry, ...]


def find_runs(folders: Sequence[Path]) -> Work[FoundRuns]:
    """Every run, sweep and study below the folders. What is known from before comes first, as Remembered.

    Raises OutputError when no folder for the cache can be written.
    """
    return (yield from in_cache(lambda cache: _find(cache / FILE, folders)))


def _find(file: Path, folders: Sequence[Path]) -> Work[FoundRuns]:
    known = _read(file)
    roots = {str(folder) for folder in outermost(folders)}
    before = {
        key: replace(entry, folder=key[0], name=name)
        for key, (name, _, said) in known.items()
        if _is_below(key[0], roots) and (entry := _understood(said)) is not None
    }
    if before:
        yield Remembered("Looking for runs", 0, None, entries=linked(before.values()))
    found = yield from look_through(folders)
    entries: list[Entry] = []
    fresh: Known = {}
    gone = known.keys() - {(str(place.folder), place.kind) for place in found.places}
    try:
        pace = Pace()
        for number, place in enumerate(found.places):
            key = (str(place.folder), place.kind)
            entry = before.get(key)
            if entry is None or (place.name, place.stamp) != known[key][:2]:
                entry = read_entry(place)
                fresh[key] = (place.name, place.stamp, msgspec.json.encode(entry).decode())
            entries.append(replace(entry, folder=key[0], name=place.name))
            if pace():
                yield Event("Reading runs", number + 1, len(found.places))
    except GeneratorExit:
        with suppress(OutputError):  # nobody waits for the index any more
            _write(file, fresh, gone)  # what was read need not be read again
        raise
    _write(file, fresh, gone)
    return FoundRuns(linked(entries), found.problems)


def _understood(said: str) -> Entry | None:
    try:
        return parse_json(said, Entry)
    except ValueError:  # of a cache: read again
        return None


def _is_below(folder: str, roots: set[str]) -> bool:
    return folder in roots or any(str(parent) in roots for parent in Path(folder).parents)


def _read(file: Path) -> Known:
    """What the cache knows: nothing where it is not there; one that cannot be used is removed."""
    if not file.is_file():
        return {}
    try:
        with closing(sqlite3.connect(file, timeout=WAIT)) as cache:
            if cache.execute("PRAGMA user_version").fetchone() == (VERSION,):
                rows = cache.execute("SELECT folder, kind, name, stamp, said FROM entries").fetchall()
                return {(os.fsdecode(folder), kind): (*others,) for folder, kind, *others in rows}
    except (sqlite3.DatabaseError, TypeError):
        pass  # damaged
    try:
        file.unlink(missing_ok=True)
    except OSError as error:
        raise _unusable(file, error) from error
    return {}


def _write(file: Path, fresh: Known, gone: Iterable[tuple[str, str]]) -> None:
    rows = [(os.fsencode(folder), kind, *others) for (folder, kind), others in fresh.items()]
    old = [(os.fsencode(folder), kind) for folder, kind in gone]
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        with closing(sqlite3.connect(file, timeout=WAIT)) as cache, cache:
            cache.execute(TABLE)
            cache.execute(f"PRAGMA user_version = {VERSION}")
            cache.executemany("INSERT OR REPLACE INTO entries VALUES (?, ?, ?, ?, ?)", rows)
            cache.executemany("DELETE FROM entries WHERE folder = ? AND kind = ?", old)
    except (OSError, sqlite3.Error) as error:
        raise _unusable(file, error) from error


def _unusable(file: Path, error: Exception) -> OutputError:
    return OutputError(f"the index of runs cannot be kept there ({error}).", where=file)
