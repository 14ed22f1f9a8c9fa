"""Thumbnails, decoded on runners of their own: the latest wish first, in bounded memory."""

from __future__ import annotations

import os
from collections import OrderedDict, deque
from collections.abc import Generator, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, Signal
from PySide6.QtGui import QImage

from cxr_gui.core.base.errors import ImageError
from cxr_gui.core.base.progress import Event
from cxr_gui.jobs.runner import Runners

if TYPE_CHECKING:
    from cxr_gui.core.data import ThumbnailCache

MEMORY = 64 << 20
RUNNERS = 2
"""That read side by side."""


@dataclass(frozen=True, eq=False)
class Thumbnail:
    """A small grey image, or None and the reason why there is none."""

    image: QImage | None
    problem: str = ""


@dataclass(frozen=True)
class ThumbnailRead(Event):
    """One file is done, at the size that was then asked for."""

    path: str
    thumbnail: Thumbnail
    size: int


class Thumbnails(QObject):
    """Keeps the thumbnails used last and reads those that are wanted.

    size    the longest side, in pixels
    memory  bytes of images kept; the ones not looked at for longest go first
    """

    ready = Signal(list)  # of the paths that can be got now
    failed = Signal(object)  # an error that is not about one image

    def __init__(
        self,
        runners: Runners,
        name: str = "thumbnails",
        *,
        size: int = 128,
        memory: int = MEMORY,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self.size = size
        self._runners = runners.first(name, RUNNERS)
        self._memory = memory
        self._used = 0
        self._kept: OrderedDict[str, Thumbnail] = OrderedDict()
        # Taken from and replaced on several threads: a deque's popleft and an attribute's change are atomic.
        self._wanted: deque[str] = deque()
        self._reading: set[str] = set()

    def get(self, path: str | os.PathLike[str]) -> Thumbnail | None:
        """The thumbnail if it has been read; None says that it has to be wanted first."""
        found = self._kept.get(os.fspath(path))
        if found is not None:
            self._kept.move_to_end(os.fspath(path))
        return found

    def want(self, paths: Iterable[str | os.PathLike[str]]) -> None:
        """Read these, in this order, in place of whatever was wanted before and is not being read yet."""
        names = (os.fspath(path) for path in paths)
        self._wanted = deque(name for name in names if name not in self._kept and name not in self._reading)
        self._go_on()

    def set_size(self, size: int) -> None:
        """Another size from now on: the thumbnails there are, are forgotten, and have to be wanted again."""
        if size != self.size:
            self.size = size
            self.clear()

    def clear(self) -> None:
        """Forget what was read and what was wanted."""
        self._wanted = deque()
        self._kept.clear()
        self._used = 0

    def _go_on(self) -> None:
        for runner in self._runners:
            if self._wanted and runner.job is None:
                job = runner.submit(self._read_wanted)
                job.events.connect(self._keep)
                job.failed.connect(self.failed)
                # What was wanted after the work had looked for the last time
                job.ended.connect(self._go_on)

    def _read_wanted(self) -> Generator[Event, None, Any]:
        """On a runner: one wanted thumbnail after the other, until nothing is wanted."""
        from cxr_gui.core.data import ThumbnailCache

        with ThumbnailCache() as cache:
            while True:
                try:
                    path = self._wanted.popleft()
                except IndexError:
                    return
                self._reading.add(path)
                size = self.size
                try:
                    thumbnail = _read(cache, path, size)
                except BaseException:
                    self._reading.discard(path)  # or it could never be wanted again
                    raise
                yield ThumbnailRead("Reading thumbnails", 0, None, path, thumbnail, size)

    def _keep(self, events: list[ThumbnailRead]) -> None:
        for event in events:
            self._reading.discard(event.path)
            if event.size != self.size:
                self._wanted.appendleft(event.path)
                continue
            self._kept[event.path] = event.thumbnail
            self._used += _bytes(event.thumbnail)
        while self._used > self._memory and len(self._kept) > 1:
            _, old = self._kept.popitem(last=False)
            self._used -= _bytes(old)
        self.ready.emit([event.path for event in events if event.path in self._kept])


def _read(cache: ThumbnailCache, path: str, size: int) -> Thumbnail:
    try:
        pixels = cache.read(path, size)
    except ImageError as error:
        return Thumbnail(None, f"{error.what} {error.hint}".strip())
    height, width = pixels.shape
    grey = QImage(pixels.tobytes(), width, height, width, QImage.Format.Format_Grayscale8)
    return Thumbnail(grey.copy())


def _bytes(thumbnail: Thumbnail) -> int:
    return 512 if thumbnail.image is None else thumbnail.image.sizeInBytes()
