"""A sweep's journal: what is finished, as it comes, so that a sweep that was killed goes on where it was.

It lies in the folder that the sweep will be written into, one file for each process, and goes when that is
done. The first line says whose journal it is; each other one has what was found of some images, `rows`, and
begins with its CRC-32. A line that a kill, a full disk or a loss of power left half is none, nor is what
follows it: those images are done again.
"""

from __future__ import annotations

import contextlib
import zlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any

from cxr_gui.core.base.distributed import ALONE, World
from cxr_gui.core.base.errors import CheckpointError
from cxr_gui.core.base.files import atomic_open, cannot_write, json_text, open_regular, parse_json
from cxr_gui.core.base.wording import counted
from cxr_gui.core.sweep.sweep_folder import SweepFolder

FORMAT = "cxr-gui journal 1"
SHA_256, SHOWN = 64, 12
"""Hexadecimal digits of a digest, and of one in a message."""

Entry = dict[str, Any]


class SweepJournal:
    """Writes entries. Use it in a `with`.

    entries  what an earlier call has finished, each image once
    """

    def __init__(self, path: Path, subject: Mapping[str, object], entries: Sequence[Entry] = ()) -> None:
        """Write `path` anew with these entries. Raises OutputError."""
        self.path, self.entries = path, entries
        self._news: list[str] = []
        with atomic_open(path) as file:
            file.writelines(map(_line, ({"format": FORMAT, **subject}, *entries)))
        try:
            self._file = path.open("ab", buffering=0)
        except OSError as error:
            raise cannot_write(path, error) from error

    @classmethod
    def begin(
        cls, folder: Path, subject: Mapping[str, object], *, resume: bool, world: World = ALONE
    ) -> SweepJournal:
        """The journal of `subject` in `folder`; with `resume` with the entries that are there.

        Every process of `world` must call. Raises CheckpointError when they are of another subject, saying in
        what it differs, and OutputError.
        """
        journal = None
        if world.first:
            files = SweepFolder(folder).journals
            there = [_read(file) for file in files] if resume else []
            _refuse_another(folder, [known for known, *_ in there], subject)
            entries = _each_image_once(entry for _, those, _ in there for entry in those)
            journal = cls(_place(folder, world), subject, entries)
            if entries:
                finished = counted(sum(len(entry["rows"]) for entry in entries), "image")
                journal._news.append(f"{folder}: going on after {finished}.")
            elif files and not resume:
                journal._news.append(f"{folder}: begins again; --resume goes on with what was not finished.")
            if lost := sum(lost for *_, lost in there):
                journal._news.append(
                    f"{folder}: {counted(lost, 'line')} of the journal cut short or damaged; those images "
                    "are done again."
                )
            for file in files:
                if file != _place(folder, world):
                    file.unlink(missing_ok=True)
        known = world.gather(journal.entries if journal is not None else ())[0]
        if journal is None:
            journal = cls(_place(folder, world), subject)
            journal.entries = known
        return journal

    def __enter__(self) -> SweepJournal:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._file.close()

    def news(self) -> list[str]:
        """Sentences for people since the last time."""
        said, self._news = self._news, []
        return said

    @contextlib.contextmanager
    def understood(self) -> Iterator[None]:
        """What goes wrong in the block is an entry's fault: raises CheckpointError."""
        try:
            yield
        except (KeyError, TypeError, ValueError) as error:
            raise CheckpointError(
                f"cannot be understood ({error}).", where=self.path, hint="Begin without --resume."
            ) from error

    def write(self, entry: Entry) -> None:
        """Add an entry. Where the disk takes no more the sweep is worth more than its journal: it ends here,
        and its news say so.
        """
        if self._file.closed:
            return
        line = _line(entry)
        try:
            while line:
                line = line[self._file.write(line) :]
        except OSError as error:
            self._file.close()
            self._news.append(
                f"The journal of the sweep cannot be written ({error.strerror}). The sweep goes on; if it is "
                "interrupted, what comes from here on is lost."
            )


def images_there(folder: Path) -> int:
    """How many images the journals in `folder` have finished. Raises CheckpointError."""
    entries = _each_image_once(entry for file in SweepFolder(folder).journals for entry in _read(file)[1])
    return sum(len(entry["rows"]) for entry in entries)


def subject_of(folder: Path) -> Mapping[str, object]:
    """Whose journal is in `folder`; empty where there is none."""
    return next((subject for subject, *_ in map(_read, SweepFolder(folder).journals) if subject), {})


def _place(folder: Path, world: World) -> Path:
    return folder / f"journal-{world.rank}.jsonl"


def _line(entry: Mapping[str, object]) -> bytes:
    text = json_text(entry).encode()
    return b"%08x %s\n" % (zlib.crc32(text), text)


def _read(path: Path) -> tuple[Mapping[str, object], list[Entry], int]:
    """Its subject, empty where there is none, its entries, and how many lines are none. CheckpointError."""
    try:
        with open_regular(path) as file:
            lines = file.readlines()
    except OSError as error:
        raise CheckpointError(f"cannot be read ({error.strerror}).", where=path) from error
    found: list[Entry] = []
    for line in lines:
        sum_, _, text = line.rstrip(b"\n").partition(b" ")
        if not line.endswith(b"\n") or sum_ != b"%08x" % zlib.crc32(text):
            break
        try:
            found.append(parse_json(text.decode(), dict[str, Any]))
            _ = [*found[-1]["rows"]] if len(found) > 1 else []
        except (KeyError, TypeError, ValueError) as error:
            raise CheckpointError(f"is no journal of a sweep ({error}).", where=path) from error
    lost = len(lines) - len(found)
    subject, *entries = found or [{}]
    if subject and subject.pop("format", None) != FORMAT:
        raise CheckpointError(
            "is the journal of another version of this program.", where=path, hint="Begin without --resume."
        )
    return subject, entries, lost


def _refuse_another(
    folder: Path, known: Iterable[Mapping[str, object]], subject: Mapping[str, object]
) -> None:
    """Raise CheckpointError for a journal of anything but `subject`."""
    here = parse_json(json_text(subject), dict[str, Any])  # as it reads from a file
    for there in known:
        differing = [name for name in here | dict(there) if there and there.get(name) != here.get(name)]
        if differing:
            words = "; ".join(
                f"{name.replace('_', ' ')}: {_short(there.get(name))} there, {_short(here.get(name))} here"
                for name in differing
            )
            raise CheckpointError(
                f"holds the journal of another sweep ({words}).",
                where=folder,
                hint="Call it as it was called before, choose another folder, or begin without --resume.",
            )


def _short(value: object) -> str:
    text = value if isinstance(value, str) else json_text(value)
    return f"{text[:SHOWN]}..." if len(text) == SHA_256 else text


def _each_image_once(entries: Iterable[Entry]) -> list[Entry]:
    """The entries without those whose images others before have."""
    seen: set[int] = set()
    kept = []
    for entry in entries:
        if seen.isdisjoint(entry["rows"]):
            seen.update(entry["rows"])
            kept.append(entry)
    return kept
