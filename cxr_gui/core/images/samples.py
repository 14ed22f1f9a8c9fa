"""Samples that Pillow has no mode for, or gets wrong.

Of coloured ones of 16 bits it keeps 8; unsigned ones of 32 bits it takes for signed, and the compressed ones
of a big-endian TIFF for little-endian. So Pillow unpacks their bytes only, as those of an image of eight bits
that is as many times wider, and what they mean is said here (TIFF 6.0, sections 14 and 19, and Adobe's
technical note 3; PNG third edition, section 11).
"""

from __future__ import annotations

import io
import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from PIL.TiffImagePlugin import ImageFileDirectory_v2

from cxr_gui.core.base.errors import ImageError
from cxr_gui.core.images import png16
from cxr_gui.core.images.decoded import check_frame, check_size
from cxr_gui.core.images.halving import check_memory, is_large

WIDTH, HEIGHT, BITS, COMPRESSION, PHOTOMETRIC, FILL_ORDER, ORIENTATION = 256, 257, 258, 259, 262, 266, 274
OFFSETS, SAMPLES, ROWS, COUNTS, PLANAR, PREDICTOR = 273, 277, 278, 279, 284, 317
TILE_WIDTH, TILE_HEIGHT, TILE_OFFSETS, TILE_COUNTS, EXTRA, FORMAT = 322, 323, 324, 325, 338, 339
WHITE_IS_ZERO, BLACK_IS_ZERO, RGB = 0, 1, 2
HORIZONTAL, FLOATING = 2, 3

_CLASSIC, _BIG = (b"II*\0", b"MM\0*"), (b"II+\0", b"MM\0+")
_KINDS = {1: "u", 2: "i", 3: "f", 4: "u"}
_WORDS = {1: "unsigned", 2: "signed", 3: "floating-point", 4: "undefined", 5: "complex", 6: "complex"}
_SIZES = {"u": (8, 16, 32, 64), "i": (8, 16, 32, 64), "f": (16, 32, 64)}
_BYTE_CODED = (1, 5, 8, 32773, 32946, 34925, 50000)
"""Compressions of bytes, whatever those mean: none, LZW, deflate, PackBits, old deflate, LZMA, Zstandard."""

_GREY_ALPHA, _RGB_ALPHA = 4, 6
_RAW_MODES = {2: "RGB", _RGB_ALPHA: "RGBA"}
"""Of a PNG's colour types."""

_OPAQUE, _STRAIGHT_ALPHA = 0, 2
_HINT = "Save it as an uncompressed grey TIFF or PNG of 8 or 16 bits."

Values = NDArray[Any]


@dataclass(frozen=True, eq=False)
class Samples:
    """What a file stores, before anything is made of it.

    values    [H, W] or, red, green and blue, [H, W, 3]: whole numbers or floats of the machine's byte order
    opacity   [H, W] in the same type, or None
    all_bits  whether the file says itself that all bits of a value are used
    """

    values: Values
    opacity: Values | None = None
    white_is_zero: bool = False
    all_bits: bool = False
    orientation: int = 1
    frames: int = 1


def of_tiff(data: bytes, frame: int) -> Samples | None:
    """The samples of a TIFF; None for those that Pillow reads well, and for a file that is none.

    Raises ImageError for samples that no decoder here knows, or for too large an image.
    """
    if data[:4] not in (*_CLASSIC, *_BIG):
        return None
    directories = list(_directories(data))
    if not directories:
        return None
    check_frame(frame, len(directories))
    tags = directories[frame]
    height, width = int(tags.get(HEIGHT, 0)), int(tags.get(WIDTH, 0))
    count, planes = int(tags.get(SAMPLES, 1)), int(tags.get(PLANAR, 1))
    bits = {int(each) for each in tags.get(BITS, (1,))}
    formats = {int(each) for each in tags.get(FORMAT, (1,))}
    photometric = tags.get(PHOTOMETRIC, BLACK_IS_ZERO)
    known = count == 1 and (data[:2] == b"II" or photometric != WHITE_IS_ZERO)
    if formats == {1} and (max(bits) <= 8 or (known and max(bits) <= 16)):
        return None
    if data[:4] in _BIG:
        if (bits, formats) == ({32}, {1}) or (data[:2] == b"MM" and tags.get(COMPRESSION, 1) != 1):
            raise ImageError(f"is a BigTIFF of {max(bits)} bits a sample, which cannot be read.", hint=_HINT)
        return None
    if photometric not in (WHITE_IS_ZERO, BLACK_IS_ZERO, RGB) and formats == {1} and bits == {16}:
        return None  # colours for printing: eight bits of them are enough
    check_size(height, width)
    kind, size = _KINDS.get(min(formats)), min(bits)
    colours = 3 if photometric == RGB else 1
    if len(bits) != 1 or len(formats) != 1 or kind is None or size not in _SIZES[kind] or count < colours:
        words = " and ".join(_WORDS.get(each, "unknown") for each in sorted(formats))
        sizes = " and ".join(map(str, sorted(bits)))
        raise ImageError(f"has {words} samples of {sizes} bits, which cannot be read.", hint=_HINT)
    if tags.get(COMPRESSION, 1) not in _BYTE_CODED:
        raise ImageError(
            f"has {_WORDS[min(formats)]} samples of {size} bits in lossy compression.", hint=_HINT
        )
    check_memory(height, width, 2 * len(data) + height * width * count * size // 4, _HINT)
    stored = np.dtype(f"{'<' if data[:2] == b'II' else '>'}{kind}{size // 8}")
    values = _unpacked(data, tags, stored, count, separate=planes == 2 and count > 1)
    extra = tags.get(EXTRA, (_OPAQUE,))
    straight = count > colours and int(extra[0]) == _STRAIGHT_ALPHA
    return Samples(
        values[..., :3] if colours == 3 else values[..., 0],
        values[..., colours] if straight else None,
        white_is_zero=photometric == WHITE_IS_ZERO,
        orientation=int(tags.get(ORIENTATION, 1)),
        frames=len(directories),
    )


def of_png(image: Image.Image, data: bytes) -> Samples | None:
    """The samples of a PNG that Pillow has opened; None unless it has 16 bits in several channels."""
    bits, colour = data[24:26]
    if image.format != "PNG" or bits != 16 or colour not in (_GREY_ALPHA, *_RAW_MODES):
        return None
    if is_large(image.height, image.width):
        check_memory(image.height, image.width, len(data) + 24 * image.height * image.width, _HINT)
    told = png16.all_bits_count(data)
    if colour == _GREY_ALPHA:  # four bytes a pixel, as RGBA of eight bits has
        header = b"IHDR" + data[16:24] + bytes((8, _RGB_ALPHA)) + data[26:29]
        retold = data[:12] + header + struct.pack(">I", zlib.crc32(header)) + data[33:]
        with Image.open(io.BytesIO(retold), formats=("PNG",)) as bytewise:
            values = np.asarray(bytewise).view(">u2").astype(np.uint16)
            orientation = bytewise.getexif().get(ORIENTATION, 1)
        return Samples(values[..., 0], values[..., 1], all_bits=told, orientation=orientation)
    with Image.open(io.BytesIO(data), formats=("PNG",)) as low:
        low.tile = [
            tile._replace(args=f"{_RAW_MODES[colour]};16L") for tile in low.tile
        ]  # as if little-endian
        values = np.asarray(image).astype(np.uint16) << 8 | np.asarray(low)  # Pillow keeps the high bytes
    return Samples(
        values[..., :3],
        values[..., 3] if colour == _RGB_ALPHA else None,
        all_bits=told,
        orientation=image.getexif().get(ORIENTATION, 1),
    )


def _directories(data: bytes) -> Iterator[ImageFileDirectory_v2]:
    """The tags of each page."""
    seen: set[int] = set()
    header = data[:16] if data[:4] in _BIG else data[:8]
    directory = ImageFileDirectory_v2(header)
    file = io.BytesIO(data)
    while directory.next and directory.next not in seen:
        seen.add(directory.next)
        file.seek(directory.next)
        directory = ImageFileDirectory_v2(header)
        directory.load(file)
        yield directory


def _unpacked(
    data: bytes, tags: ImageFileDirectory_v2, stored: np.dtype[Any], count: int, *, separate: bool
) -> Values:
    """[H, W, count] in the machine's byte order."""
    if separate:
        planes = [_plane(data, tags, stored, 1, part=(plane, count)) for plane in range(count)]
        return np.concatenate(planes, axis=-1)
    return _plane(data, tags, stored, count, part=(0, 1))


def _plane(
    data: bytes, tags: ImageFileDirectory_v2, stored: np.dtype[Any], count: int, part: tuple[int, int]
) -> Values:
    """Strips or tiles number `part[0]` of `part[1]` equal shares of all, as [H, W, count]."""
    wide = count * stored.itemsize
    width, height = int(tags[WIDTH]), int(tags[HEIGHT])
    tiled = TILE_WIDTH in tags
    step = int(tags[TILE_WIDTH]) if tiled else width
    retold: dict[int, list[int]] = {
        WIDTH: [-(-width // step) * step * wide],  # whole tiles: the bytes of a row may be sorted within one
        HEIGHT: [height],
        BITS: [8],
        COMPRESSION: [int(tags.get(COMPRESSION, 1))],
        PHOTOMETRIC: [BLACK_IS_ZERO],
        FILL_ORDER: [int(tags.get(FILL_ORDER, 1))],
        SAMPLES: [1],
    }
    if tiled:
        retold |= {TILE_WIDTH: [step * wide], TILE_HEIGHT: [int(tags[TILE_HEIGHT])]}
    else:
        retold[ROWS] = [int(tags.get(ROWS, height))]
    for tag in {TILE_OFFSETS, TILE_COUNTS, OFFSETS, COUNTS} & set(tags):
        values = [int(value) for value in tags[tag]]
        share = len(values) // part[1]
        retold[tag] = values[part[0] * share : (part[0] + 1) * share]
    with Image.open(io.BytesIO(_with_directory(data, retold)), formats=("TIFF",)) as image:
        unpacked = np.array(image)
    return _predicted(unpacked, int(tags.get(PREDICTOR, 1)), stored, count, step)[:, :width]


def _with_directory(data: bytes, tags: dict[int, list[int]]) -> bytes:
    """The same file, of one page with these tags alone."""
    order = "<" if data[:2] == b"II" else ">"
    start = len(data) + len(data) % 2
    after = start + 2 + 12 * len(tags) + 4
    entries, longer = struct.pack(f"{order}H", len(tags)), b""
    for tag in sorted(tags):
        values = struct.pack(f"{order}{len(tags[tag])}I", *tags[tag])
        where = values if len(values) == 4 else struct.pack(f"{order}I", after + len(longer))
        entries += struct.pack(f"{order}HHI", tag, 4, len(tags[tag])) + where  # 4: LONG
        longer += values if len(values) != 4 else b""
    head = data[:4] + struct.pack(f"{order}I", start)
    return b"".join((head, data[8:], bytes(len(data) % 2), entries, bytes(4), longer))


def _predicted(unpacked: Values, predictor: int, stored: np.dtype[Any], count: int, step: int) -> Values:
    """Bytes [H, W * count * itemsize] -> samples [H, W, count]; differences are summed up.

    step  columns after which they start anew: those of a strip or a tile
    """
    height, native = unpacked.shape[0], stored.newbyteorder("=")
    if predictor not in (HORIZONTAL, FLOATING):
        return unpacked.view(stored).reshape(height, -1, count).astype(native)
    parts = []
    wide = step * count * stored.itemsize
    for left in range(0, unpacked.shape[1], wide):
        part = np.ascontiguousarray(unpacked[:, left : left + wide])
        if predictor == HORIZONTAL:
            whole = np.dtype(f"u{stored.itemsize}")
            given = part.view(whole.newbyteorder(stored.byteorder)).reshape(height, -1, count)
            parts.append(np.cumsum(given, axis=1, dtype=whole).view(native))
        else:  # the highest bytes of a row, then the next ones, as differences of bytes `count` apart
            summed = np.cumsum(part.reshape(height, -1, count), axis=1, dtype=np.uint8)
            by_byte = summed.reshape(height, stored.itemsize, -1).transpose(0, 2, 1)
            big = stored.newbyteorder(">")
            parts.append(np.ascontiguousarray(by_byte).view(big).reshape(height, -1, count).astype(native))
    return np.concatenate(parts, axis=1)
