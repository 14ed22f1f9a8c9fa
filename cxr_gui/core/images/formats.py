"""The formats of image files: an entry here is decoded, found in folders, offered in dialogs and told of.

Pillow and pydicom, which the window precedes, are imported by those who decode. A Linux desktop knows what
the window opens from resources/desktop/cxr-gui.desktop, where each `mime` stands once more.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

from cxr_gui.core.base.registry import Registry

if TYPE_CHECKING:
    from cxr_gui.core.images.decoded import Decoded

    Decode = Callable[[bytes, int], Decoded]


@dataclass(frozen=True)
class Format:
    """A format of image files, read through Pillow or by a decoder of its own.

    suffixes        how the names of such files end, in small letters
    mime, uti       what desktops call it: most by its MIME type, macOS by a uniform type identifier
    pillow          the names Pillow has for it
    begins, decode  else: whether a file's bytes are of it, and (bytes, frame from 0) -> its image. Raises
                    ImageError, or one of DECODER_ERRORS for a damaged file
    """

    name: str
    suffixes: tuple[str, ...]
    mime: str
    uti: str
    pillow: tuple[str, ...] = ()
    begins: Callable[[bytes], bool] | None = None
    decode: Decode | None = None


FORMATS: Registry[Format] = Registry("image format")


@cache
def suffixes() -> tuple[str, ...]:
    """How the names of files end that can be read."""
    return tuple(suffix for form in FORMATS.values() for suffix in form.suffixes)


def is_image_name(path: str | os.PathLike[str]) -> bool:
    """True when the suffix is that of a format that can be read."""
    return os.fspath(path).lower().endswith(suffixes())


def formats_in_words(conjunction: str) -> str:
    """All formats by name: "JPEG, PNG or DICOM"."""
    *names, last = FORMATS
    return f"{', '.join(names)} {conjunction} {last}"


def decoder_of(data: bytes) -> Decode:
    """What decodes a file that has these bytes: Pillow, unless its beginning is another format's."""
    for form in FORMATS.values():
        if form.begins is not None and form.decode is not None and form.begins(data):
            return form.decode
    from cxr_gui.core.images import raster

    return raster.decode


def _is_dicom(data: bytes) -> bool:
    """True for DICOM, also without its preamble: it then starts with an element of group 0002 or 0008."""
    if b"DICM" in (data[128:132], data[:4]):
        return True
    little = data[:2] in (b"\x02\0", b"\x08\0") and data[3:4] == b"\0"
    return little or data[:3] == b"\0\x08\0"


def _decode_dicom(data: bytes, frame: int) -> Decoded:
    from cxr_gui.core.images import dicom

    return dicom.decode(data, frame)


for _format in (
    Format("JPEG", (".jpeg", ".jpg", ".jpe", ".jfif"), "image/jpeg", "public.jpeg", ("JPEG",)),
    Format("PNG", (".png",), "image/png", "public.png", ("PNG",)),
    Format("TIFF", (".tif", ".tiff"), "image/tiff", "public.tiff", ("TIFF",)),
    Format("BMP", (".bmp",), "image/bmp", "com.microsoft.bmp", ("BMP", "DIB")),
    Format("WebP", (".webp",), "image/webp", "org.webmproject.webp", ("WEBP",)),
    Format(
        "DICOM",
        (".dcm", ".dicom"),
        "application/dicom",
        "org.nema.dicom",
        begins=_is_dicom,
        decode=_decode_dicom,
    ),
):
    FORMATS.add(_format.name, _format)
