"""Files damaged at random: an image of 0..1 or an ImageError, and nothing else.

A few hundred cases a run; `CXR_FUZZ=3000` tries as many of every kind. What went wrong once, or shows a way
in which the libraries below stumble, is in FOUND and tried every time.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cxr_gui.core.base.errors import ImageError
from cxr_gui.core.images import halving
from cxr_gui.core.images.radiograph import read, read_thumbnail
from tests.support.raster_files import lossless_jpeg, png, tiff
from tests.support.small_files import bundled, encoded, enhanced

pytestmark = [
    pytest.mark.filterwarnings("ignore::UserWarning:pydicom"),
    pytest.mark.filterwarnings("ignore::UserWarning:PIL"),
]

CASES = int(os.environ.get("CXR_FUZZ", "0"))
"""Cases of each kind; 0 for the few of an everyday run."""

MOST_SECONDS = 4.0
"""Seconds for a case: twice what a hostile file may take, on machines that do other work as well."""

PLAIN = {
    "jpeg": encoded("JPEG"),
    "progressive jpeg": encoded("JPEG", "RGB", progressive=True),
    "cmyk jpeg": encoded("JPEG", "CMYK"),
    "png": encoded("PNG"),
    "palette png": encoded("PNG", "P"),
    "rgba png": encoded("PNG", "RGBA"),
    "16-bit png": encoded("PNG", "I;16"),
    "tiff": encoded("TIFF"),
    "lzw tiff": encoded("TIFF", compression="tiff_lzw"),
    "jpeg tiff": encoded("TIFF", compression="jpeg"),
    "fax tiff": encoded("TIFF", "1", compression="group4"),
    "float tiff": encoded("TIFF", "F"),
    "float64 tiff": tiff(np.random.default_rng(0).random((24, 32)), ">", deflate=True, predictor=3),
    "tiff of two channels": tiff(
        np.random.default_rng(0).integers(0, 65536, (24, 32, 2), np.uint16), tile=16
    ),
    "16-bit colour png": png(np.random.default_rng(0).integers(0, 65536, (24, 32, 3), np.uint16)),
    "16-bit png of grey and opacity": png(
        np.random.default_rng(0).integers(0, 65536, (24, 32, 2), np.uint16), significant=12
    ),
    "lossless jpeg": lossless_jpeg(np.random.default_rng(0).integers(0, 256, (24, 32), np.uint8)),
    "bmp": encoded("BMP", "RGB"),
    "webp": encoded("WEBP", "RGB"),
    "enhanced dicom": enhanced(),
    **{
        name: bundled(name)
        for name in ("MR_small.dcm", "MR_small_bigendian.dcm", "ExplVR_BigEnd.dcm", "SC_rgb_small_odd.dcm")
    },
}
COMPRESSED = {
    name: bundled(name)
    for name in (
        "MR_small_RLE.dcm",
        "MR_small_jp2klossless.dcm",
        "MR_small_jpeg_ls_lossless.dcm",
        "SC_rgb_jpeg_gdcm.dcm",
        "SC_rgb_jpeg_dcmtk.dcm",
        "SC_rgb_dcmtk_+eb+cr.dcm",
    )
}
Edit = tuple[float, str, bytes]
EDITS = st.lists(
    st.tuples(
        st.floats(0, 1), st.sampled_from(["flip", "set", "cut", "insert"]), st.binary(min_size=1, max_size=8)
    ),
    min_size=1,
    max_size=8,
)
FUZZ = {
    "deadline": None,
    "suppress_health_check": [HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
}

FOUND: dict[str, tuple[str, list[Edit]]] = {
    "a codec ends its process": ("SC_rgb_dcmtk_+eb+cr.dcm", [(0.7936, "cut", b"\x14")]),
    "AttributeError": ("ExplVR_BigEnd.dcm", [(0.3965, "set", b"\xf1")]),
    "DecompressionBombError": ("tiff", [(0.336, "flip", b"\xf3")]),
    "NotImplementedError": (
        "MR_small_bigendian.dcm",
        [(0.65, "insert", b"\x95\x90"), (0.51971, "flip", b"m")],
    ),
    "OSError": ("progressive jpeg", [(0.93, "insert", b"\x8a")]),
    "UnidentifiedImageError": ("palette png", [(0.74, "set", b"=")]),
    "ValueError": ("enhanced dicom", [(0.56, "flip", b"\xf9")]),
    "no pixels in the data set": ("MR_small.dcm", [(0.38, "insert", b"\x1c")]),
    "a TIFF of one very long row": ("float tiff", [(0.1845, "flip", b"\xed")]),
    "a BMP of many rows": ("bmp", [(0.214, "flip", b"\xfe")]),
    "a WebP that would take gigabytes": ("webp", [(0.37, "insert", b"\x1f\x89"), (0.33, "cut", b"\x8c")]),
}
"""What was found, as small as it gets: what came out below -> a file and what was done to it."""


def mutated(seed: bytes, edits: list[Edit]) -> bytes:
    """The seed after some edits, most of them in its headers: a place goes by its cube."""
    data = bytearray(seed)
    for where, how, what in edits:
        place = int(where**3 * len(data))
        if how == "flip":
            data[place : place + 1] = bytes(byte ^ what[0] for byte in data[place : place + 1])
        elif how == "set":
            data[place : place + len(what)] = what
        elif how == "cut":
            del data[place : place + what[0]]
        else:
            data[place:place] = what
    return bytes(data)


@pytest.fixture(scope="module")
def victim(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    path = tmp_path_factory.mktemp("fuzz") / "x.png"
    yield path
    path.unlink(missing_ok=True)


def read_or_refuse(path: Path, data: bytes, frame: int | None = None) -> None:
    path.write_bytes(data)
    start = time.monotonic()
    try:
        pixels = read(path, frame).pixels
    except ImageError:
        pixels = np.zeros((1, 1), np.float32)
    assert time.monotonic() - start < MOST_SECONDS
    assert pixels.dtype == np.float32
    assert pixels.ndim == 2
    assert pixels.min() >= 0
    assert pixels.max() <= 1


@pytest.mark.parametrize("name", FOUND)
def test_found_before(victim: Path, name: str) -> None:
    seed, edits = FOUND[name]
    victim.write_bytes(mutated({**PLAIN, **COMPRESSED}[seed], edits))
    with pytest.raises(ImageError) as caught:
        read(victim)
    assert caught.value.where == str(victim)
    assert caught.value.what
    assert caught.value.hint


@given(seed=st.sampled_from(sorted(PLAIN)), edits=EDITS, frame=st.sampled_from([None, 0, 1]))
@settings(max_examples=CASES or 300, **FUZZ)
def test_fuzzed(victim: Path, seed: str, edits: list[Edit], frame: int | None) -> None:
    read_or_refuse(victim, mutated(PLAIN[seed], edits), frame)


@given(seed=st.sampled_from(sorted(PLAIN)), edits=EDITS)
@settings(max_examples=CASES or 100, **FUZZ)
def test_fuzzed_and_halved(
    victim: Path, monkeypatch: pytest.MonkeyPatch, seed: str, edits: list[Edit]
) -> None:
    """Every image of more than 100 pixels is one too large to keep."""
    monkeypatch.setattr(halving, "KEPT_PIXELS", 100)
    read_or_refuse(victim, mutated(PLAIN[seed], edits))


@given(seed=st.sampled_from(sorted(COMPRESSED)), edits=EDITS)
@settings(max_examples=CASES or 50, **FUZZ)
def test_fuzzed_compressed_dicom(victim: Path, seed: str, edits: list[Edit]) -> None:
    read_or_refuse(victim, mutated(COMPRESSED[seed], edits))


@given(seed=st.sampled_from(sorted(PLAIN)), edits=EDITS)
@settings(max_examples=CASES or 100, **FUZZ)
def test_fuzzed_thumbnails(victim: Path, seed: str, edits: list[Edit]) -> None:
    victim.write_bytes(mutated(PLAIN[seed], edits))
    try:
        thumbnail = read_thumbnail(victim, 16)
    except ImageError:
        return
    assert max(thumbnail.shape) <= 16
