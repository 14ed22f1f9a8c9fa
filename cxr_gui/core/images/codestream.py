"""What a compressed frame states in its own header."""

from __future__ import annotations

import struct

_JPEG, _JPEG_2000 = b"\xff\xd8", b"\xff\x4f\xff\x51"
_FRAME_HEADERS = frozenset({*range(0xC0, 0xD0), 0xF7}) - {0xC4, 0xC8, 0xCC}  # SOF0..15 and JPEG-LS's SOF55
_LOSSLESS = frozenset({0xC3, 0xC7, 0xCB, 0xCF, 0xF7})
_ALONE = frozenset({0x01, 0xFF, *range(0xD0, 0xD9)})  # markers (and fill) without a length


def stated_size(frame: bytes) -> tuple[int, int] | None:
    """(H, W) of a JPEG, JPEG-LS or JPEG 2000 codestream; None when it is another or states none.

    ITU-T T.81, B.2.2 (frame header) and T.800, A.5.1 (SIZ).
    """
    if frame.startswith(_JPEG_2000) and len(frame) >= 24:
        right, bottom, left, top = struct.unpack_from(">4I", frame, 8)
        return bottom - top, right - left
    place = _frame_header(frame)
    if place is None:
        return None
    height, width = struct.unpack_from(">HH", frame, place + 5)
    return height, width


def is_lossy_jpeg(data: bytes) -> bool:
    """True for a JPEG of cosines, which can be decoded at an eighth of its size; a lossless one has none."""
    place = _frame_header(data)
    return place is not None and data[place + 1] not in _LOSSLESS


def _frame_header(frame: bytes) -> int | None:
    """Where a JPEG's frame header begins; None when it has none, or is another codestream."""
    if not frame.startswith(_JPEG):
        return None
    place = 2
    while place + 9 <= len(frame) and frame[place] == 0xFF:
        marker = frame[place + 1]
        if marker in _FRAME_HEADERS:
            return place
        place += 1 if marker == 0xFF else 2
        if marker not in _ALONE:
            place += int.from_bytes(frame[place : place + 2], "big")
    return None
