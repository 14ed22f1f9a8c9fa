"""The formats that are read through Pillow."""

from __future__ import annotations

import io
import struct
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import ExifTags, Image, ImageOps, UnidentifiedImageError

from cxr_gui.core.base.errors import ImageError
from cxr_gui.core.images import depth, png16, samples
from cxr_gui.core.images.codestream import is_lossy_jpeg
from cxr_gui.core.images.decoded import (
    MAX_SIDE,
    Decoded,
    Facts,
    Grey,
    check_frame,
    check_size,
    colour_warning,
    halved_warning,
    stretched,
)
from cxr_gui.core.images.formats import FORMATS
from cxr_gui.core.images.halving import check_memory, halved, halved_image, is_large

PILLOW = tuple(name for form in FORMATS.values() for name in form.pillow)
"""All that is asked of Pillow: others of its formats run a program (EPS) or read other files."""

MAX_SCANNED = 500_000_000
"""Pixels times scans of a JPEG: a progressive one of the largest size has ten scans, each a pass over it."""

_NAMES = {"MPO": "JPEG", "DIB": "BMP"}
_SCAN = b"\xff\xda"
_BEGINNINGS = {
    b"\xff\xd8\xff": "JPEG",
    b"\x89PNG\r\n\x1a\n": "PNG",
    b"II*\0": "TIFF",
    b"MM\0*": "TIFF",
    b"II+\0": "BigTIFF",
    b"MM\0+": "BigTIFF",
}
_PIXEL_BYTES = {"1": 1, "L": 1, "P": 1, "I;16": 2, "I;16B": 2, "I;16L": 2}
"""What Pillow needs for a pixel of a mode; four bytes for all others."""

_WEBP_BYTES = 16
"""And for one of a WebP: two canvases, a copy and the image."""

_HINT = "Save it in grey as PNG, baseline JPEG or uncompressed TIFF, or make it smaller."
_RARE_HINT = "Save it in grey as PNG, baseline JPEG or TIFF of 8 or 16 bits, or copy it again."

Image.MAX_IMAGE_PIXELS = MAX_SIDE**2  # from which Pillow warns: `check_size` has spoken long before


def decode(data: bytes, frame: int) -> Decoded:
    """Decode a file's bytes. Raises ImageError, or one of DECODER_ERRORS for a damaged file."""
    own = samples.of_tiff(data, frame)
    if own is not None:
        return _of_samples(own, "TIFF")
    with _open(data) as image:
        frames = getattr(image, "n_frames", 1)
        check_frame(frame, frames)
        if frame > 0:
            image.seek(frame)
            check_size(image.height, image.width)
        elif (own := samples.of_png(image, data)) is not None:
            return _of_samples(replace(own, frames=frames), "PNG")
        size = (image.height, image.width)
        large = is_large(*size)
        if large:
            _check_large(image, data)
            if is_lossy_jpeg(data):
                image.draft(None, (image.width // 2, image.height // 2))  # halved while it is decoded
        photometric = _tiff_photometric(image)
        stored, all_bits = _stored_bits(image), image.format == "PNG" and png16.all_bits_count(data)
        upright = _upright(image, halve=large and (image.height, image.width) == size)
        pixels, bits, warnings = _grey(upright, stored, all_bits=all_bits)
        if photometric == samples.WHITE_IS_ZERO and upright.mode.startswith(("I", "F")):
            pixels = 1 - pixels  # Pillow inverts 1- and 8-bit images itself
        name = _NAMES.get(image.format or "", image.format or "")
        warnings = (*warnings, *halved_warning(size, large))
        return pixels, Facts(name, size, bits, frames, halved=large, warnings=warnings)


def draft(data: bytes, size: int) -> Grey | None:
    """A JPEG with `size` pixels on its longer side, or its own if it has less; decoded at the nearest eighth.

    None where that cannot be: for other formats, for lossless JPEGs, whose size libjpeg does not change, and
    for those of four colours, of which it misplaces halved ones.
    """
    if not is_lossy_jpeg(data):
        return None
    with _open(data) as image:
        if is_large(image.height, image.width):
            _check_large(image, data)
        if image.mode == "CMYK":
            return None
        wanted = _at_least(image.width, image.height, size)
        drafted = image.draft("L", wanted)
        image.load()
        whole = drafted[1] if drafted else None  # at an eighth there is a part of a pixel at odd edges
        small = Image.fromarray(_grey(image)[0]).resize(wanted, Image.Resampling.BILINEAR, whole)
        return np.array(_turned(small, image.getexif().get(ExifTags.Base.Orientation, 1)))


def _of_samples(own: samples.Samples, name: str) -> Decoded:
    """The radiograph of samples that Pillow has no mode for."""
    height, width = own.values.shape[:2]
    large = is_large(height, width)
    values = halved(own.values) if large else own.values
    pixels, bits, warnings = depth.grey(values, 8 * values.itemsize, told=own.all_bits)
    if own.white_is_zero:
        pixels = 1 - pixels
    if own.opacity is not None:
        pixels = pixels * depth.opacity(halved(own.opacity) if large else own.opacity)
    if values.ndim == 3:
        warnings = (*colour_warning(_some_eight_bits(values)), *warnings)
    if own.orientation != 1:
        pixels = np.array(_turned(Image.fromarray(pixels), own.orientation))
    warnings = (*warnings, *halved_warning((height, width), large))
    return pixels, Facts(name, (height, width), bits, own.frames, halved=large, warnings=warnings)


def _open(data: bytes) -> Image.Image:
    """Open without decoding; sizes are checked here, before any decoder allocates for them."""
    if data[:4] == b"RIFF":
        height, width = _webp_size(data)
        check_size(height, width)
        if is_large(height, width):  # Pillow makes several canvases of its size when it opens the file
            check_memory(height, width, height * width * _WEBP_BYTES, _HINT)
    try:
        image = Image.open(io.BytesIO(data), formats=PILLOW)
    except UnidentifiedImageError as error:
        name = next((name for beginning, name in _BEGINNINGS.items() if data.startswith(beginning)), None)
        if name is None:
            raise
        raise ImageError(f"begins as a {name}, but is damaged or of a rare kind.", hint=_RARE_HINT) from error
    check_size(image.height, image.width)
    if image.format == "JPEG" and image.height * image.width * data.count(_SCAN) > MAX_SCANNED:
        hint = "Save it as a baseline JPEG; if it is none of yours, it was made to stall programs."
        raise ImageError("is a JPEG of too many scans.", hint=hint)
    return image


def _check_large(image: Image.Image, data: bytes) -> None:
    """Refuse a large image that Pillow cannot decode within the memory there is."""
    pixels = image.height * image.width
    if is_lossy_jpeg(data):  # row by row, halved, unless its scans have to be put together
        decoding = pixels * (2 * len(image.getbands()) if data.count(_SCAN) > 1 else 1)
    else:
        decoding = pixels * _PIXEL_BYTES.get(image.mode, 4) + _strip_bytes(image)
    check_memory(image.height, image.width, len(data) + decoding + pixels, _HINT)


def _strip_bytes(image: Image.Image) -> int:
    """What libtiff unpacks at once, into a buffer of its own: often all of a TIFF that is compressed."""
    tags = getattr(image, "tag_v2", None)
    if tags is None or samples.TILE_WIDTH in tags or tags.get(samples.COMPRESSION, 1) == 1:
        return 0
    rows = min(int(tags.get(samples.ROWS, image.height)), image.height)
    return rows * image.width * sum(map(int, tags.get(samples.BITS, (1,)))) // 8


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
    return None if tags is None else tags.get(samples.PHOTOMETRIC)


def _upright(image: Image.Image, *, halve: bool = False) -> Image.Image:
    """Decode, halve if asked to, and turn as the camera's EXIF says."""
    image.load()
    orientation = image.getexif().get(ExifTags.Base.Orientation, 1)
    if halve:
        whole, image = image, halved_image(image)
        whole.close()  # the memory of its pixels
    return _turned(image, orientation)


def _turned(image: Image.Image, orientation: int) -> Image.Image:
    if orientation == 1:
        return image
    image.getexif()[ExifTags.Base.Orientation] = orientation
    return ImageOps.exif_transpose(image)


def _grey(
    image: Image.Image, stored: int = 8, *, all_bits: bool = False
) -> tuple[Grey, int, tuple[str, ...]]:
    """Any Pillow mode -> pixels 0..1, significant bits, warnings; `stored`, `all_bits` as of depth.grey."""
    if image.mode in ("1", "L") and not image.has_transparency_data:
        return _scaled(image.convert("L")), 1 if image.mode == "1" else 8, ()
    if image.mode.startswith(("I", "F")):
        return depth.grey(np.asarray(image), stored, told=all_bits)
    warnings = colour_warning(_sample(image))
    if image.has_transparency_data:
        grey, opacity = image.convert("RGBA").convert("LA").split()
        return _scaled(grey) * _scaled(opacity), 8, warnings  # over black, as around the body
    return _scaled(image.convert("RGB").convert("L")), 8, warnings


def _sample(image: Image.Image) -> NDArray[np.uint8]:
    """Some of the image's pixels as RGB, to look for colour in."""
    step = max(1, max(image.size) // 128)
    size = max(1, image.width // step), max(1, image.height // step)
    return np.asarray(image.resize(size, Image.Resampling.NEAREST).convert("RGB"))


def _some_eight_bits(values: NDArray[Any]) -> NDArray[np.uint8]:
    """Some of the values [H, W, 3], stretched, to look for colour in."""
    step = max(1, max(values.shape) // 128)
    some = values[::step, ::step].astype(np.float64)
    return (255 * stretched(some)[0]).astype(np.uint8)


def _scaled(values: Image.Image) -> Grey:
    scaled = np.asarray(values).astype(np.float32)
    scaled /= np.float32(255)
    return scaled


def _stored_bits(image: Image.Image) -> int:
    """Of a value in the file: a TIFF may have 12."""
    tags = getattr(image, "tag_v2", {})
    return 12 if tags.get(samples.BITS) == (12,) else 8 * _PIXEL_BYTES.get(image.mode, 4)
