"""JPEG, PNG, TIFF, BMP and WebP, through Pillow."""

from __future__ import annotations

import io
import struct

import numpy as np
from numpy.typing import NDArray
from PIL import ExifTags, Image, ImageOps

from cxr_gui.core.errors import ImageError
from cxr_gui.core.formats.decoded import Decoded, Grey, check_frame, check_size, colour_warning, stretched

FORMATS = ("JPEG", "PNG", "TIFF", "BMP", "DIB", "WEBP")
"""All that is asked of Pillow: others of its formats run a program (EPS) or read other files."""

MAX_SCANNED = 500_000_000
"""Pixels times scans of a JPEG: a progressive one of the largest size has ten scans, each a pass over it."""

_NAMES = {"MPO": "JPEG", "DIB": "BMP"}
_PHOTOMETRIC_TAG, _WHITE_IS_ZERO = 262, 0


def decode(data: bytes, frame: int) -> Decoded:
    """Decode a file's bytes. Raises ImageError, or one of DECODER_ERRORS for a damaged file."""
    with _open(data) as image:
        frames = getattr(image, "n_frames", 1)
        check_frame(frame, frames)
        if frame > 0:
            image.seek(frame)
            check_size(image.height, image.width)
        size = (image.height, image.width)
        photometric = _tiff_photometric(image)
        upright = _upright(image)
        pixels, bits, warnings = _grey(upright)
        if photometric == _WHITE_IS_ZERO and upright.mode.startswith(("I", "F")):
            pixels = 1 - pixels  # Pillow inverts 1- and 8-bit images itself
        name = _NAMES.get(image.format or "", image.format or "")
        return Decoded(pixels, name, size, bits, frames, warnings=warnings)


def draft(data: bytes, size: int) -> Grey | None:
    """A JPEG decoded at the smallest eighth with `size` pixels on its longer side; None for other formats."""
    if not data.startswith(b"\xff\xd8"):
        return None
    with _open(data) as image:
        image.draft("L", _at_least(image.width, image.height, size))
        return _grey(_upright(image))[0]


def _open(data: bytes) -> Image.Image:
    """Open without decoding; sizes are checked here, before any decoder allocates for them."""
    if data[:4] == b"RIFF":
        check_size(*_webp_size(data))  # Pillow makes the canvas when it opens the file
    image = Image.open(io.BytesIO(data), formats=FORMATS)
    check_size(image.height, image.width)
    if image.format == "JPEG" and image.height * image.width * data.count(b"\xff\xda") > MAX_SCANNED:
        raise ImageError("is a JPEG of too many scans.", hint="It was made to stall programs.")
    return image


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


def _upright(image: Image.Image) -> Image.Image:
    """Decode, and turn as the camera's EXIF says."""
    image.load()
    turned = image.getexif().get(ExifTags.Base.Orientation, 1) != 1
    return ImageOps.exif_transpose(image) if turned else image


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
    return np.asarray(values).astype(np.float32) / np.float32(top)


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
