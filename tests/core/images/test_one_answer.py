"""`read` and `read_thumbnail` give one answer: the same image, or the same refusal, of every format."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from PIL import Image

from cxr_gui.core.base.errors import ImageError
from cxr_gui.core.images import halving
from cxr_gui.core.images.radiograph import read, read_thumbnail, to_input
from tests.support.dicom_files import dicom
from tests.support.raster_files import lossless_jpeg, png, tiff
from tests.support.small_files import bundled

pytestmark = pytest.mark.filterwarnings("ignore::UserWarning:pydicom")

OPTIONS: dict[str, dict[str, object]] = {
    "plain": {"quality": 95},
    "progressive": {"quality": 95, "progressive": True},
    "optimised": {"quality": 60, "optimize": True},
    "restarts": {"quality": 95, "restart_marker_blocks": 3},
    "4:4:4": {"quality": 95, "subsampling": 0},
    "4:2:2": {"quality": 95, "subsampling": 1},
    "4:2:0": {"quality": 95, "subsampling": 2},
    "kept as RGB": {"quality": 95, "keep_rgb": True},
}
COMPRESSED = (
    "MR_small_RLE.dcm",
    "MR_small_jp2klossless.dcm",
    "MR_small_jpeg_ls_lossless.dcm",
    "SC_rgb_jpeg_gdcm.dcm",
    "SC_rgb_small_odd.dcm",
)
KINDS = {
    **{
        f"{mode} JPEG, {name}": ("JPEG", mode, options)
        for mode in ("L", "RGB", "CMYK")
        for name, options in OPTIONS.items()
    },
    **{f"{mode} PNG": ("PNG", mode, {}) for mode in ("1", "L", "LA", "P", "RGB", "RGBA", "I;16")},
    "interlaced PNG": ("PNG", "L", {"interlace": 1}),
    **{
        f"{mode} TIFF, {name}": ("TIFF", mode, {"compression": name})
        for mode in ("L", "RGB", "I;16", "F")
        for name in ("raw", "tiff_lzw", "packbits", "tiff_adobe_deflate")
    },
    "JPEG in TIFF": ("TIFF", "RGB", {"compression": "jpeg", "quality": 95}),
    "fax TIFF": ("TIFF", "1", {"compression": "group4"}),
    **{f"{mode} BMP": ("BMP", mode, {}) for mode in ("1", "L", "P", "RGB", "RGBA")},
    "WebP": ("WEBP", "RGB", {"quality": 95}),
    "lossless WebP": ("WEBP", "RGBA", {"lossless": True}),
    **{name: (name, "", {}) for name in ("lossless JPEG", "lossless RGB JPEG")},
    **{
        name: (name, "", {})
        for name in ("uint32 TIFF", "float64 TIFF", "int16 TIFF", "RGB16 PNG", "LA16 PNG")
    },
    "DICOM": ("DICOM", "", {}),
    **{f"DICOM, {name}": ("", name, {}) for name in COMPRESSED},
}


def film(height: int, width: int) -> NDArray[np.uint8]:
    """Smooth, and unlike itself when it is turned or cut."""
    y, x = np.mgrid[0 : 1 : height * 1j, 0 : 1 : width * 1j]
    return np.rint(30 + 120 * x + 60 * y + 40 * np.sin(5 * x) * np.cos(3 * y)).clip(0, 255).astype(np.uint8)


def encoded(kind: str, grey: NDArray[np.uint8], orientation: int) -> bytes:
    """A file of this kind; those that this test's own writers make, and DICOM, are upright."""
    fmt, mode, options = KINDS[kind]
    deep = grey.astype(np.uint16) * np.uint16(257)
    made = {
        "lossless JPEG": lambda: lossless_jpeg(grey),
        "lossless RGB JPEG": lambda: lossless_jpeg(np.stack([grey] * 3, axis=-1)),
        "uint32 TIFF": lambda: tiff(grey.astype(np.uint32) << 24, orientation=orientation),
        "float64 TIFF": lambda: tiff(grey * 3.5, deflate=True, orientation=orientation),
        "int16 TIFF": lambda: tiff(grey.astype(np.int16) - 100, ">"),
        "RGB16 PNG": lambda: png(np.stack([deep] * 3, axis=-1)),
        "LA16 PNG": lambda: png(np.stack([deep, np.full_like(deep, 65535)], axis=-1)),
    }
    if fmt in made:
        return made[fmt]()
    if fmt == "":
        return bundled(mode)
    buffer = io.BytesIO()
    if fmt == "DICOM":
        dicom(buffer, deep)  # type: ignore[arg-type]
        return buffer.getvalue()
    image = Image.fromarray(deep) if mode == "I;16" else Image.fromarray(grey).convert(mode)
    exif = Image.Exif()
    exif[274] = orientation
    turned = {} if fmt in ("BMP",) or mode == "F" else {"exif": exif}
    image.save(buffer, fmt, **options, **turned)
    return buffer.getvalue()


def answers(path: Path, size: int) -> tuple[NDArray[np.uint8] | str, NDArray[np.uint8] | str]:
    """What `read` and `read_thumbnail` say, at one size; the words of a refusal."""
    try:
        pixels = read(path).pixels
        scale = min(1.0, size / max(pixels.shape))
        height, width = (max(1, round(side * scale)) for side in pixels.shape)
        whole: NDArray[np.uint8] | str = to_input(pixels, (height, width))
    except ImageError as error:
        whole = str(error)
    try:
        small: NDArray[np.uint8] | str = read_thumbnail(path, size)
    except ImageError as error:
        small = str(error)
    return whole, small


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    ("shape", "orientation"), [((97, 131), 1), ((131, 97), 3), ((64, 48), 6), ((9, 200), 7), ((1, 1), 1)]
)
def test_one_answer(tmp_path: Path, kind: str, shape: tuple[int, int], orientation: int) -> None:
    path = tmp_path / "a"
    path.write_bytes(encoded(kind, film(*shape), orientation))
    for size in (200, 64, 20, 8):
        whole, small = answers(path, size)
        assert not isinstance(whole, str)
        assert not isinstance(small, str), small
        assert whole.shape == small.shape
        away = np.abs(whole.astype(int) - small)
        assert away.mean() <= 3
        assert away.max() <= (255 if KINDS[kind][1] == "1" else 40)


@given(kind=st.sampled_from(sorted(KINDS)), cut=st.floats(0, 1), at=st.floats(0, 1), byte=st.integers(0, 255))
@settings(
    max_examples=200,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@pytest.mark.filterwarnings("ignore::UserWarning:PIL")
def test_one_answer_for_damaged_files(tmp_path: Path, kind: str, cut: float, at: float, byte: int) -> None:
    """Cut short, or with another byte: both read it, or both refuse it."""
    data = bytearray(encoded(kind, film(40, 56), 1))
    data[int(at * (len(data) - 1))] = byte
    path = tmp_path / "a"
    path.write_bytes(bytes(data[: max(1, int(cut**0.2 * len(data)))]))
    whole, small = answers(path, 20)
    assert isinstance(whole, str) == isinstance(small, str), (whole, small)


def test_a_lossless_jpeg_is_exact(tmp_path: Path) -> None:
    path, values = tmp_path / "a.jpeg", film(37, 51)
    for data in (lossless_jpeg(values), lossless_jpeg(np.stack([values] * 3, axis=-1))):
        path.write_bytes(data)
        np.testing.assert_allclose(read(path).pixels * 255, values, atol=1e-4)


@pytest.mark.parametrize(
    "kind", ["lossless JPEG", "lossless RGB JPEG", "L JPEG, plain", "RGB JPEG, progressive"]
)
def test_large_ones_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str) -> None:
    monkeypatch.setattr(halving, "KEPT_PIXELS", 100)
    path = tmp_path / "a.jpeg"
    path.write_bytes(encoded(kind, film(98, 132), 1))
    radiograph = read(path)
    assert radiograph.source.halved
    assert radiograph.pixels.shape == (49, 66)
    expected = film(98, 132).reshape(49, 2, 66, 2).mean(axis=(1, 3))
    np.testing.assert_allclose(radiograph.pixels * 255, expected, atol=6)
    whole, small = answers(path, 30)
    assert not isinstance(whole, str)
    assert not isinstance(small, str)
    assert np.abs(whole.astype(int) - small).mean() <= 3


def test_what_takes_too_much_memory_takes_it_in_both(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(halving, "KEPT_PIXELS", 100)
    monkeypatch.setattr(halving, "MEMORY", 10_000)
    path = tmp_path / "a.jpeg"
    path.write_bytes(encoded("RGB JPEG, progressive", film(98, 132), 1))
    whole, small = answers(path, 30)
    assert isinstance(whole, str)
    assert "would take" in whole
    assert whole == small
