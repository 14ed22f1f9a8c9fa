"""JPEG, PNG, TIFF, BMP and WebP, through Pillow."""

from __future__ import annotations

import io
import struct

import numpy as np
from numpy.typing import NDArray
from PIL import ExifTags, Image, ImageOps

from cxr_gui.core.errors import ImageError
from cxr_gui.core.formats.decoded import (
    MAX_SIDE,
    Decoded,
    Grey,
    check_frame,
    check_size,
    colour_warning,
    halved_warning,
    stretched,
)
from cxr_gui.core.formats.halving import check_memory, halved_image, is_large

FORMATS = ("JPEG", "PNG", "TIFF", "BMP", "DIB", "WEBP")
"""All that is asked of Pillow: others of its formats run a program (EPS) or read other files."""

MAX_SCANNED = 500_000_000
"""Pixels times scans of a JPEG: a progressive one of the largest size has ten scans, each a pass over it."""

_NAMES = {"MPO": "JPEG", "DIB": "BMP"}
_JPEG, _SCAN = b"\xff\xd8", b"\xff\xda"
_PHOTOMETRIC_TAG, _WHITE_IS_ZERO = 262, 0
_BITS, _COMPRESSION, _ROWS_A_STRIP, _TILE_WIDTH = 258, 259, 278, 322

_PIXEL_BYTES = {"1": 1, "L": 1, "P": 1, "I;16": 2, "I;16B": 2, "I;16L": 2}
"""What Pillow needs for a pixel of a mode; four bytes for all others."""

_WEBP_BYTES = 16
"""And for one of a WebP: two canvases, a copy and the image."""

_HINT = "Save it in grey as PNG, baseline JPEG or uncompressed TIFF, or make it smaller."

Image.MAX_IMAGE_PIXELS = MAX_SIDE**2  # from which Pillow warns: `check_size` has spoken long before


def decode(data: bytes, frame: int) -> Decoded:
    """Decode a file's bytes. Raises ImageError, or one of DECODER_ERRORS for a damaged file."""
    with _open(data) as image:
        frames = getattr(image, "n_frames", 1)
        check_frame(frame, frames)
        if frame > 0:
            image.seek(frame)
            check_size(image.height, image.width)
        size = (image.height, image.width)
        large = is_large(*size)
        if large:
            _check_large(image, data)
            image.draft(None, (image.width // 2, image.height // 2))  # a JPEG is halved while it is decoded
        photometric = _tiff_photometric(image)
        upright = _upright(image, halve=large and (image.height, image.width) == size)
        pixels, bits, warnings = _grey(upright)
        if photometric == _WHITE_IS_ZERO and upright.mode.startswith(("I", "F")):
            pixels = 1 - pixels  # Pillow inverts 1- and 8-bit images itself
        name = _NAMES.get(image.format or "", image.format or "")
        warnings = (*warnings, *halved_warning(size, large))
        return Decoded(pixels, name, size, bits, frames, halved=large, warnings=warnings)


def draft(data: bytes, size: int) -> Grey | None:
    """A JPEG decoded at the smallest eighth with `size` pixels on its longer side; None for other formats."""
    if not data.startswith(_JPEG):
        return None
    with _open(data) as image:
        image.draft("L", _at_least(image.width, image.height, size))
        return _grey(_upright(image))[0]


def _open(data: bytes) -> Image.Image:
    """Open without decoding; sizes are checked here, before any decoder allocates for them."""
    if data[:4] == b"RIFF":
        height, width = _webp_size(data)
        check_size(height, width)
        if is_large(height, width):  # Pillow makes several canvases of its size when it opens the file
            check_memory(height, width, height * width * _WEBP_BYTES, _HINT)
    image = Image.open(io.BytesIO(data), formats=FORMATS)
    check_size(image.height, image.width)
    if image.format == "JPEG" and image.height * image.width * data.count(_SCAN) > MAX_SCANNED:
        hint = "Save it as a baseline JPEG; if it is none of yours, it was made to stall programs."
        raise ImageError("is a JPEG of too many scans.", hint=hint)
    return image


def _check_large(image: Image.Image, data: bytes) -> None:
    """Refuse a large image that Pillow cannot decode within the memory there is."""
    pixels = image.height * image.width
    if data.startswith(_JPEG):  # row by row, halved, unless its scans have to be put together
        decoding = pixels * (2 * len(image.getbands()) if data.count(_SCAN) > 1 else 1)
    else:
        decoding = pixels * _PIXEL_BYTES.get(image.mode, 4) + _strip_bytes(image)
    check_memory(image.height, image.width, len(data) + decoding + pixels, _HINT)


def _strip_bytes(image: Image.Image) -> int:
    """What libtiff unpacks at once, into a buffer of its own: often all of a TIFF that is compressed."""
    tags = getattr(image, "tag_v2", None)
    if tags is None or _TILE_WIDTH in tags or tags.get(_COMPRESSION, 1) == 1:
        return 0
    rows = min(int(tags.get(_ROWS_A_STRIP, image.height)), image.height)
    return rows * image.width * sum(map(int, tags.get(_BITS, (1,)))) // 8


def _webp_size(data: bytes) -> tuple[int, int]:
    """(H, W) in the header of a WebP file (RFC 9649, section 2); (1, 1) when it has none to allocate for."""
    if data[12:16] == b"VP8X" and len(data) >= 30:
        return int.from_bytes(data[27:30], "little") + 1, int.from_bytes(data[24:27], "little") + 1
    if data[12:16] == b"VP8L" and len(data) >= 25:
        packed = int.from_bytes(data[21:25], "little")
        return (packed >> 14 & 0x3FFF) + 1, (packed & 0x3FFF) + 1
    if data[12:16] == b"VP8 " and len(data) >= 30:
        width, height = struct.unpack_from("<HH", data, 26)
        return max(1, height & 0x3FFF), max(1, width & 0x3FFF)
    return 1, 1


def _at_least(width: int, height: int, size: int) -> tuple[int, int]:
    scale = min(1.0, size / max(width, height))
    return max(1, round(width * scale)), max(1, round(height * scale))


def _tiff_photometric(image: Image.Image) -> int | None:
    tags = getattr(image, "tag_v2", None)
    return None if tags is None else tags.get(_PHOTOMETRIC_TAG)


def _upright(image: Image.Image, *, halve: bool = False) -> Image.Image:
    """Decode, halve if asked to, and turn as the camera's EXIF says."""
    image.load()
    orientation = image.getexif().get(ExifTags.Base.Orientation, 1)
    if halve:
        whole, image = image, halved_image(image)
        whole.close()  # the memory of its pixels
        image.getexif()[ExifTags.Base.Orientation] = orientation
    return ImageOps.exif_transpose(image) if orientation != 1 else image


def _grey(image: Image.Image) -> tuple[Grey, int, tuple[str, ...]]:
    """Any Pillow mode -> pixels 0..1, significant bits, warnings."""
    if image.mode in ("1", "L") and not image.has_transparency_data:
        return _scaled(image.convert("L"), 255), 1 if image.mode == "1" else 8, ()
    if image.mode.startswith("I;16"):
        return _sixteen_bit(np.asarray(image))
    if image.mode in ("I", "F"):
        return _unscaled(np.asarray(image))
    warnings = colour_warning(_sample(image))
    if image.has_transparency_data:
        grey, opacity = image.convert("RGBA").convert("LA").split()
        return _scaled(grey, 255) * _scaled(opacity, 255), 8, warnings  # over black, as around the body
    return _scaled(image.convert("RGB").convert("L"), 255), 8, warnings


def _sample(image: Image.Image) -> NDArray[np.uint8]:
    """Some of the image's pixels as RGB, to look for colour in."""
    step = max(1, max(image.size) // 128)
    size = max(1, image.width // step), max(1, image.height // step)
    return np.asarray(image.resize(size, Image.Resampling.NEAREST).convert("RGB"))


def _scaled(values: Image.Image | NDArray[np.unsignedinteger], top: int) -> Grey:
    scaled = np.asarray(values).astype(np.float32)
    scaled /= np.float32(top)
    return scaled


def _sixteen_bit(values: NDArray[np.uint16]) -> tuple[Grey, int, tuple[str, ...]]:
    """Detectors often put 12 bits into 16 without shifting them: nearly black unless they are spread."""
    if 255 < values.max() < 4096:
        return _scaled(values, 4095), 12, ("It uses 12 of its 16 bits; they are spread over the greys.",)
    return _scaled(values, 65535), 16, ()


def _unscaled(values: NDArray[np.int32] | NDArray[np.float32]) -> tuple[Grey, int, tuple[str, ...]]:
    """32-bit integers and floats, whose range no format defines."""
    low, high = values.min(), values.max()  # NaN when any value is
    if values.dtype.kind == "f" and low >= 0 and high <= 1:
        return values.astype(np.float32), 32, ()
    if values.dtype.kind == "i" and low >= 0 and 255 < high < 65536:
        return _sixteen_bit(values.astype(np.uint16))
    pixels, (centre, width) = stretched(values.astype(np.float32))
    low, high = centre - width / 2, centre + width / 2
    return pixels, 32, (f"The file names no range; {low:g} is shown black and {high:g} white.",)
