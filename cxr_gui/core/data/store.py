"""The store: every image of a split decoded and resized once, kept as uint8 on disk, mapped into memory.

A store's folder is named by a key over the path, size, modification time and permission of each file, the
size of the pixels and the version of the preparation. Not over the contents: reading all files to hash them
would cost a large part of what the store saves, and editors, copies and downloads all change size or time.
Labels are not in the key; they do not change the pixels.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import shutil
import time
from collections.abc import Generator, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import numpy as np
from numpy.typing import NDArray

from cxr_gui.core.base.cache import in_cache
from cxr_gui.core.base.errors import DatasetError, ImageError
from cxr_gui.core.base.files import cannot_write, json_text, put_in_place, remove_folder
from cxr_gui.core.base.parallel import in_order
from cxr_gui.core.base.progress import Event, Pace, Work
from cxr_gui.core.data.records import Problem, Record
from cxr_gui.core.images import Radiograph, read, to_input

if TYPE_CHECKING:
    import torch
    from torch import Tensor

VERSION = 3
"""Raised when `images.read` or `images.to_input` gives other pixels for the same file."""

CACHE_BYTES = 20 * 2**30
"""What all stores together may take; the longest unused go first."""

RECENT = 24 * 3600.0
"""Seconds for which a store that was used is not removed, nor an unfinished one: someone may be at it."""

_PIXELS, _INDEX = "pixels.u8", "index.json"


class Change(Protocol):
    """What befalls films on their way into a store. Of one key there is one change."""

    @property
    def key(self) -> str: ...

    def __call__(self, radiograph: Radiograph, number: int, size: tuple[int, int]) -> NDArray[np.uint8]:
        """Pixels uint8 [H, W] of the film of that number."""
        ...


@dataclass(frozen=True, eq=False)
class Store:
    """Prepared images.

    pixels    uint8 [N, H, W], mapped from disk, read-only
    labels    int64 [N], 1 is the positive class, 0 the negative one, -1 without a label
    records   those that could be read [N]
    problems  those that could not
    """

    pixels: NDArray[np.uint8]
    labels: NDArray[np.int64]
    records: tuple[Record, ...]
    problems: tuple[Problem, ...] = ()

    def __len__(self) -> int:
        return len(self.records)

    def batches(
        self,
        batch_size: int,
        *,
        order: Sequence[int] | NDArray[np.integer] | None = None,
        device: str | torch.device = "cpu",
    ) -> Iterator[tuple[Tensor, Tensor]]:
        """Yields pixels float [B, 1, H, W] in 0..1 and labels float [B], on the device, in `order`.

        Pixels travel and rest as uint8; an accelerator that they fit on gets them once (see `feed`).
        """
        import torch

        from cxr_gui.core.data.feed import Feed

        chosen = np.arange(len(self)) if order is None else np.asarray(order, np.int64)
        yield from Feed(self, torch.device(device)).batches(batch_size, chosen)


def prepare(
    records: Sequence[Record],
    classes: tuple[str, str],
    size: tuple[int, int],
    *,
    change: Change | None = None,
    folder: str | os.PathLike[str] | None = None,
) -> Work[Store]:
    """The store of these records at `size` (H, W): as it was made before, or made now.

    change  what befalls each film before it is prepared; default: nothing
    folder  where stores are kept; default: `stores` among the caches, or a temporary folder in their place
    A file that cannot be read is left out and listed in the store's problems. Two processes may prepare the
    same store at once: the first to finish puts its own in place, whole. Raises DatasetError when no file can
    be read, OutputError when the store cannot be written.
    """
    if not records:
        raise DatasetError("There are no images to prepare.", hint="Choose another split or folder.")
    if folder is None:
        return (
            yield from in_cache(
                lambda cache: prepare(records, classes, size, change=change, folder=cache / "stores")
            )
        )
    changed = f"-{change.key}" if change is not None else ""
    place = Path(folder) / f"{_key(records)}-{size[0]}x{size[1]}{changed}-v{VERSION}"
    store = _open(place, records, classes, size)
    for _ in range(2):  # one that another process takes for the broken one that was there may vanish again
        if store is None:
            yield from _make(place, records, size, change)
            store = _open(place, records, classes, size)
    if store is None:
        raise DatasetError("vanished while it was made.", where=place, hint="Start again.")
    with contextlib.suppress(OSError):  # a read-only cache is still a cache
        os.utime(place)
    if not len(store):
        raise DatasetError(
            f"{store.problems[0].what} None of the {len(records)} images can be read.",
            where=store.problems[0].path,
            hint="Choose a folder of images.",
        )
    return store


def _key(records: Sequence[Record]) -> str:
    digest = hashlib.sha256()
    for record in records:
        try:
            found = Path(record.path).stat()
            state = f"{found.st_size} {found.st_mtime_ns} {found.st_mode}"
        except OSError:
            state = "gone"
        digest.update(f"{record.path}\0{state}\n".encode(errors="surrogateescape"))
    return digest.hexdigest()[:32]


def _problems(place: Path, number: int, size: tuple[int, int]) -> dict[int, str] | None:
    """{index: why it could not be read} of the store in a folder; None when none is there, or not whole."""
    try:
        index = json.loads((place / _INDEX).read_text(encoding="utf-8"))
        problems = {int(key): str(what) for key, what in index["problems"].items()}
        whole = (place / _PIXELS).stat().st_size == (number - len(problems)) * size[0] * size[1]
    except (OSError, ValueError, LookupError, TypeError, AttributeError):
        return None
    return problems if whole else None


def _open(
    place: Path, records: Sequence[Record], classes: tuple[str, str], size: tuple[int, int]
) -> Store | None:
    problems = _problems(place, len(records), size)
    if problems is None:
        return None
    kept = tuple(record for number, record in enumerate(records) if number not in problems)
    shape = (len(kept), *size)
    try:
        pixels = np.memmap(place / _PIXELS, np.uint8, "r", shape=shape) if kept else np.empty(shape, np.uint8)
    except (OSError, ValueError):  # another process makes room, or makes it anew
        return None
    labels = np.array([-1 if r.label is None else classes.index(r.label) for r in kept], np.int64)
    unread = tuple(Problem(records[number].path, what) for number, what in problems.items())
    return Store(pixels, labels, kept, unread)


def _make(place: Path, records: Sequence[Record], size: tuple[int, int], change: Change | None) -> Work[None]:
    """Write a store beside its place, then move it there; whoever comes second leaves the first one's."""
    with _temporary(place) as temporary:
        problems: dict[int, str] = {}
        pace = Pace()
        try:
            with (temporary / _PIXELS).open("wb") as file:
                for number, pixels in enumerate(_decoded(records, size, change)):
                    if isinstance(pixels, ImageError):
                        problems[number] = pixels.what
                    else:
                        file.write(pixels.tobytes())
                    if pace():
                        yield Event("Preparing pixels", number + 1, len(records))
                file.flush()
                os.fsync(file.fileno())
            (temporary / _INDEX).write_text(json_text({"problems": problems}), encoding="utf-8")
            put_in_place(temporary, place, lambda: _problems(place, len(records), size) is not None)
        except OSError as error:
            raise cannot_write(place, error) from error
    yield Event("Preparing pixels", len(records), len(records))


def _decoded(
    records: Sequence[Record], size: tuple[int, int], change: Change | None
) -> Generator[NDArray[np.uint8] | ImageError, None, None]:
    def decode(number: int) -> NDArray[np.uint8] | ImageError:
        try:
            radiograph = read(records[number].path)
        except ImageError as error:
            return error
        return to_input(radiograph.pixels, size) if change is None else change(radiograph, number, size)

    yield from in_order(decode, range(len(records)))


@contextlib.contextmanager
def _temporary(place: Path) -> Iterator[Path]:
    """A new folder beside `place`, gone afterwards unless it was moved there; also makes room for it."""
    try:
        place.parent.mkdir(parents=True, exist_ok=True)
        _make_room(place.parent)
        temporary = place.with_name(f".{place.name}-{os.getpid()}-{time.monotonic_ns()}")
        temporary.mkdir()
    except OSError as error:
        raise cannot_write(place, error) from error
    try:
        yield temporary
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


def _make_room(stores: Path) -> None:
    """Remove unfinished stores of yesterday, and the longest unused while all take more than CACHE_BYTES."""
    found = []
    for path in stores.iterdir():
        with contextlib.suppress(OSError):  # no folder, or one that another process moved meanwhile
            found.append((path.stat().st_mtime, sum(file.stat().st_size for file in path.iterdir()), path))
    now, taken = time.time(), 0
    for used, size, path in sorted(found, reverse=True):
        taken += size
        if now - used > RECENT and (taken > CACHE_BYTES or path.name.startswith(".")):
            with contextlib.suppress(OSError):
                remove_folder(path)
