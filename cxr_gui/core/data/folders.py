"""Walking a folder of many thousand images by names; only a file without a suffix is opened, for its mark."""

# Paths are strings here: as Path objects they take ten times the time and memory.
# ruff: noqa: PTH114, PTH116, PTH118, PTH120, PTH123

from __future__ import annotations

import os
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from cxr_gui.core.images import is_image_name

SETTLED = 2_000_000_000
"""Nanoseconds after which a change in a folder is sure to give it another modification time."""

LINKS = 16
"""Links to one folder that are followed: three splits of a few classes, and no knot without end."""

UNREAD = (
    *(".gif", ".heic", ".heif", ".avif", ".jp2", ".j2k", ".jxl", ".pgm", ".ppm", ".pnm"),
    *(".nii", ".nii.gz", ".mha", ".mhd", ".nrrd"),
)
"""Suffixes of images that no decoder here reads: they are counted, not passed over."""

_RESOURCE_FORKS, _HIDDEN = "__MACOSX", "."

Parts = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Listing:
    """What one folder holds.

    files      names of images, sorted              folders   names of folders, sorted
    tables     names of CSV and text files          problems  (name, what is wrong with it)
    modified   when the folder changed last, in ns; None when that is too fresh to rely on
    """

    files: tuple[str, ...]
    folders: tuple[str, ...]
    tables: tuple[str, ...]
    problems: tuple[tuple[str, str], ...]
    modified: int | None


def walk(root: str, known: Mapping[Parts, Listing]) -> Iterator[tuple[Parts, str, Listing]]:
    """Yields (path below root as parts, where that really lies, listing) of root and every folder in it.

    In the order of their names. A link is followed unless it leads back to a folder that it lies in, so a
    folder comes once for each name that it has. Hidden files and the resource forks of macOS archives are
    passed over.

    known  listings of an earlier walk: a folder unchanged since is not read again
    """
    followed: Counter[str] = Counter()
    waiting: list[tuple[Parts, str, Parts]] = [((), os.path.realpath(root), ())]  # the last: links lie there
    while waiting:
        parts, real, linked = waiting.pop()
        path = os.path.join(root, *parts)
        if parts and os.path.islink(path):
            linked = (*linked, os.path.dirname(real))
            real = os.path.realpath(path)
            if any(f"{place}{os.sep}".startswith(real.rstrip(os.sep) + os.sep) for place in linked):
                continue
            followed[real] += 1
            if followed[real] > LINKS:
                what = f"was not opened: more than {LINKS} links lead to the folder it stands for."
                yield parts, real, Listing((), (), (), (("", what),), None)
                continue
        listing = _list(path, known.get(parts))
        yield parts, real, listing
        waiting.extend(
            ((*parts, name), os.path.join(real, name), linked) for name in reversed(listing.folders)
        )


def _list(path: str, known: Listing | None) -> Listing:
    try:
        modified = os.stat(path).st_mtime_ns
        if known is not None and known.modified == modified:
            return known
        with os.scandir(path) as entries:
            return _sorted_out(entries, modified if time.time_ns() - modified > SETTLED else None)
    except OSError as error:
        return Listing((), (), (), (("", f"cannot be opened ({error.strerror or error})."),), None)


def _sorted_out(entries: Iterator[os.DirEntry[str]], modified: int | None) -> Listing:
    files, folders, tables, problems, unread = [], [], [], [], 0
    for entry in entries:
        name = entry.name
        if name.startswith(_HIDDEN) or name == _RESOURCE_FORKS:
            continue
        try:
            is_file, is_folder = entry.is_file(), entry.is_dir()
        except OSError as error:  # a link in a circle
            problems.append((name, f"cannot be followed ({error.strerror or error})."))
            continue
        if is_folder:
            folders.append(name)
        elif is_image_name(name):
            if is_file:
                files.append(name)
            else:
                problems.append(
                    (name, "is a broken link." if entry.is_symlink() else "is not a regular file.")
                )
        elif is_file and _may_be_dicom(name) and _is_dicom(entry.path):
            files.append(name)
        elif is_file and name.lower().endswith((".csv", ".tsv", ".txt")):
            tables.append(name)
        elif is_file and name.lower().endswith(UNREAD):
            unread += 1
    if unread:
        problems.append(
            ("", f"holds {unread:,} images of kinds that are not read here, such as GIF or NIfTI.")
        )
    return Listing(
        tuple(sorted(files)), tuple(sorted(folders)), tuple(sorted(tables)), tuple(sorted(problems)), modified
    )


def _may_be_dicom(name: str) -> bool:
    """Archives name DICOM files IM000001 or 1.2.840.113619.2."""
    return "." not in name or name.rpartition(".")[2].isdigit()


def _is_dicom(path: str) -> bool:
    try:
        with open(path, "rb") as file:
            return file.read(132)[128:] == b"DICM"
    except OSError:
        return False
