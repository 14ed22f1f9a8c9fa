"""Where what can be made again is kept: shared by all processes of a person, replaced where it must be."""

from __future__ import annotations

import atexit
import os
import shutil
import tempfile
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import TypeVar

from platformdirs import user_cache_dir

from cxr_gui.core.base.errors import OutputError
from cxr_gui.core.base.files import cannot_write
from cxr_gui.core.base.own_folder import own_folder
from cxr_gui.core.base.progress import Notice, Work

Result = TypeVar("Result")

VARIABLE = "CXR_CACHE"
HINT = f"To keep it, name a folder that can be written in the environment variable {VARIABLE}."

_told: set[Path | None] = set()
"""Folders of caches of which it has been said that they cannot be used."""


def cache_folder() -> Path:
    """The folder that the environment variable CXR_CACHE names, or the system's place for caches.

    Where there is none, as in a container for who has no home, a temporary one. Raises OutputError.
    """
    return lasting_folder() or temporary_folder()


def lasting_folder() -> Path | None:
    """The folder of caches that is there the next time as well; None for who has no home."""
    named = os.environ.get(VARIABLE)
    if named:
        return Path(named)
    return own_folder(user_cache_dir)


@cache
def temporary_folder() -> Path:
    """A folder for this process alone, which is gone when it ends. Raises OutputError."""
    try:
        folder = tempfile.mkdtemp(prefix="cxr-gui-")
    except OSError as error:
        raise cannot_write(Path(os.environ.get("TMPDIR", "/tmp")), error) from error  # noqa: S108
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return Path(folder)


def in_cache(make: Callable[[Path], Work[Result]]) -> Work[Result]:
    """What `make` makes in the folder of caches; where that cannot be written, in a temporary one.

    A Notice says so, once. Raises what `make` raises; OutputError when no folder can be written.
    """
    folder = lasting_folder()
    why = "There is no home folder for caches."
    if folder is not None:
        try:
            return (yield from make(folder))
        except OutputError as error:
            why = f"{error.where}: {error.what}"
    instead = temporary_folder()
    if folder not in _told:
        _told.add(folder)
        text = f"{why} {instead} takes its place until the program ends. {HINT}"
        yield Notice("Making a temporary cache", 0, None, text)
    try:
        return (yield from make(instead))
    except OutputError as error:
        raise OutputError(error.what, where=error.where, hint=f"Free some space. {HINT}") from error
