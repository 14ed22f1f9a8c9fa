"""Raster files that Pillow does not write: TIFF of any samples, coloured PNG of 16 bits, lossless JPEG."""

from __future__ import annotations

import struct
import zlib

import numpy as np
from numpy.typing import NDArray

from cxr_gui.core.images import png16

_FORMATS = {"u": 1, "i": 2, "f": 3, "c": 6}
_COLOUR_TYPES = {1: 0, 2: 4, 3: 2, 4: 6}


def tiff(
    values: NDArray[np.generic],
    order: str = "<",
    *,
    deflate: bool = False,
    predictor: int = 1,
    separate: bool = False,
    tile: int = 0,
    **tags: int,
) -> bytes:
    """A TIFF of values [H, W] or [H, W, C], uncompressed or deflated; `tags` are those of _TAGS, by name.

    predictor  2: differences along each row; 3: those of the bytes of floats, highest first
    separate   one plane after the other; tile: the side of square tiles instead of one strip
    """
    values = values[..., None] if values.ndim == 2 else values
    height, width, count = values.shape
    planes = np.split(values, count, axis=-1) if separate else [values]
    parts = []
    for plane in planes:
        for top in range(0, height, tile or height):
            for left in range(0, width, tile or width):
                part = plane[top : top + (tile or height), left : left + (tile or width)]
                if tile:
                    part = np.pad(part, [(0, tile - part.shape[0]), (0, tile - part.shape[1]), (0, 0)])
                content = _predicted(part, order, predictor)
                parts.append(zlib.compress(content) if deflate else content)
    entries = {
        256: [width],
        257: [height],
        258: [8 * values.itemsize] * count,
        259: [8 if deflate else 1],
        262: [tags.get("photometric", 2 if count >= 3 else 1)],
        274: [tags.get("orientation", 1)],
        277: [count],
        284: [2 if separate else 1],
        317: [predictor],
        339: [tags.get("format", _FORMATS[values.dtype.kind])] * count,
    }
    if "extra" in tags:
        entries[338] = [tags["extra"]]
    places = 8 + np.cumsum([0, *map(len, parts)])
    entries |= (
        {322: [tile], 323: [tile], 324: places[:-1].tolist(), 325: list(map(len, parts))}
        if tile
        else {278: [height], 273: places[:-1].tolist(), 279: list(map(len, parts))}
    )
    body = b"".join(parts)
    start = 8 + len(body)
    longer, directory = b"", struct.pack(f"{order}H", len(entries))
    after = start + 2 + 12 * len(entries) + 4
    for tag, numbers in sorted(entries.items()):
        packed = struct.pack(f"{order}{len(numbers)}I", *numbers)
        where = packed if len(numbers) == 1 else struct.pack(f"{order}I", after + len(longer))
        longer += packed if len(numbers) > 1 else b""
        directory += struct.pack(f"{order}HHI", tag, 4, len(numbers)) + where
    head = (b"II*\0" if order == "<" else b"MM\0*") + struct.pack(f"{order}I", start)
    return head + body + directory + bytes(4) + longer


def _predicted(part: NDArray[np.generic], order: str, predictor: int) -> bytes:
    height, width, count = part.shape
    stored = part.dtype.newbyteorder(order)
    if predictor == 2:
        whole = part.view(f"u{part.itemsize}")
        part = np.diff(whole, axis=1, prepend=np.zeros_like(whole[:, :1])).view(part.dtype)
    if predictor == 3:
        as_bytes = part.astype(part.dtype.newbyteorder(">")).reshape(height, -1).view(np.uint8)
        by_byte = as_bytes.reshape(height, width * count, part.itemsize).transpose(0, 2, 1)
        row = np.ascontiguousarray(by_byte).reshape(height, -1, count)
        return np.diff(row, axis=1, prepend=np.zeros_like(row[:, :1])).tobytes()
    return part.astype(stored).tobytes()


def png(values: NDArray[np.uint16], *, significant: int = 0) -> bytes:
    """A PNG of 16 bits of values [H, W] or [H, W, 1 to 4]; `significant`: what an sBIT says, 0 for none."""
    values = values[..., None] if values.ndim == 2 else values
    height, width, count = values.shape
    rows = np.pad(values.astype(">u2").reshape(height, -1).view(np.uint8), ((0, 0), (1, 0)))
    header = struct.pack(png16.HEADER, width, height, 16, _COLOUR_TYPES[count], 0, 0, 0)
    chunks = [(b"IHDR", header), (b"IDAT", zlib.compress(rows.tobytes())), (b"IEND", b"")]
    if significant:
        chunks.insert(1, (b"sBIT", bytes([significant] * count)))
    return png16.SIGNATURE + b"".join(
        struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))
        for kind, content in chunks
    )


def lossless_jpeg(values: NDArray[np.uint8]) -> bytes:
    """A lossless JPEG (ITU-T T.81, annex H; predictor 1) of values [H, W] or [H, W, 3]."""
    values = values[..., None] if values.ndim == 2 else values
    height, width, count = values.shape
    wide = values.astype(np.int32)
    guessed = np.empty_like(wide)
    guessed[:, 1:] = wide[:, :-1]
    guessed[1:, 0] = wide[:-1, 0]
    guessed[0, 0] = 128
    bits = []
    for difference in (wide - guessed).reshape(-1).tolist():
        size = abs(difference).bit_length()
        bits.append(f"{size:04b}")  # every category has a code of four bits
        if size:
            bits.append(f"{difference if difference > 0 else difference + 2**size - 1:0{size}b}")
    text = "".join(bits)
    text += "1" * (-len(text) % 8)
    scan = int(text, 2).to_bytes(len(text) // 8, "big").replace(b"\xff", b"\xff\0")
    frame = struct.pack(">BHHB", 8, height, width, count)
    frame += b"".join(bytes((1 + index, 0x11, 0)) for index in range(count))
    table = bytes((0, 0, 0, 0, 9, *[0] * 12, *range(9)))
    order = bytes((count,)) + b"".join(bytes((1 + index, 0)) for index in range(count)) + bytes((1, 0, 0))
    # an Adobe segment that says of three components: red, green and blue
    segments = [(0xEE, b"Adobe\0\x64\0\0\0\0\0")] if count == 3 else []
    segments += [(0xC3, frame), (0xC4, table), (0xDA, order)]
    head = b"".join(struct.pack(">BBH", 0xFF, kind, 2 + len(content)) + content for kind, content in segments)
    return b"\xff\xd8" + head + scan + b"\xff\xd9"
