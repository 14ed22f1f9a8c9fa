"""Folders looked through for runs, sweeps and studies, by the names of their files."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from cxr_gui.core.base.progress import Event, Pace, Work
from cxr_gui.core.data import Problem
from cxr_gui.core.report import StudyFolder
from cxr_gui.core.sweep import SHIFTS_FILE, SweepFolder
from cxr_gui.core.training import RunFolder

RUN = RunFolder("")
MARKS = {
    "run": (RUN.config.name, RUN.metrics.name),
    "sweep": (SweepFolder("").numbers.name,),
    "shifts": (SHIFTS_FILE,),
    "study": (StudyFolder("").record.name,),
}
"""kind -> the files that make a folder one; when one of them is written again, it is read again"""

BESIDES = {"run": (RUN.best.name, RUN.state.name)}
"""kind -> further files that its entry depends on, where they are there"""

Identity = tuple[int, int]


@dataclass(frozen=True)
class Candidate:
    """Where something of a kind lies, what it is called, and the times and sizes of its files."""

    folder: Path
    kind: str
    name: str
    stamp: str


@dataclass(frozen=True)
class Looked:
    """What lies below the folders, and what could not be looked into."""

    places: tuple[Candidate, ...]
    problems: tuple[Problem, ...]


def look_through(folders: Iterable[Path]) -> Work[Looked]:
    """Look through folders and all below, links followed, each once; hidden ones are passed over.

    A folder that cannot be read, and a link back to a folder that it lies in, are problems of the result.
    """
    places: list[Candidate] = []
    problems: list[Problem] = []
    seen: set[Identity] = set()
    pace, count = Pace(), 0
    for root in outermost(folders):
        waiting: list[tuple[Path, tuple[Identity, ...]]] = [(root, ())]
        while waiting:
            folder, above = waiting.pop()
            try:
                status = folder.stat()
                identity = (status.st_dev, status.st_ino)
                if identity in above:
                    problems.append(Problem(str(folder), "leads back to a folder that it lies in."))
                    continue
                if identity in seen:
                    continue
                seen.add(identity)
                with os.scandir(folder) as found:
                    inside = sorted(found, key=lambda entry: entry.name)
                here, below = list(_kinds(folder, root, inside)), list(_folders(inside))
            except OSError as error:
                problems.append(Problem(str(folder), f"cannot be looked into ({error.strerror or error})."))
                continue
            places += here
            waiting += [(path, (*above, identity)) for path in reversed(below)]
            count += 1
            if pace():
                yield Event("Looking for runs", count, None)
    return Looked(tuple(places), tuple(problems))


def outermost(folders: Iterable[Path]) -> list[Path]:
    """The folders without those that lie in others of them, in their order."""
    chosen = list(dict.fromkeys(Path(os.path.realpath(folder)) for folder in folders))
    known = set(chosen)
    return [folder for folder in chosen if known.isdisjoint(folder.parents)]


def _kinds(folder: Path, root: Path, inside: Sequence[os.DirEntry[str]]) -> Iterator[Candidate]:
    """What `folder` is, which may be several things."""
    files = {entry.name: entry for entry in inside}
    for kind, marks in MARKS.items():
        if all(mark in files and files[mark].is_file() for mark in marks):
            names = (*marks, *(name for name in BESIDES.get(kind, ()) if name in files))
            states = ((name, files[name].stat()) for name in names)
            stamp = ";".join(f"{name} {state.st_mtime_ns} {state.st_size}" for name, state in states)
            name = folder.name if folder == root else folder.relative_to(root).as_posix()
            yield Candidate(folder, kind, os.fsencode(name).decode("utf-8", "replace"), stamp)


def _folders(inside: Sequence[os.DirEntry[str]]) -> Iterator[Path]:
    for entry in inside:
        if not entry.name.startswith(".") and entry.is_dir():
            yield Path(entry.path)
