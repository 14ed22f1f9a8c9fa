"""Whatever a file holds: an ImageError that names it, soon, in bounded memory; no crash, no other error."""

from __future__ import annotations

import gzip
import io
import os
import signal
import socket
import struct
import subprocess
import sys
import time
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path

import pytest

from cxr_gui.core.base.errors import ImageError
from cxr_gui.core.images import dicom, radiograph, sandbox
from cxr_gui.core.images.radiograph import MAX_BYTES, read, read_thumbnail
from tests.support.patience import PROGRAM
from tests.support.small_files import bundled, encoded

pytestmark = [
    pytest.mark.filterwarnings("ignore::UserWarning:pydicom"),
    pytest.mark.filterwarnings("ignore::UserWarning:PIL"),
]

POSIX = pytest.mark.skipif(os.name != "posix", reason="the file system has no such things")
ENOUGH = 2.0
"""Seconds until a hostile file is refused."""


def png_chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def huge_png() -> bytes:
    header = struct.pack(">IIBBBBB", 60_000, 60_000, 8, 0, 0, 0, 0)
    body = zlib.compress(bytes(60_000 * 100))
    return (
        b"\x89PNG\r\n\x1a\n" + png_chunk(b"IHDR", header) + png_chunk(b"IDAT", body) + png_chunk(b"IEND", b"")
    )


def text_bomb() -> bytes:
    """A small PNG with 60 MB of text, compressed."""
    text = png_chunk(b"zTXt", b"Comment\0\0" + zlib.compress(bytes(60_000_000)))
    whole = encoded("PNG")
    return whole[:33] + text + whole[33:]


def huge_jpeg() -> bytes:
    data = bytearray(encoded("JPEG"))
    place = data.index(b"\xff\xc0") + 5
    data[place : place + 4] = struct.pack(">HH", 60_000, 60_000)
    return bytes(data)


def many_scans() -> bytes:
    """A progressive JPEG of 25 megapixels that repeats its last scan: each is a pass over the image."""
    data = encoded("JPEG", progressive=True)
    size = data.index(b"\xff\xc2") + 5
    scan = data.rindex(b"\xff\xda")
    head = data[:size] + struct.pack(">HH", 5000, 5000) + data[size + 4 : scan]
    return head + data[scan:-2] * 500 + b"\xff\xd9"


def huge_tiff() -> bytes:
    entries = [
        (256, 60_000),
        (257, 60_000),
        (258, 8),
        (259, 1),
        (262, 1),
        (273, 8),
        (277, 1),
        (278, 60_000),
        (279, 9),
    ]
    table = b"".join(struct.pack("<HHII", tag, 4, 1, value) for tag, value in entries)
    return struct.pack("<2sHI", b"II", 42, 8) + struct.pack("<H", len(entries)) + table + bytes(4)


def tiff_circle() -> bytes:
    """A TIFF whose next page is its first."""
    data = bytearray(encoded("TIFF"))
    start = int.from_bytes(data[4:8], "little")
    entries = int.from_bytes(data[start : start + 2], "little")
    data[start + 2 + 12 * entries :][:4] = b""
    place = start + 2 + 12 * entries
    data[place : place + 4] = data[4:8]
    return bytes(data)


def huge_webp() -> bytes:
    side = struct.pack("<I", 16_383 - 1)[:3]
    body = b"VP8X" + struct.pack("<I", 10) + bytes(4) + side + side + encoded("WEBP")[12:]
    return b"RIFF" + struct.pack("<I", len(body) + 4) + b"WEBP" + body


def huge_bmp() -> bytes:
    data = bytearray(encoded("BMP"))
    data[18:26] = struct.pack("<ii", 60_000, 60_000)
    return bytes(data)


def huge_dicom() -> bytes:
    data = bytearray(bundled("MR_small.dcm"))
    for element in (b"\x28\0\x10\0US\x02\0", b"\x28\0\x11\0US\x02\0"):
        place = data.index(element) + len(element)
        data[place : place + 2] = struct.pack("<H", 60_000)
    return bytes(data)


def larger_inside(name: str, marker: bytes, at: int, form: str) -> bytes:
    """A DICOM file whose compressed frame says that it is 60,000 pixels wide and high."""
    data = bytearray(bundled(name))
    place = data.index(marker) + at
    data[place : place + struct.calcsize(form)] = struct.pack(form, 60_000, 60_000)
    return bytes(data)


def short_bmp() -> bytes:
    """It says that it is 12,000 pixels wide and high, which may be read, and has hardly any."""
    data = bytearray(encoded("BMP"))
    data[18:26] = struct.pack("<ii", 12_000, 12_000)
    return bytes(data)


def short_png() -> bytes:
    header = struct.pack(">IIBBBBB", 12_000, 12_000, 16, 0, 0, 0, 0)
    whole = encoded("PNG", "I;16")
    return whole[:8] + png_chunk(b"IHDR", header) + whole[33:]


def short_dicom(name: str) -> bytes:
    data = bytearray(bundled(name))
    for element in (b"\x28\0\x10\0US\x02\0", b"\x28\0\x11\0US\x02\0"):
        place = data.index(element) + len(element)
        data[place : place + 2] = struct.pack("<H", 12_000)
    return bytes(data)


def archive() -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr("a.png", bytes(50_000_000))
    return buffer.getvalue()


HOSTILE: dict[str, Callable[[], bytes]] = {
    "empty": bytes,
    "one byte": lambda: b"\xff",
    "text": lambda: b"not an image at all" * 100,
    "zip": archive,
    "gzip": lambda: gzip.compress(bytes(50_000_000)),
    "svg": lambda: b"<svg xmlns='http://www.w3.org/2000/svg'/>",
    "eps that would run": lambda: b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n%%EndComments\n",
    "huge png": huge_png,
    "huge jpeg": huge_jpeg,
    "huge tiff": huge_tiff,
    "huge webp": huge_webp,
    "huge bmp": huge_bmp,
    "huge dicom": huge_dicom,
    "png text bomb": text_bomb,
    "jpeg of many scans": many_scans,
    "short png": short_png,
    "short bmp": short_bmp,
    "short dicom": lambda: short_dicom("MR_small.dcm"),
    "short rle": lambda: short_dicom("MR_small_RLE.dcm"),
    "truncated jpeg": lambda: encoded("JPEG")[:300],
    "truncated png": lambda: encoded("PNG")[:200],
    "truncated tiff": lambda: encoded("TIFF")[:500],
    "truncated webp": lambda: encoded("WEBP")[:100],
    "truncated bmp": lambda: encoded("BMP")[:900],
    "truncated dicom": lambda: bundled("MR_small.dcm")[:-3000],
    "dicom of meta only": lambda: bundled("MR_small.dcm")[:300],
    "jpeg lossless larger inside": lambda: larger_inside("SC_rgb_jpeg_gdcm.dcm", b"\xff\xc3", 5, ">HH"),
    "jpeg 2000 larger inside": lambda: larger_inside(
        "MR_small_jp2klossless.dcm", b"\xff\x4f\xff\x51", 8, ">II"
    ),
    "jpeg-ls larger inside": lambda: larger_inside("MR_small_jpeg_ls_lossless.dcm", b"\xff\xf7", 5, ">HH"),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_refused_soon_by_name(tmp_path: Path, name: str) -> None:
    path = tmp_path / "image.png"
    path.write_bytes(HOSTILE[name]())
    start = time.monotonic()
    for reader in (read, lambda file: read_thumbnail(file, 64)):
        with pytest.raises(ImageError) as caught:
            reader(path)
        assert caught.value.where == str(path)
        assert caught.value.what
        assert caught.value.hint
    assert time.monotonic() - start < 2 * ENOUGH


@POSIX
def test_memory_stays_bounded(tmp_path: Path) -> None:
    """All of them in a process that may have 1 GiB more than it starts with."""
    for number, make in enumerate(HOSTILE.values()):
        (tmp_path / f"{number}.png").write_bytes(make())
    script = """
import resource, sys, warnings
from pathlib import Path
from cxr_gui.core.images import dicom
from cxr_gui.core.base.errors import ImageError
from cxr_gui.core.images.radiograph import read
warnings.simplefilter("ignore")
used = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
resource.setrlimit(resource.RLIMIT_AS, (used + 2**30,) * 2)
for file in sorted(Path(sys.argv[1]).iterdir()):
    try:
        read(file)
    except ImageError as error:
        assert "Memory" not in error.what, error
"""
    if not Path("/proc/self/statm").exists():
        pytest.skip("this system does not say how much memory a process has")
    subprocess.run(
        [sys.executable, "-c", script, tmp_path], check=True, timeout=PROGRAM / 1000, env=_environment()
    )


def _environment() -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}


def test_a_page_that_leads_to_itself(tmp_path: Path) -> None:
    path = tmp_path / "circle.tiff"
    path.write_bytes(tiff_circle())
    start = time.monotonic()
    assert read(path).pixels.shape == (24, 32)
    assert time.monotonic() - start < ENOUGH


def test_deflate_bomb(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """pydicom would unpack all of it: the limit must be checked first."""
    data = bundled("image_dfl.dcm")
    start = 144 + int.from_bytes(data[140:144], "little")
    packer = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    body = zlib.decompress(data[start:], -zlib.MAX_WBITS) + bytes(50_000_000)
    path = tmp_path / "bomb.dcm"
    path.write_bytes(data[:start] + packer.compress(body) + packer.flush())
    monkeypatch.setattr(dicom, "MAX_INFLATED", 1_000_000)
    with pytest.raises(ImageError, match="unpacks to more"):
        read(path)


class TestCompressedFrames:
    """Native codecs are run in another process; what they do there must not be felt here."""

    def test_a_codec_that_ends_its_process(self, tmp_path: Path) -> None:
        """Without its Huffman table GDCM throws a C++ exception that nothing catches (found by fuzzing)."""
        data = bundled("SC_rgb_dcmtk_+eb+cr.dcm")
        bad, good = tmp_path / "bad.dcm", tmp_path / "good.dcm"
        good.write_bytes(data)
        bad.write_bytes(data[:1812] + data[1832:])
        with pytest.raises(ImageError, match="crashed"):
            read(bad)
        assert read(good).pixels.shape == (100, 100)

    @POSIX
    def test_a_codec_that_does_not_end(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        path = tmp_path / "a.dcm"
        path.write_bytes(bundled("MR_small_RLE.dcm"))
        read(path)  # the process is there now
        os.kill(sandbox._IDLE[-1].pid, signal.SIGSTOP)
        monkeypatch.setattr(sandbox, "SECONDS", 0.2)
        with pytest.raises(ImageError, match="it took more than"):
            read(path)
        monkeypatch.undo()
        assert read(path).pixels.shape == (64, 64)


class TestNotFiles:
    def test_missing(self, tmp_path: Path) -> None:
        with pytest.raises(ImageError, match="cannot be opened"):
            read(tmp_path / "gone.png")

    def test_folder(self, tmp_path: Path) -> None:
        path = tmp_path / "x.png"
        path.mkdir()
        with pytest.raises(ImageError, match="folder|cannot be opened"):
            read(path)

    def test_impossible_name(self, tmp_path: Path) -> None:
        for name in ("a\0b.png", "a" * 5000 + ".png"):
            with pytest.raises(ImageError, match="cannot be opened"):
                read(tmp_path / name)

    @POSIX
    def test_pipe(self, tmp_path: Path) -> None:
        path = tmp_path / "x.png"
        os.mkfifo(path)
        with pytest.raises(ImageError, match="is a pipe"):
            read(path)

    @POSIX
    def test_socket(self, tmp_path: Path) -> None:
        path = tmp_path / "x.png"
        with socket.socket(socket.AF_UNIX) as server:
            server.bind(str(path))
            with pytest.raises(ImageError, match="cannot be opened"):
                read(path)

    @POSIX
    def test_device(self) -> None:
        with pytest.raises(ImageError, match="is a device"):
            read("/dev/zero")

    @POSIX
    def test_links_in_a_circle(self, tmp_path: Path) -> None:
        (tmp_path / "a.png").symlink_to(tmp_path / "b.png")
        (tmp_path / "b.png").symlink_to(tmp_path / "a.png")
        with pytest.raises(ImageError, match="cannot be opened"):
            read(tmp_path / "a.png")

    @POSIX
    def test_without_permission(self, tmp_path: Path) -> None:
        path = tmp_path / "a.png"
        path.write_bytes(encoded("PNG"))
        path.chmod(0)
        if os.access(path, os.R_OK):
            pytest.skip("this user may read everything")
        with pytest.raises(ImageError, match="cannot be opened"):
            read(path)

    def test_too_large(self, tmp_path: Path) -> None:
        path = tmp_path / "a.png"
        with path.open("wb") as file:
            file.truncate(MAX_BYTES + 1)  # a hole: takes no space
        with pytest.raises(ImageError, match="MiB"):
            read(path)


@pytest.mark.skipif(not Path("/proc/self/mem").exists(), reason="only Linux has files that cannot be read")
def test_a_file_that_fails_or_grows_while_it_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ImageError, match=r"cannot be opened \(Input/output error\)"):
        read("/proc/self/mem")
    monkeypatch.setattr(radiograph, "MAX_BYTES", 10)
    with pytest.raises(ImageError, match="has more than 0 MiB"):
        read("/proc/self/status")  # its size is said to be 0
