"""Thumbnails kept on disk from one start to the next: small JPEGs in one SQLite file of bounded size."""

from __future__ import annotations

import io
import os
import sqlite3
import time
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from cxr_gui.core import images
from cxr_gui.core.base.cache import cache_folder

VERSION = 3
"""Raised when `images.read_thumbnail` gives other pixels for the same file."""

BYTES = 512 << 20
"""What the thumbnails may take: some 100,000 of them."""

SPARED = 0.9
"""How full the cache is left when the longest unused are removed."""

DAY = 24 * 3600
QUALITY = 90
WAIT = 1.0
"""Seconds, when another process is writing."""

TABLES = """
CREATE TABLE IF NOT EXISTS thumbnails (
    path TEXT, side INTEGER, size INTEGER, changed INTEGER, version INTEGER,
    used INTEGER, bytes INTEGER, picture BLOB,
    PRIMARY KEY (path, side)
);
CREATE INDEX IF NOT EXISTS thumbnails_used ON thumbnails (used, bytes);
"""

T = TypeVar("T")


class ThumbnailCache:
    """Reads thumbnails as `images.read_thumbnail` does, and remembers them. Close it, or use it in a `with`.

    For one thread; other threads and processes have their own on the same file.

    One stands for a file as long as the file's size and time of change stay. The cache only saves time: one
    that cannot be opened, read or written is done without, and a damaged one is made anew.

    file  default: `thumbnails.sqlite` among the caches
    size  bytes that the thumbnails may take; the longest unused go first
    """

    def __init__(self, file: str | os.PathLike[str] | None = None, *, size: int = BYTES) -> None:
        self._file = cache_folder() / "thumbnails.sqlite" if file is None else Path(file)
        self._size = size
        self._held = 0.0
        self._connection: sqlite3.Connection | None = None
        self._usable = True

    def __enter__(self) -> ThumbnailCache:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def read(self, path: str | os.PathLike[str], side: int) -> NDArray[np.uint8]:
        """The thumbnail, uint8 [h, w], its longer side `side` or less. Raises ImageError."""
        name = str(Path(path).absolute())
        key = _state(name)
        found = self._ask(lambda to: _find(to, name, side, key)) if key is not None else None
        if found is not None:
            return found
        pixels = images.read_thumbnail(path, side)
        if key is not None:
            self._ask(lambda to: self._remember(to, name, side, key, pixels))
        return pixels

    def close(self) -> None:
        """Let go of the file."""
        if self._connection is not None:
            self._connection.close()
        self._connection = None

    def _ask(self, question: Callable[[sqlite3.Connection], T]) -> T | None:
        """The answer of the database; None when it has none, or is of no use."""
        if not self._usable:
            return None
        try:
            if self._connection is None:
                self._connection = self._open()
            with self._connection:
                return question(self._connection)
        except sqlite3.OperationalError:  # locked for long, no room, read-only
            return None
        except (sqlite3.DatabaseError, OSError):
            self._start_afresh()
            return None

    def _open(self) -> sqlite3.Connection:
        self._file.parent.mkdir(parents=True, exist_ok=True)
        connection = sqlite3.connect(self._file, timeout=WAIT)
        try:
            connection.execute("PRAGMA journal_mode=WAL")
            connection.execute("PRAGMA synchronous=NORMAL")  # whole after a crash, if not up to date
            connection.executescript(TABLES)
            self._held = _held(connection)
        except sqlite3.Error:
            connection.close()
            raise
        return connection

    def _start_afresh(self) -> None:
        """Delete a damaged file, once; when that does not help, do without."""
        self.close()
        try:
            for ending in ("", "-wal", "-shm"):
                Path(f"{self._file}{ending}").unlink(missing_ok=True)
            self._connection = self._open()
        except (sqlite3.Error, OSError):
            self._usable = False

    def _remember(
        self,
        to: sqlite3.Connection,
        name: str,
        side: int,
        key: tuple[int, int],
        pixels: NDArray[np.uint8],
    ) -> None:
        jpeg = io.BytesIO()
        Image.fromarray(pixels).save(jpeg, "JPEG", quality=QUALITY)
        to.execute(
            "INSERT OR REPLACE INTO thumbnails VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            (name, side, *key, VERSION, int(time.time()), len(jpeg.getvalue()), jpeg.getvalue()),
        )
        self._held += len(jpeg.getvalue())
        if self._held > self._size:
            self._make_room(to)

    def _make_room(self, to: sqlite3.Connection) -> None:
        """Remove the longest unused until there is some room again."""
        self._held = _held(to)  # others write too
        going = []
        for row, length in to.execute("SELECT rowid, bytes FROM thumbnails ORDER BY used, rowid"):
            if self._held <= SPARED * self._size:
                break
            going.append((row,))
            self._held -= length
        to.executemany("DELETE FROM thumbnails WHERE rowid = ?", going)


def _held(connection: sqlite3.Connection) -> float:
    """Bytes of all thumbnails."""
    (total,) = connection.execute("SELECT total(bytes) FROM thumbnails").fetchone()
    return float(total)


def _state(path: str) -> tuple[int, int] | None:
    """What tells a changed file: bytes, and when it was changed in nanoseconds; None when it is not there."""
    try:
        status = Path(path).stat()
    except (OSError, ValueError):
        return None  # images.read_thumbnail says what is wrong with it
    return status.st_size, status.st_mtime_ns


def _find(to: sqlite3.Connection, name: str, side: int, key: tuple[int, int]) -> NDArray[np.uint8] | None:
    row = to.execute(
        "SELECT rowid, used, picture FROM thumbnails WHERE path = ? AND side = ? "
        "AND size = ? AND changed = ? AND version = ?",
        (name, side, *key, VERSION),
    ).fetchone()
    if row is None:
        return None
    number, used, jpeg = row
    now = int(time.time())
    if now - used > DAY:
        to.execute("UPDATE thumbnails SET used = ? WHERE rowid = ?", (now, number))
    with Image.open(io.BytesIO(jpeg), formats=("JPEG",)) as image:
        pixels: NDArray[np.uint8] = np.asarray(image)
    return pixels
