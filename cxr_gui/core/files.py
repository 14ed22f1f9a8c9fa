"""Writing files so that a crash, a kill or a full disk leaves the old one or the new one, never half."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import secrets
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any

from platformdirs import user_cache_dir

from cxr_gui.core.errors import OutputError


def cache_folder() -> Path:
    """Where what can be made again is kept: the environment variable CXR_CACHE, or the system's place."""
    return Path(os.environ.get("CXR_CACHE") or user_cache_dir("cxr-gui"))


@contextlib.contextmanager
def atomic_path(path: str | os.PathLike[str]) -> Iterator[Path]:
    """Give a temporary path beside `path`; when the block ends well, flush it and move it over `path`.

    The temporary keeps the suffix of `path`, which some writers read the format from. Raises OutputError
    when the folder cannot be written or the disk is full; then `path` is what it was before.
    """
    path = Path(path)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        temporary = path.with_name(f".{path.stem}-{secrets.token_hex(6)}{path.suffix}")
        temporary.touch(exist_ok=False)
    except OSError as error:
        raise cannot_write(path, error) from error
    try:
        yield temporary
        with temporary.open("rb+") as file:
            os.fsync(file.fileno())
        temporary.replace(path)
    except OSError as error:
        raise cannot_write(path, error) from error
    finally:
        temporary.unlink(missing_ok=True)


@contextlib.contextmanager
def atomic_open(path: str | os.PathLike[str], mode: str = "wb", **options: Any) -> Iterator[IO[Any]]:
    """Like `open(path, mode)` for writing, through `atomic_path`."""
    with atomic_path(path) as temporary, temporary.open(mode, **options) as file:
        yield file


def write_json(path: str | os.PathLike[str], document: object) -> None:
    """Write `document` as readable, strict JSON (NaN is refused: it is not JSON)."""
    with atomic_open(path, "w", encoding="utf-8") as file:
        json.dump(document, file, indent=2, allow_nan=False, ensure_ascii=False)
        file.write("\n")


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
