"""Writing files so that a crash, a kill or a full disk leaves the old one or the new one, never half;
and reading those that anybody may have written.
"""

from __future__ import annotations

import contextlib
import errno
import hashlib
import json
import math
import os
import re
import secrets
import shutil
import stat
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO, Any, TypeVar

import filelock

from cxr_gui.core.base.errors import OutputError, WorkbenchError

LARGEST_DOCUMENT = 32 << 20
"""Bytes of the largest JSON that is read; the largest we write lists 100,000 files in a few MiB.

In memory it may take twenty times as much: an empty list has two characters and takes 56 bytes.
"""

Form = TypeVar("Form")

MOST_TRIES = 5
"""How often a folder is moved to its place while other processes move theirs there."""


@contextlib.contextmanager
def atomic_path(path: str | os.PathLike[str]) -> Iterator[Path]:
    """Give a temporary path beside `path`; when the block ends well, flush it and move it over `path`.

    The temporary keeps the suffix of `path`, which some writers read the format from. Raises OutputError
    when the folder cannot be written or the disk is full; then `path` is what it was before.
    """
    with atomic_paths(path) as (temporary,):
        yield temporary


@contextlib.contextmanager
def atomic_paths(*paths: str | os.PathLike[str]) -> Iterator[list[Path]]:
    """`atomic_path` for files of one folder that belong together: none moves before all are on the disk."""
    finals = [Path(path) for path in paths]
    where = finals[0] if len(finals) == 1 else finals[0].parent
    temporaries: list[Path] = []
    try:
        finals[0].parent.mkdir(parents=True, exist_ok=True)
        for path in finals:
            temporaries.append(path.with_name(f".{path.stem}-{secrets.token_hex(6)}{path.suffix}"))
            temporaries[-1].touch(exist_ok=False)
        yield temporaries
        for temporary in temporaries:
            with temporary.open("rb+") as file:
                os.fsync(file.fileno())
        for temporary, path in zip(temporaries, finals, strict=True):
            temporary.replace(path)
    except OSError as error:
        raise cannot_write(where, error) from error
    finally:
        for temporary in temporaries:
            with contextlib.suppress(OSError):  # on what is wrong with the folder, the error says more
                temporary.unlink()


def remove_leftovers(path: Path) -> None:
    """Remove what processes that were killed while they wrote `path` left beside it.

    Only for who alone writes there: the temporary of another process looks the same.
    """
    form = re.compile(rf"\.{re.escape(path.stem)}-[0-9a-f]{{12}}{re.escape(path.suffix)}")
    for beside in path.parent.iterdir():
        if form.fullmatch(beside.name):
            beside.unlink(missing_ok=True)


@contextlib.contextmanager
def locked(lock: Path, busy: WorkbenchError, seconds: float = 0.0) -> Iterator[None]:
    """Hold a lock file, in a folder that is made for it. The lock is the system's: a kill leaves none behind.

    Raises `busy` when another process (or thread) holds it for so many seconds, OutputError when it cannot be
    made.
    """
    file = filelock.FileLock(lock, thread_local=False)
    try:
        lock.parent.mkdir(parents=True, exist_ok=True)
        file.acquire(timeout=seconds)
    except filelock.Timeout as error:
        raise busy from error
    except OSError as error:
        raise cannot_write(lock.parent, error) from error
    try:
        yield
    finally:
        file.release()


def put_in_place(staged: Path, place: Path, is_whole: Callable[[], bool]) -> None:
    """Move the folder `staged` to `place`, unless another process has put a whole one there by then.

    Raises OSError.
    """
    failure = OSError()
    for _ in range(MOST_TRIES):
        try:
            staged.rename(place)
            return
        except OSError as error:
            failure = error
        if is_whole():
            return
        with contextlib.suppress(OSError):  # another process was faster, or `failure` says more
            remove_folder(place)
    raise failure


def remove_folder(place: Path) -> None:
    """Remove a folder that others may look into: first its name, so that nobody meets half of it.

    Raises OSError when it is not there, or may not be moved.
    """
    aside = place.with_name(f".{place.name}-{secrets.token_hex(6)}")
    place.rename(aside)
    shutil.rmtree(aside, ignore_errors=True)


@contextlib.contextmanager
def atomic_open(path: str | os.PathLike[str], mode: str = "wb", **options: Any) -> Iterator[IO[Any]]:
    """Like `open(path, mode)` for writing, through `atomic_path`."""
    with atomic_path(path) as temporary, temporary.open(mode, **options) as file:
        yield file


def write_json(path: str | os.PathLike[str], document: object) -> None:
    """Write `document` as readable JSON, see `json_text`."""
    with atomic_open(path, "w", encoding="utf-8") as file:
        file.write(to_json(document))


def to_json(document: object) -> str:
    """`document` as `write_json` writes it."""
    return json_text(document, indent=2, ascii_only=False) + "\n"


def json_text(document: object, *, indent: int | None = None, ascii_only: bool = True) -> str:
    """`document` as strict JSON: the one place where this program writes any.

    JSON has no NaN and no infinity. Where they stand for what is undefined (the AUROC of one class alone, the
    median of epsilons that most images never meet) they become null.
    """
    return json.dumps(_without_nan(document), indent=indent, ensure_ascii=ascii_only, allow_nan=False)


def _without_nan(value: Any) -> Any:
    """The same document with None for the numbers that JSON does not have."""
    if isinstance(value, dict):
        return {key: _without_nan(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_without_nan(item) for item in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value


def read_json(path: str | os.PathLike[str], form: type[Form]) -> Form:
    """The document in a JSON file that anybody may have written, as a `form`: see `parse_json`.

    Raises OSError and ValueError as `read_text` and `parse_json` do.
    """
    return parse_json(read_text(path), form)


def read_text(path: str | os.PathLike[str], *, most: int = LARGEST_DOCUMENT) -> str:
    """The text in a file that anybody may have written.

    Raises OSError when it cannot be read or is no regular file, ValueError when it is not UTF-8 or has more
    than `most` bytes.
    """
    with open_regular(path) as file:
        data = read_bytes(file, most)
    if len(data) > most:
        raise ValueError(f"it is larger than {most:,} bytes")
    return data.decode("utf-8")


def parse_json(text: str, form: type[Form], *, finite: bool = True) -> Form:
    """What JSON says, as a `form`: a dataclass whose fields have types, or any type that msgspec knows.

    What `form` has no field for is left aside. Raises ValueError, saying what was expected where, for another
    form and for what is no JSON or nested too deeply.

    finite  refuse NaN, infinity and numbers that are too large for a float; Python writes them, JSON has none
    """
    import msgspec  # takes 40 ms, which the window does not wait for

    try:
        number = _finite if finite else float
        return msgspec.convert(json.loads(text, parse_constant=number, parse_float=number), form)
    except RecursionError as error:
        raise ValueError("it is nested too deeply") from error


def _finite(number: str) -> float:
    if not math.isfinite(value := float(number)):
        raise ValueError(f"{number} is not a number of JSON")
    return value


def exists(path: str | os.PathLike[str]) -> bool:
    """Whether there is such a file or folder; False too for what can be no name, where Path.exists raises."""
    return os.path.exists(path)  # noqa: PTH110


def open_regular(path: str | os.PathLike[str]) -> IO[bytes]:
    """Open a file to read its bytes. OSError for a pipe, which would wait, or a device, which may not end."""
    if not stat.S_ISREG(Path(path).stat().st_mode):
        raise OSError(errno.EINVAL, "it is not a regular file", str(path))
    return Path(path).open("rb")


def read_bytes(file: IO[bytes], most: int) -> bytes:
    """All of a regular file, or `most` + 1 bytes of it. Takes the memory that the file needs, no more."""
    size = os.fstat(file.fileno()).st_size
    data = file.read(min(size, most) + 1)
    if size < len(data) <= most:  # it grows meanwhile
        data += file.read(most + 1 - len(data))
    return data


def sha256(path: str | os.PathLike[str]) -> str:
    """The SHA-256 of a file's bytes, in hexadecimal."""
    with Path(path).open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def cannot_write(path: Path, error: OSError) -> OutputError:
    """An OSError met while writing `path`, in words."""
    return OutputError(
        f"cannot be written ({error.strerror or error}).",
        where=path,
        hint="Choose another folder, or free space and check its permissions.",
    )
