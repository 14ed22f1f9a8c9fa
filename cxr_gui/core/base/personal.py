"""What a person says of films and of runs: kept for the person, not in their folders, which others may own.

One file of SQLite's, with a table for each kind of thing: what was written stays, whatever is killed, and
several windows write into one. A file that cannot be read is told of and left as it is.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import TypeVar

from platformdirs import user_data_dir

from cxr_gui.core.base.errors import OutputError
from cxr_gui.core.base.files import exists
from cxr_gui.core.base.own_folder import own_folder

T = TypeVar("T")

VARIABLE = "CXR_NOTES"
"""The environment variable that names another file for them."""

LONGEST_NOTE = 4000
"""Characters."""

WAIT = 5.0
"""Seconds, while another window writes."""


def notes_file() -> Path | None:
    """Where what a person says is kept; None for who has no home to keep it in."""
    if named := os.environ.get(VARIABLE):
        return Path(named)
    folder = own_folder(user_data_dir)
    return None if folder is None else folder / "notes.sqlite"


def read_personal(file: Path | None, table: str, question: str) -> list[tuple[object, ...]]:
    """The rows that answer a question in SQL, none where there is no file yet. Raises OutputError.

    file  default: `notes_file()`      table  the SQL that makes the table asked about
    """
    place = file or notes_file()
    if place is None or not exists(place):
        return []
    return _ask(place, table, lambda to: to.execute(question).fetchall())


def write_personal(file: Path | None, table: str, write: Callable[[sqlite3.Connection], object]) -> None:
    """Have `write` change the table: all of it is on the disk then, or none. Raises OutputError."""
    place = file or notes_file()
    if place is None:
        hint = f"Name a file for them in the environment variable {VARIABLE}."
        raise OutputError("There is no home folder to keep notes in.", hint=hint)
    _ask(place, table, write)


def writable(words: str) -> str:
    """What SQLite can hold: no half of a sign that takes two, as Qt may give it, and no more than a note."""
    return words[:LONGEST_NOTE].encode("utf-8", "replace").decode()


def _ask(file: Path, table: str, question: Callable[[sqlite3.Connection], T]) -> T:
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        with closing(sqlite3.connect(file, timeout=WAIT)) as connection, connection:
            connection.execute(table)
            return question(connection)
    except (OSError, sqlite3.Error) as error:
        hint = f"Nothing in it was changed. {VARIABLE} in the environment names another file."
        raise OutputError(f"the notes there cannot be used ({error}).", where=file, hint=hint) from error
