"""What a person says of films: a flag, and a note in words. Kept as base.personal says, by its path."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from textwrap import wrap

from cxr_gui.core.base.personal import LONGEST_NOTE, read_personal, writable, write_personal

FLAGS = ("look again", "wrong label", "bad film")

WIDTH, MOST_LINES = 72, 12
"""Letters of a line, and lines, of a note that is shown in small."""

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


def read_notes(file: Path | None = None) -> dict[str, Note]:
    """All notes of a person by the paths of their films; none where there is no file yet.

    file  default: `personal.notes_file()`

    Raises OutputError when they cannot be read.
    """
    notes = {
        os.fsdecode(path): Note(flag if flag in FLAGS else "", words[:LONGEST_NOTE])
        for path, flag, words in read_personal(file, TABLE, "SELECT path, flag, words FROM notes")
        if isinstance(path, bytes) and isinstance(flag, str) and isinstance(words, str)
    }
    return {path: note for path, note in notes.items() if note}


def write_notes(notes: Mapping[str, Note], file: Path | None = None) -> None:
    """Keep these, beside those of other films; where nothing is said of a film any more, nothing is kept.

    They are on the disk when this returns, all of them or none. Raises OutputError.
    """
    said = [(os.fsencode(path), note.flag, writable(note.words)) for path, note in notes.items() if note]
    gone = [(os.fsencode(path),) for path, note in notes.items() if not note]

    def write(to: sqlite3.Connection) -> None:
        to.executemany("INSERT OR REPLACE INTO notes VALUES (?, ?, ?)", said)
        to.executemany("DELETE FROM notes WHERE path = ?", gone)

    write_personal(file, TABLE, write)
