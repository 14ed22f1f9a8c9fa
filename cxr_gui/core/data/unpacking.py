"""Unpacking an archive from elsewhere: nothing lands outside its folder, nothing grows without end."""

from __future__ import annotations

import errno
import lzma
import shutil
import stat
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

from cxr_gui.core.base.errors import DownloadError
from cxr_gui.core.base.progress import Event, Pace, Work

LEFT_OUT = ("__MACOSX", ".DS_Store")
"""What macOS puts into its archives beside the files."""

ENCRYPTED = 0x1
DAMAGE = (zipfile.BadZipFile, zlib.error, lzma.LZMAError, EOFError, NotImplementedError)
"""What zipfile and the decompressors below it were seen to raise for damaged archives, beside OSError."""


def unpack(archive: Path, folder: Path, *, largest: int) -> Work[None]:
    """Unpack a zip file into `folder`, a new or empty one; `largest` bytes at most.

    All names and sizes are looked at before the first byte is written. Raises DownloadError for a damaged
    archive, a name that leads out of `folder`, a link, a password, or more than `largest` bytes; OSError
    when `folder` cannot be written.
    """
    try:
        with zipfile.ZipFile(archive) as opened:
            members = list(_files(opened, archive))
            size = sum(member.file_size for member in members)
            if size > largest:
                raise _unsafe(archive, f"would unpack to {size:,} bytes, more than {largest:,}")
            yield from _write(opened, members, folder)
    except DAMAGE as error:
        raise _damaged(archive, error) from error
    except OSError as error:
        if error.errno not in (None, errno.EINVAL):  # bzip2's decompressor, and a seek to before the start
            raise
        raise _damaged(archive, error) from error


def _files(opened: zipfile.ZipFile, archive: Path) -> Iterator[zipfile.ZipInfo]:
    for member in opened.infolist():
        name = PurePosixPath(member.filename)
        if member.filename.endswith("/") or set(LEFT_OUT) & set(name.parts):
            continue
        outside = name.is_absolute() or ".." in name.parts or not name.parts
        if outside or any(sign in member.filename for sign in "\\:\0"):  # Windows' own ways out
            raise _unsafe(archive, f"holds a file that would land elsewhere, '{member.filename}'")
        if stat.S_ISLNK(member.external_attr >> 16):
            raise _unsafe(archive, f"holds a link, '{member.filename}'")
        if member.flag_bits & ENCRYPTED:
            raise _unsafe(archive, f"holds an encrypted file, '{member.filename}'")
        yield member


def _write(opened: zipfile.ZipFile, members: list[zipfile.ZipInfo], folder: Path) -> Work[None]:
    stage, pace = "Unpacking", Pace()
    for done, member in enumerate(members):
        if pace():
            yield Event(stage, done, len(members))
        path = folder / member.filename
        path.parent.mkdir(parents=True, exist_ok=True)
        with opened.open(member) as source, path.open("xb") as target:  # reads no more than its file_size
            shutil.copyfileobj(source, target, 1 << 20)
    yield Event(stage, len(members), len(members))


def _damaged(archive: Path, error: Exception) -> DownloadError:
    return DownloadError(f"is damaged ({error}).", where=archive, hint="Delete it and download it again.")


def _unsafe(archive: Path, what: str) -> DownloadError:
    return DownloadError(f"{what}; nothing was unpacked.", where=archive, hint="Do not use this file.")
