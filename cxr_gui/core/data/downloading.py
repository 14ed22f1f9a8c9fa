"""Getting data that others publish: fetched when asked for, resumed, checked by hash, unpacked whole."""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from cxr_gui.core.base.errors import DownloadError, OutputError
from cxr_gui.core.base.files import cannot_write, locked
from cxr_gui.core.base.progress import Event, Pace, Work
from cxr_gui.core.data.unpacking import unpack

if TYPE_CHECKING:
    from requests import Response

MEGABYTE = 1_000_000
CHUNK = 1 << 16
"""Bytes at a time: of the last of them, what comes before a connection breaks is lost."""

SECONDS = (10, 20)
"""How long to wait for a connection, and for the next bytes."""

GROWTH = 2
"""Images hardly shrink in an archive: one that unpacks to more than this many times its size is a bomb."""

ATTRIBUTION = "ATTRIBUTION.txt"


@dataclass(frozen=True)
class OnlineDataset:
    """A zip file of images somewhere on the network, and who is to be thanked for it.

    archive  its file name              bytes, sha256  of the archive, known beforehand
    folder   the dataset's folder name  doi            where it is described
    """

    title: str
    url: str
    archive: str
    folder: str
    bytes: int
    sha256: str
    licence: str
    attribution: str
    doi: str

    @property
    def page(self) -> str:
        return f"https://doi.org/{self.doi}"

    @property
    def room(self) -> int:
        """Bytes that the archive and what is in it take together, for a moment."""
        return round(self.bytes * 2.05)

    def to_text(self) -> str:
        """What it is and whose, as it is shown, and written beside the images."""
        size = f"{self.bytes / MEGABYTE:,.0f} MB"
        return f"{self.title} ({size})\n{self.attribution}\n{self.page}\nLicence: {self.licence}\n"


KERMANY = OnlineDataset(
    title="Kermany chest X-rays: 5,856 images of children, normal and with pneumonia",
    url="https://data.mendeley.com/public-files/datasets/rscbjbr9sj/files/"
    "f12eaf6d-6023-432f-acc9-80c9d7393433/file_downloaded",
    archive="ChestXRay2017.zip",
    folder="chest_xray",
    bytes=1_235_512_464,
    sha256="13efc055629733dbab07877f8b3c9f81097840dbcdaa326a8542322c2281ce36",
    licence="CC BY 4.0, https://creativecommons.org/licenses/by/4.0/",
    attribution="Kermany, Daniel; Zhang, Kang; Goldbaum, Michael (2018), Labeled Optical Coherence "
    "Tomography (OCT) and Chest X-Ray Images for Classification, Mendeley Data, V2",
    doi="10.17632/rscbjbr9sj.2",
)


def download(source: OnlineDataset, folder: str | os.PathLike[str]) -> Work[Path]:
    """Fetch and unpack `source` into `folder`; returns the dataset's folder in it, which appears when whole.

    What has arrived stays in `folder` as ARCHIVE.part when the work is stopped or fails, and the next call
    goes on from there. Where the dataset is already, nothing is fetched. Beside the images lies a file that
    says whose they are.

    Raises DownloadError when the server cannot be reached, gives something else, or another process fetches
    the same into `folder`; OutputError when `folder` cannot be written, has too little room, or holds
    something else under the dataset's name.
    """
    folder = Path(folder)
    dataset, part = folder / source.folder, folder / f"{source.archive}.part"
    if _is_there(dataset, source) and not (part.exists() or _left(folder, source)):
        return dataset
    if not folder.exists():
        _check_room(folder, source.room)
    lock = folder / f".{source.folder}.lock"
    busy = DownloadError(
        "is being downloaded by another process.",
        where=dataset,
        hint="Wait for it, or choose another folder.",
    )
    with locked(lock, busy):
        for left in _left(folder, source):
            shutil.rmtree(left, ignore_errors=True)
        if not _is_there(dataset, source):
            yield from _bring(source, dataset, part)
        with _writing(part):
            part.unlink(missing_ok=True)
    with suppress(OSError):  # whoever gets hold of it now finds the dataset there
        lock.unlink()
    return dataset


def _left(folder: Path, source: OnlineDataset) -> list[Path]:
    """Half-unpacked folders: of who unpacks now, and of who was killed before."""
    form = re.compile(rf"\.{re.escape(source.folder)}-[a-z0-9_]{{8}}")
    return [path for path in folder.glob(f".{source.folder}-*") if form.fullmatch(path.name)]


def _bring(source: OnlineDataset, dataset: Path, part: Path) -> Work[None]:
    """Fetch what is missing of the archive, check it, and unpack it."""
    folder = dataset.parent
    _check_room(folder, source.room - _size(part))
    with _writing(part):
        yield from _fetch(source, part)
        yield from _check(source, part)
    with _writing(dataset), tempfile.TemporaryDirectory(prefix=f".{source.folder}-", dir=folder) as temporary:
        whole = Path(temporary) / "whole"
        whole.mkdir()
        yield from unpack(part, whole, largest=source.bytes * GROWTH)
        inside = list(whole.iterdir())
        if len(inside) == 1 and inside[0].is_dir():  # the archive's own folder around everything
            whole = inside[0]
        (whole / ATTRIBUTION).write_text(source.to_text(), encoding="utf-8")
        whole.rename(dataset)


def _fetch(source: OnlineDataset, part: Path) -> Work[None]:
    """Bring `part` to the source's size; a connection that breaks is made again while bytes still come."""
    from requests import RequestException

    if _size(part) > source.bytes:
        part.unlink()
    while (before := _size(part)) < source.bytes:
        try:
            yield from _receive(source, part)
        except RequestException as error:
            if _size(part) == before:
                raise DownloadError(
                    f"cannot be fetched ({_reason(error)}).",
                    where=source.url,
                    hint="Check the connection and start again: what has arrived is kept.",
                ) from error


def _receive(source: OnlineDataset, part: Path) -> Work[None]:
    """Append what one answer of the server brings, from where `part` ends."""
    import requests

    start = _size(part)
    yield _progress(source, start)
    headers = {"Accept-Encoding": "identity"} | ({"Range": f"bytes={start}-"} if start else {})
    with requests.get(source.url, headers=headers, stream=True, timeout=SECONDS) as answer:
        start = _check_answer(source, answer, start)
        pace = Pace()
        with part.open("r+b" if start else "wb") as file:
            file.seek(start)
            file.truncate()
            for chunk in answer.iter_content(CHUNK):
                start += len(chunk)
                if start > source.bytes:
                    raise _other(source, "it is larger than it should be")
                file.write(chunk)
                if pace():
                    yield _progress(source, start)
    yield _progress(source, start)


def _check_answer(source: OnlineDataset, answer: Response, start: int) -> int:
    """Where the answer's bytes begin: at `start`, or at 0 when the server knows no ranges."""
    if answer.status_code not in (200, 206):
        raise DownloadError(
            f"the server answered {answer.status_code} {answer.reason}.",
            where=source.url,
            hint=f"Try again later, or download {source.archive} by hand from {source.page} and unpack it.",
        )
    begins = answer.status_code == 206 and answer.headers.get("Content-Range", "").startswith(
        f"bytes {start}-"
    )
    start = start if begins else 0
    if answer.status_code == 206 and not begins:
        raise _other(source, "the server sent another part than was asked for")
    length = answer.headers.get("Content-Length", "")
    if length.isdecimal() and start + int(length) != source.bytes:
        raise _other(source, f"it has {start + int(length):,} bytes, not {source.bytes:,}")
    return start


def _check(source: OnlineDataset, part: Path) -> Work[None]:
    """Compare the archive's hash; a wrong one is deleted, for nothing can go on from it."""
    stage, pace, digest = "Checking (MB)", Pace(), hashlib.sha256()
    with part.open("rb") as file:
        while chunk := file.read(1 << 20):
            digest.update(chunk)
            if pace():
                yield Event(stage, file.tell() // MEGABYTE, source.bytes // MEGABYTE)
    if digest.hexdigest() != source.sha256:
        part.unlink()
        raise _other(source, "its SHA-256 is wrong, so it was deleted")


def _is_there(dataset: Path, source: OnlineDataset) -> bool:
    """Whether the dataset is there, whole; raises OutputError when something else has its name."""
    if not dataset.exists():
        return False
    try:
        same = (dataset / ATTRIBUTION).read_text(encoding="utf-8") == source.to_text()
    except (OSError, UnicodeDecodeError):
        same = False
    if not same:
        raise OutputError("is there already.", where=dataset, hint="Choose another folder, or open this one.")
    return True


def _check_room(folder: Path, needed: int) -> None:
    """Raise OutputError unless the disk has `needed` bytes free."""
    there = next((path for path in (folder, *folder.absolute().parents) if path.exists()), Path.cwd())
    free = shutil.disk_usage(there).free
    if free < needed:
        raise OutputError(
            f"has {free / MEGABYTE:,.0f} MB free, and {needed / MEGABYTE:,.0f} MB are needed.",
            where=folder,
            hint="Free some space, or choose a folder on another disk.",
        )


@contextmanager
def _writing(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise cannot_write(path, error) from error


def _reason(error: Exception) -> str:
    """What lies at the bottom of an error of requests, without the layers around it."""
    inner = getattr(error, "reason", None) or next(iter(error.args), None)
    if isinstance(inner, Exception):
        return _reason(inner)
    return str(error).rpartition(": ")[2] or type(error).__name__


def _other(source: OnlineDataset, what: str) -> DownloadError:
    return DownloadError(
        f"is not the expected {source.archive}: {what}.", where=source.url, hint=f"Look at {source.page}."
    )


def _progress(source: OnlineDataset, done: int) -> Event:
    return Event("Downloading (MB)", done // MEGABYTE, source.bytes // MEGABYTE)


def _size(path: Path) -> int:
    """Bytes of a file; 0 when there is none."""
    return path.stat().st_size if path.exists() else 0
