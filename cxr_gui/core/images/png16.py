"""PNG of sixteen bits a channel. Pillow writes grey ones only and reads coloured ones as eight bits.

Written here after the standard (W3C, PNG third edition, sections 5 and 11) in its plainest form: one IHDR,
one sBIT (all bits count, however dark it is), one IDAT, no filter. `decode` reads that form alone, to see
what a file that was written here really holds.
"""

from __future__ import annotations

import struct
import zlib

import numpy as np
from numpy.typing import NDArray

SIGNATURE = b"\x89PNG\r\n\x1a\n"
HEADER = ">IIBBBBB"  # width, height, bits, colour type, and three methods that are always 0
GREY, RGB = 0, 2


def encode_png16(levels: NDArray[np.uint16]) -> bytes:
    """The file of levels uint16 [H, W] (grey) or [H, W, 3] (RGB)."""
    height, width = levels.shape[:2]
    rows = levels.astype(">u2").reshape(height, -1).view(np.uint8)
    unfiltered = np.pad(rows, ((0, 0), (1, 0)))  # each row begins with its filter's number: 0, none
    header = struct.pack(HEADER, width, height, 16, GREY if levels.ndim == 2 else RGB, 0, 0, 0)
    significant = bytes([16] * (1 if levels.ndim == 2 else 3))
    pixels = zlib.compress(unfiltered.tobytes())
    parts = ((b"IHDR", header), (b"sBIT", significant), (b"IDAT", pixels), (b"IEND", b""))
    return SIGNATURE + b"".join(_chunk(kind, content) for kind, content in parts)


def all_bits_count(data: bytes) -> bool:
    """True when a PNG of 16 bits says so (sBIT, section 11.3.2.7), which stands before its pixels."""
    place = len(SIGNATURE)
    while (kind := data[place + 4 : place + 8]) not in (b"sBIT", b"IDAT", b""):
        place += 12 + int.from_bytes(data[place : place + 4], "big")
    return kind == b"sBIT" and data[place + 8] == 16


def decode_png16(data: bytes) -> NDArray[np.uint16]:
    """The levels uint16 [H, W] or [H, W, 3] of a file that `encode` made. Raises ValueError for another."""
    if not data.startswith(SIGNATURE):
        raise ValueError("is no PNG")
    parts, place = {}, len(SIGNATURE)
    while place < len(data):
        (length,) = struct.unpack_from(">I", data, place)
        kind, content = data[place + 4 : place + 8], data[place + 8 : place + 8 + length]
        if _chunk(kind, content) != data[place : place + 12 + length]:
            raise ValueError(f"is damaged in its {kind!r}")
        parts[kind] = content
        place += 12 + length
    if b"IEND" not in parts:
        raise ValueError("is cut short")
    width, height, bits, colour, *_ = struct.unpack(HEADER, parts[b"IHDR"])
    rows = np.frombuffer(zlib.decompress(parts[b"IDAT"]), np.uint8).reshape(height, -1)
    if bits != 16 or rows[:, 0].any():
        raise ValueError("was not written here")
    levels = np.ascontiguousarray(rows[:, 1:]).view(">u2").astype(np.uint16)
    return levels if colour == GREY else levels.reshape(height, width, 3)


def _chunk(kind: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))
