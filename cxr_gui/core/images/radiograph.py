"""File -> radiograph: the one place where image files are opened.

`formats` knows their decoders. Each gets the whole file as bytes, so that a file is read once, hashed once,
and cannot change while it is decoded.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import stat
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, UnidentifiedImageError

from cxr_gui.core.base.errors import ImageError
from cxr_gui.core.base.files import read_bytes
from cxr_gui.core.images import raster
from cxr_gui.core.images.decoded import DECODER_ERRORS, Decoded, Facts
from cxr_gui.core.images.formats import decoder_of, formats_in_words

MAX_BYTES = 320 * 2**20
"""Largest file that is read: 12,000 x 12,000 pixels of 16 bits without compression are 275 MiB."""

_NO_WAITING = getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_BINARY", 0)
_KINDS = {
    stat.S_IFDIR: "a folder",
    stat.S_IFIFO: "a pipe",
    stat.S_IFSOCK: "a socket",
    stat.S_IFCHR: "a device",
    stat.S_IFBLK: "a device",
}


@dataclass(frozen=True, eq=False, kw_only=True)
class Source(Facts):
    """Where a radiograph came from. frame: which of the file's was read, counted from 0."""

    path: Path
    sha256: str
    frame: int = 0

    @property
    def which(self) -> str:
        """ "frame 3 of 12", counted as people do; nothing of a file that has only one."""
        return f"frame {self.frame + 1} of {self.frames}" if self.frames > 1 else ""

    def named(self, stem: str) -> str:
        """A file's stem, such as "views", with which frame it is made of: "views-frame-3-of-12"."""
        return "-".join((stem, *self.which.split()))

    def to_json(self) -> dict[str, int]:
        """`which` for a JSON document."""
        return {"frame": self.frame + 1, "frames": self.frames} if self.frames > 1 else {}


@dataclass(frozen=True, eq=False)
class Radiograph:
    """One X-ray image: pixels float32 [H, W] in 0..1, brighter where the body is denser."""

    pixels: NDArray[np.float32]
    source: Source


def read(path: str | os.PathLike[str], frame: int | None = None) -> Radiograph:
    """Read a file of one of FORMATS as a radiograph.

    frame  which image of a multi-frame file, counted from 0; None is the first.
    What is not a single radiograph (colour, CT, several frames) is read with a warning in its source, and so
    is one of more than 40 megapixels, at half its size each way.
    Raises ImageError when the file cannot be read, decoded, or is larger than any radiograph; its words count
    frames from 1, for people read them.
    """
    path = Path(path)
    data = _bytes_of(path)
    pixels, facts = _decode(path, data, frame or 0)
    pixels.flags.writeable = False
    if facts.frames > 1 and frame is None:
        first = f"The file has {facts.frames} frames; the first is shown."
        facts = replace(facts, warnings=(*facts.warnings, first))
    sha256 = hashlib.sha256(data).hexdigest()
    return Radiograph(pixels, Source(**vars(facts), path=path, sha256=sha256, frame=frame or 0))


def read_thumbnail(path: str | os.PathLike[str], size: int) -> NDArray[np.uint8]:
    """A small version, uint8 [h, w] with the longer side `size` (or less, for a smaller image).

    A JPEG is decoded at a fraction of its size, which is several times faster than `read`. Raises ImageError.
    """
    path = Path(path)
    data = _bytes_of(path)
    with _naming(path):
        pixels = raster.draft(data, size)
    if pixels is None:
        pixels, _ = _decode(path, data, 0)
    height, width = pixels.shape
    scale = min(1.0, size / max(height, width))
    return to_input(pixels, (max(1, round(height * scale)), max(1, round(width * scale))))


def to_input(pixels: NDArray[np.float32], size: tuple[int, int]) -> NDArray[np.uint8]:
    """Pixels float [H, W] in 0..1 -> uint8 [size]: what every classifier is given (divided by 255).

    The aspect ratio is not kept, as in the published study: bilinear with antialiasing, like
    torchvision's Resize, but rounded to 8 bits once, at the end.
    """
    height, width = size
    scaled = np.asarray(pixels, np.float32) * np.float32(255)
    if scaled.shape != (height, width):
        image = Image.fromarray(scaled).resize((width, height), Image.Resampling.BILINEAR)
        scaled = np.asarray(image)
    rounded: NDArray[np.uint8] = np.clip(np.rint(scaled), 0, 255).astype(np.uint8)
    return rounded


def _bytes_of(path: Path) -> bytes:
    """All of a regular file. Never waits: a pipe without a writer would block a plain open."""
    try:
        descriptor = os.open(path, os.O_RDONLY | _NO_WAITING)
    except (OSError, ValueError) as error:  # ValueError: a name with a null character
        raise _unopenable(path, error) from error
    try:
        status = os.fstat(descriptor)
        kind = stat.S_IFMT(status.st_mode)
        if kind != stat.S_IFREG:
            what = f"is {_KINDS.get(kind, 'no file')}, not an image."
            raise ImageError(what, where=path, hint="Choose a file.")
        if status.st_size > MAX_BYTES:
            raise _too_large(path, f"has {status.st_size / 2**20:,.0f} MiB")
        with open(descriptor, "rb", closefd=False) as file:
            data = read_bytes(file, MAX_BYTES)
    except OSError as error:
        raise _unopenable(path, error) from error
    except MemoryError as error:
        raise _undecodable(path, error) from error
    finally:
        os.close(descriptor)
    if len(data) > MAX_BYTES:  # it grew meanwhile
        raise _too_large(path, f"has more than {MAX_BYTES / 2**20:,.0f} MiB")
    if not data:
        raise ImageError("is empty.", where=path, hint="Copy or download the file again.")
    return data


def _decode(path: Path, data: bytes, frame: int) -> Decoded:
    with _naming(path):
        return decoder_of(data)(data, frame)


@contextlib.contextmanager
def _naming(path: Path) -> Iterator[None]:
    """Whatever a decoder raises becomes an ImageError with the file's name."""
    try:
        yield
    except ImageError as error:
        raise ImageError(error.what, where=path, hint=error.hint) from error
    except DECODER_ERRORS as error:
        raise _undecodable(path, error) from error


def _unopenable(path: Path, error: OSError | ValueError) -> ImageError:
    reason = getattr(error, "strerror", None) or str(error)
    hint = "Check that it is there and that you may read it."
    return ImageError(f"cannot be opened ({reason}).", where=path, hint=hint)


def _undecodable(path: Path, error: Exception) -> ImageError:
    if isinstance(error, UnidentifiedImageError):
        hint = f"{formats_in_words('and')} can be read."
        return ImageError("is not an image.", where=path, hint=hint)
    if isinstance(error, MemoryError):
        hint = "Close other programs, or export the image smaller."
        return ImageError("needs more memory than there is.", where=path, hint=hint)
    reason = " ".join(str(error).split())[:200] or type(error).__name__
    hint = "It is damaged; copy or download it again."
    return ImageError(f"cannot be decoded ({reason}).", where=path, hint=hint)


def _too_large(path: Path, size: str) -> ImageError:
    hint = "Export the image you want from it, in grey or smaller."
    return ImageError(f"{size}, more than a radiograph has.", where=path, hint=hint)
