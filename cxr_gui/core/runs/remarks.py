"""What a person says of a run, a sweep or a study: tags, and a note in words.

Kept as what is said of films is, see base.personal: a run's folder may be shared, be copied into a paper's
supplement, or not be ours to write in. Each is known by its folder.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from cxr_gui.core.base.personal import LONGEST_NOTE, read_personal, writable, write_personal

TABLE = "CREATE TABLE IF NOT EXISTS remarks (path BLOB PRIMARY KEY, tags TEXT NOT NULL, words TEXT NOT NULL)"
MOST_TAGS = 20


@dataclass(frozen=True, slots=True)
class Remark:
    """What is said of one, which is known by its folder. Nothing said counts as False."""

    words: str = ""
    tags: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.words or self.tags)


def tags_in(text: str) -> tuple[str, ...]:
    """The tags that a person typed, with commas between them: each once, in their order."""
    return _tags(text.replace("\n", ",").split(","))


def read_remarks(file: Path | None = None) -> dict[str, Remark]:
    """All remarks of a person by the folders of what they are about. Raises OutputError."""
    remarks = {
        os.fsdecode(path): Remark(words[:LONGEST_NOTE], _tags(tags.split("\n")))
        for path, tags, words in read_personal(file, TABLE, "SELECT path, tags, words FROM remarks")
        if isinstance(path, bytes) and isinstance(tags, str) and isinstance(words, str)
    }
    return {path: remark for path, remark in remarks.items() if remark}


def write_remarks(remarks: Mapping[str, Remark], file: Path | None = None) -> None:
    """Keep these, beside those of others; of what nothing is said any more, nothing is kept.

    They are on the disk when this returns, all of them or none. Raises OutputError.
    """
    said = [
        (os.fsencode(path), writable("\n".join(remark.tags)), writable(remark.words))
        for path, remark in remarks.items()
        if remark
    ]
    gone = [(os.fsencode(path),) for path, remark in remarks.items() if not remark]

    def write(to: sqlite3.Connection) -> None:
        to.executemany("INSERT OR REPLACE INTO remarks VALUES (?, ?, ?)", said)
        to.executemany("DELETE FROM remarks WHERE path = ?", gone)

    write_personal(file, TABLE, write)


def _tags(tags: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(tag for each in tags if (tag := each.strip())))[:MOST_TAGS]
