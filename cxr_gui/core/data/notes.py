"""What a person says of films: a flag, and a note in words. Kept for the person, not in the dataset's folder.

Each film is known by its path. The file is SQLite's: what was written stays, whatever is killed, and several
windows write into one. A file that cannot be read is told of and left as it is.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Callable, Mapping
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from textwrap import wrap
from typing import TypeVar

from platformdirs import user_data_dir

from cxr_gui.core.base.errors import OutputError
from cxr_gui.core.base.files import exists

T = TypeVar("T")

FLAGS = ("look again", "wrong label", "bad film")

VARIABLE = "CXR_NOTES"
"""The environment variable that names another file for them."""

LONGEST_NOTE = 4000
"""Characters."""

WIDTH, MOST_LINES = 72, 12
"""Letters of a line, and lines, of a note that is shown in small."""

WAIT = 5.0
"""Seconds, while another window writes."""

TABLE = "CREATE TABLE IF NOT EXISTS notes (path BLOB PRIMARY KEY, flag TEXT NOT NULL, words TEXT NOT NULL)"


@dataclass(frozen=True, slots=True)
class Note:
    """What is said of one film: one of FLAGS or "", and words or "". Nothing said counts as False."""

    flag: str = ""
    words: str = ""

    def __bool__(self) -> bool:
        return bool(self.flag or self.words)

    @property
    def lines(self) -> list[str]:
        """What is said, in lines that a tool tip has room for; of a long note its beginning."""
        return [line for part in self.said.splitlines() for line in wrap(part, WIDTH)][:MOST_LINES]

    @property
    def said(self) -> str:
        """In one go: "flagged: wrong label; note: the heart is on the right" """
        parts = (("flagged", self.flag), ("note", self.words))
        return "; ".join(f"{name}: {words}" for name, words in parts if words)


def notes_file() -> Path | None:
    """Where a person's notes are kept; None for who has no home to keep them in."""
    if named := os.environ.get(VARIABLE):
        return Path(named)
    try:
        folder = Path(user_data_dir("cxr-gui"))
    except RuntimeError:  # neither HOME nor an entry among the system's users
        return None
    # platformdirs before 4.14: a "~" that stayed as it is
    return folder / "notes.sqlite" if folder.is_absolute() else None


def read_notes(file: Path | None = None) -> dict[str, Note]:
    """All notes of a person by the paths of their films; none where there is no file yet.

    file  default: `notes_file()`

    Raises OutputError when they cannot be read.
    """
    place = file or notes_file()
    if place is None or not exists(place):
        return {}
    rows = _ask(place, lambda to: to.execute("SELECT path, flag, words FROM notes").fetchall())
    notes = {
        os.fsdecode(path): Note(flag if flag in FLAGS else "", words[:LONGEST_NOTE])
        for path, flag, words in rows
        if isinstance(path, bytes) and isinstance(flag, str) and isinstance(words, str)
    }
    return {path: note for path, note in notes.items() if note}


def write_notes(notes: Mapping[str, Note], file: Path | None = None) -> None:
    """Keep these, beside those of other films; where nothing is said of a film any more, nothing is kept.

    They are on the disk when this returns, all of them or none. Raises OutputError.
    """
    place = file or notes_file()
    if place is None:
        hint = f"Name a file for them in the environment variable {VARIABLE}."
        raise OutputError("There is no home folder to keep notes in.", hint=hint)
    said = [(os.fsencode(path), note.flag, _clean(note.words)) for path, note in notes.items() if note]
    gone = [(os.fsencode(path),) for path, note in notes.items() if not note]

    def write(to: sqlite3.Connection) -> None:
        to.executemany("INSERT OR REPLACE INTO notes VALUES (?, ?, ?)", said)
        to.executemany("DELETE FROM notes WHERE path = ?", gone)

    _ask(place, write)


def _ask(file: Path, question: Callable[[sqlite3.Connection], T]) -> T:
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        with closing(sqlite3.connect(file, timeout=WAIT)) as connection, connection:
            connection.execute(TABLE)
            return question(connection)
    except (OSError, sqlite3.Error) as error:
        hint = f"Nothing in it was changed. {VARIABLE} in the environment names another file."
        raise OutputError(f"the notes there cannot be used ({error}).", where=file, hint=hint) from error


def _clean(words: str) -> str:
    """What SQLite can hold: no half of a sign that takes two, as Qt may give it."""
    return words[:LONGEST_NOTE].encode("utf-8", "replace").decode()
