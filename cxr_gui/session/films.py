"""Decoded radiographs, kept as long as there is room: each is decoded once, whichever lane asks first."""

from __future__ import annotations

from collections import OrderedDict
from concurrent.futures import Future
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from cxr_gui.core.images import Radiograph

MEMORY = 256 << 20
"""Bytes of pixels: some forty films of the published size, or one that is as large as any may be."""

Key = tuple[Path, int | None, int, int, int]


class Films:
    """Reads as `images.read` does; safe to call from several threads.

    memory  bytes of pixels kept; the ones not asked for longest go first
    A file that has changed since is another one.
    """

    def __init__(self, memory: int = MEMORY) -> None:
        self._memory = memory
        self._lock = Lock()
        self._kept: OrderedDict[Key, Future[Radiograph]] = OrderedDict()

    def read(self, path: Path, frame: int | None = None) -> Radiograph:
        """The radiograph; waits where another thread is decoding it. Raises ImageError."""
        from cxr_gui.core.images import read

        try:
            status = path.stat()
        except (OSError, ValueError):
            return read(path, frame)  # which says what is wrong with it
        key = (path, frame, status.st_ino, status.st_size, status.st_mtime_ns)
        with self._lock:
            found = self._kept.get(key)
            if found is None:
                decoded = self._kept[key] = Future()
            self._kept.move_to_end(key)
        if found is not None:
            return found.result()
        try:
            decoded.set_result(read(path, frame))
        except BaseException as error:
            with self._lock:
                del self._kept[key]
            decoded.set_exception(error)
            raise
        self._make_room()
        return decoded.result()

    def _make_room(self) -> None:
        with self._lock:
            sizes = {key: film.result().pixels.nbytes for key, film in self._kept.items() if film.done()}
            for key in list(sizes)[:-1]:
                if sum(sizes.values()) <= self._memory:
                    break
                del self._kept[key], sizes[key]
