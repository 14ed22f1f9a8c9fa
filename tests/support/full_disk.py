"""A disk that is full from the n-th write on, and files that may not grow beyond a size.

`FullDisk` stands between Python and the system: the n-th file, folder, write or flush below its folder fails
for want of space, and so does everything after it; moving a file needs none. What libraries write in C by
themselves (SQLite, Qt, Pillow's encoders) it sees no further than the flush; `no_larger_than` is the system's
own limit and stops these too.
"""

from __future__ import annotations

import builtins
import errno
import io
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from cxr_gui.core.base.errors import OutputError


class FullDisk:
    """Full from write number `full_at`, from 1, on. writes: how many so far; names: what was refused."""

    def __init__(self, folder: Path, full_at: int) -> None:
        self.folder, self.full_at = str(folder.resolve()), full_at
        self.writes = 0
        self.names: list[str] = []

    def spend(self, path: object) -> None:
        """Count one write, if it is below the folder."""
        if not str(Path(os.fspath(path)).absolute()).startswith(self.folder):  # type: ignore[call-overload]
            return
        self.writes += 1
        if self.writes >= self.full_at:
            self.names.append(Path(os.fspath(path)).name)  # type: ignore[call-overload]
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(path))

    @contextmanager
    def inserted(self) -> Iterator[FullDisk]:
        """While the block runs, the disk is like this."""
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(os, "mkdir", self._counted(os.mkdir))
            patch.setattr(os, "fsync", self._fsync(os.fsync))
            patch.setattr(os, "open", self._os_open(os.open))
            opener = self._open(io.open)
            patch.setattr(io, "open", opener)
            patch.setattr(builtins, "open", opener)
            yield self

    def _counted(self, function: Callable[..., Any]) -> Callable[..., Any]:
        def counted(path: Any, *arguments: Any, **options: Any) -> Any:
            self.spend(path)
            return function(path, *arguments, **options)

        return counted

    def _fsync(self, function: Callable[[int], None]) -> Callable[[int], None]:
        def counted(descriptor: int) -> None:
            self.spend(Path(f"/proc/self/fd/{descriptor}").readlink())
            function(descriptor)

        return counted

    def _os_open(self, function: Callable[..., int]) -> Callable[..., int]:
        def counted(path: Any, flags: int, *arguments: Any, **options: Any) -> int:
            if flags & os.O_CREAT and not os.path.exists(path):  # noqa: PTH110  may be bytes
                self.spend(path)
            return function(path, flags, *arguments, **options)

        return counted

    def _open(self, function: Callable[..., Any]) -> Callable[..., Any]:
        disk = self

        class Counted(io.FileIO):
            def write(self, data: Any) -> int:
                disk.spend(self.name)
                return super().write(data)

        def opened(file: Any, mode: str = "r", buffering: int = -1, *arguments: Any, **options: Any) -> Any:
            if isinstance(file, int) or not set(mode) & set("wax+") or buffering == 0:
                return function(file, mode, buffering, *arguments, **options)
            if set(mode) & set("wax"):
                disk.spend(file)
            raw = Counted(file, mode.replace("b", "").replace("t", ""))
            binary = io.BufferedRandom(raw) if "+" in mode else io.BufferedWriter(raw)
            return binary if "b" in mode else io.TextIOWrapper(binary, *arguments, **options)

        return opened


def every_full_disk(
    folder: Path, write: Callable[[], object], after: Callable[[FullDisk, OutputError], object]
) -> int:
    """Let the disk be full at the first write of `write`, then at the second, until it succeeds.

    Each time it must raise OutputError, which says so, and then `after` looks at what is left. Returns how
    many writes there were.
    """
    for full_at in count(1):
        disk = FullDisk(folder, full_at)
        with disk.inserted():
            failure = None
            try:
                write()
            except OutputError as error:
                failure = error
        if failure is None:
            assert not disk.names, f"{disk.names[0]} could not be written, and nobody said so"
            return disk.writes
        assert disk.names, "nothing was refused, and still it failed"
        assert "No space left" in failure.what, failure.what
        assert failure.where is not None
        assert failure.where.startswith(disk.folder)
        assert "free space" in failure.hint
        after(disk, failure)
    raise AssertionError


@contextmanager
def no_larger_than(size: int) -> Iterator[None]:
    """No file may grow beyond `size` bytes while the block runs, whoever writes it."""
    resource = pytest.importorskip("resource")
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def contents(folder: Path) -> dict[str, bytes]:
    """Every file below a folder, hidden ones too."""
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }
