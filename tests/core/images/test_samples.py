"""Samples of every kind that raster files have: what is stored is what is shown, or it is said why not."""

from __future__ import annotations

import io
import struct
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from PIL import Image

from cxr_gui.core.base.errors import ImageError
from cxr_gui.core.images import depth, halving, png16
from cxr_gui.core.images.radiograph import Radiograph, read
from tests.support.raster_files import png, tiff

UNIT = np.random.default_rng(0).permutation(np.linspace(0, 1, 40 * 56)).reshape(40, 56)


def written(folder: Path, data: bytes) -> Path:
    path = folder / "a.raster"
    path.write_bytes(data)
    return path


def saved(values: NDArray[np.generic], fmt: str) -> bytes:
    buffer = io.BytesIO()
    Image.fromarray(values).save(buffer, fmt)
    return buffer.getvalue()


def grey_and_opaque(values: NDArray[np.uint16]) -> NDArray[np.uint16]:
    return np.stack([values, np.full_like(values, 65535)], axis=-1)


def colours(values: NDArray[np.uint16]) -> NDArray[np.uint16]:
    return np.stack([values] * 3, axis=-1)


SIXTEEN: dict[str, Callable[[NDArray[np.uint16]], bytes]] = {
    "png": lambda values: saved(values, "PNG"),
    "png of grey and opacity": lambda values: png(grey_and_opaque(values)),
    "png of colours": lambda values: png(colours(values)),
    "png of colours and opacity": lambda values: png(
        np.concatenate([colours(values), grey_and_opaque(values)[..., 1:]], axis=-1)
    ),
    "tiff": lambda values: saved(values, "TIFF"),
    "big-endian tiff": lambda values: tiff(values, ">"),
    "tiff of two channels": lambda values: tiff(grey_and_opaque(values), extra=2),
    "tiff of colours": lambda values: tiff(colours(values)),
    "big-endian deflated tiff of colours": lambda values: tiff(colours(values), ">", deflate=True),
    "tiff of signed": lambda values: tiff(values.astype(np.int32)),
    "tiff of 32 bits": lambda values: tiff(values.astype(np.uint32)),
    "tiff of 64 bits": lambda values: tiff(values.astype(np.int64)),
}
"""Every way to store values of 0..65535."""

WIDE = ("tiff of signed", "tiff of 32 bits", "tiff of 64 bits")
"""Those that could hold larger ones."""


@pytest.mark.parametrize("bits", [8, 9, 10, 11, 12, 13, 14, 15, 16])
@pytest.mark.parametrize("way", SIXTEEN)
def test_the_bits_that_are_used_fill_the_greys(tmp_path: Path, way: str, bits: int) -> None:
    values = np.rint(UNIT * (2**bits - 1)).astype(np.uint16)
    radiograph = read(written(tmp_path, SIXTEEN[way](values)))
    if bits == 8 and way in WIDE:
        assert "no range" in radiograph.source.warnings[0]  # as of any numbers
        np.testing.assert_allclose(radiograph.pixels, UNIT, atol=0.02)
        return
    np.testing.assert_allclose(radiograph.pixels, values / (2**bits - 1), atol=2e-6)
    assert radiograph.source.bits == bits
    said = (f"It uses {bits} of its 16 bits; they are spread over the greys.",)
    assert radiograph.source.warnings == (said if bits < 16 else ())


@pytest.mark.parametrize("way", SIXTEEN)
def test_a_stray_value_does_not_make_a_film_black(tmp_path: Path, way: str) -> None:
    values = np.rint(UNIT * 4095).astype(np.uint16)
    values[3, 4] = 65535
    radiograph = read(written(tmp_path, SIXTEEN[way](values)))
    expected = np.minimum(values / 4095, 1)
    np.testing.assert_allclose(radiograph.pixels, expected, atol=2e-6)
    assert radiograph.source.bits == 12
    [warning] = radiograph.source.warnings
    assert "12 of its 16 bits" in warning
    assert "is shown white" in warning


def test_one_radiograph_in_two_depths_is_one_radiograph(tmp_path: Path) -> None:
    """Eight bits made sixteen use them all, however dark the film is; so do those of a file that says so."""
    dark = np.rint(UNIT * 90).astype(np.uint16)
    eight = read(written(tmp_path, saved(dark.astype(np.uint8), "PNG"))).pixels
    sixteen = read(written(tmp_path, saved(dark * np.uint16(257), "PNG")))
    np.testing.assert_allclose(sixteen.pixels, eight, atol=1e-6)
    assert sixteen.source.warnings == ()
    odd = dark * np.uint16(257) + np.uint16(1)
    assert read(written(tmp_path, png(odd))).source.bits == 15
    for told in (png(odd, significant=16), png16.encode_png16(odd), png(colours(odd), significant=16)):
        assert read(written(tmp_path, told)).source.bits == 16
    np.testing.assert_array_equal(png16.decode_png16(png16.encode_png16(odd)), odd)


@given(st.integers(8, 16), st.integers(0, 40), st.integers(0, 3))
def test_depth_is_the_next_power_of_two_above_all_but_the_strays(bits: int, strays: int, seed: int) -> None:
    random = np.random.default_rng(seed)
    values = random.integers(0, 2**bits, 50_000, np.uint16)
    values[:strays] = 65535
    assert depth.used_bits(random.permutation(values).reshape(200, 250), 16) == bits


def packed(bits: int) -> bytes:
    """A TIFF of values of 10 or 12 bits without gaps."""
    values = np.rint(UNIT * (2**bits - 1)).astype(np.uint16)
    all_bits = (values[..., None] >> np.arange(bits - 1, -1, -1) & 1).astype(np.uint8)
    data = bytearray(tiff(np.packbits(all_bits.reshape(40, -1), axis=1)))
    for tag, value in ((256, 56), (258, bits)):
        place = data.index(tag.to_bytes(2, "little") + b"\4\0\1\0\0\0")
        data[place + 8 : place + 12] = value.to_bytes(4, "little")
    return bytes(data)


def test_twelve_packed_bits_are_twelve(tmp_path: Path) -> None:
    radiograph = read(written(tmp_path, packed(12)))
    np.testing.assert_allclose(radiograph.pixels, np.rint(UNIT * 4095) / 4095, atol=1e-6)
    assert (radiograph.source.bits, radiograph.source.warnings) == (12, ())


KINDS = ["u1", "i1", "u2", "i2", "u4", "i4", "u8", "i8", "f2", "f4", "f8"]


@given(
    kind=st.sampled_from(KINDS),
    order=st.sampled_from("<>"),
    count=st.integers(1, 4),
    deflate=st.booleans(),
    predictor=st.integers(1, 3),
    separate=st.booleans(),
    tile=st.sampled_from([0, 16, 32]),
    white_is_zero=st.booleans(),
)
@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_every_tiff_is_exact(
    tmp_path: Path,
    kind: str,
    order: str,
    count: int,
    deflate: bool,
    predictor: int,
    separate: bool,
    tile: int,
    white_is_zero: bool,
) -> None:
    """Each format, depth, byte order, predictor and layout of samples; the same values, in 0..1."""
    floating = kind.startswith("f")
    if not deflate or (predictor == 3 and not floating) or (predictor == 2 and floating):
        predictor = 1
    if kind == "u1":
        count = 1  # of more channels of eight bits Pillow knows the layouts that are in use
    top = 1.0 if floating else 0.999 * np.iinfo(kind).max  # the largest of 64 bits has no float of its own
    low = -top if kind[0] == "i" else 0.0
    values = (low + UNIT * (top - low)).astype(kind)
    channels = np.stack([values] * count, axis=-1) if count > 1 else values
    data = tiff(
        channels,
        order,
        deflate=deflate,
        predictor=predictor,
        separate=separate and count > 1,
        tile=tile,
        **({"extra": 0} if count in (2, 4) else {}),
        photometric=2 if count >= 3 else int(not white_is_zero),
    )
    pixels = read(written(tmp_path, data)).pixels
    expected = 1 - UNIT if white_is_zero and count < 3 else UNIT
    np.testing.assert_allclose(pixels, expected, atol=0.02)


class TestWide:
    """Numbers without a range."""

    @staticmethod
    def shown(folder: Path, data: bytes) -> Radiograph:
        radiograph = read(written(folder, data))
        assert "The file names no range" in radiograph.source.warnings[0]
        return radiograph

    def test_unsigned_numbers_of_32_bits_do_not_wrap(self, tmp_path: Path) -> None:
        values = np.rint(UNIT * (2**32 - 1)).astype(np.uint32)
        for data in (tiff(values), tiff(values, ">"), tiff(values, ">", deflate=True)):
            pixels = self.shown(tmp_path, data).pixels
            assert np.corrcoef(pixels.ravel(), UNIT.ravel())[0, 1] > 0.999

    @pytest.mark.parametrize("scale", [1e-3, 1.0, 5000.0, 1e200])
    def test_floats_of_64_bits(self, tmp_path: Path, scale: float) -> None:
        pixels = self.shown(tmp_path, tiff(UNIT * 2 * scale - scale)).pixels
        np.testing.assert_allclose(pixels, UNIT, atol=0.02)

    def test_not_all_are_numbers(self, tmp_path: Path) -> None:
        values = UNIT * 7.0
        values[0, :3] = np.nan, np.inf, -np.inf
        pixels = self.shown(tmp_path, tiff(values)).pixels
        np.testing.assert_allclose(pixels[1:], UNIT[1:], atol=0.02)
        assert pixels[0, :3].tolist() == pytest.approx([0, 1, 0], abs=1e-6)

    def test_none_is_a_number(self, tmp_path: Path) -> None:
        with pytest.raises(ImageError, match="has no finite pixel values"):
            read(written(tmp_path, tiff(np.full((8, 8), np.nan, np.float32))))


def compression(kind: int) -> bytes:
    """The entry of a TIFF that names it."""
    return struct.pack("<HHII", 259, 4, 1, kind)


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (tiff(UNIT.astype(np.complex64)), "complex samples of 64 bits"),
        (tiff(UNIT.astype(np.complex128), ">"), "complex samples of 128 bits"),
        (tiff((UNIT * 255).astype(np.uint8), format=3), "floating-point samples of 8 bits"),
        (
            tiff(UNIT.astype(np.float32)).replace(compression(1), compression(7)),
            "floating-point samples of 32 bits in lossy compression",
        ),
    ],
)
def test_what_cannot_be_read_is_refused_for_what_it_is(tmp_path: Path, data: bytes, said: str) -> None:
    with pytest.raises(ImageError, match=said) as caught:
        read(written(tmp_path, data))
    assert "damaged" not in str(caught.value)
    assert "TIFF or PNG" in caught.value.hint


@pytest.mark.parametrize(
    ("data", "name"),
    [
        (packed(10), "TIFF"),
        (tiff((UNIT * 255).astype(np.uint8), photometric=34892), "TIFF"),
        (b"\xff\xd8\xff\xc1\0\x0b\x0c\0\x10\0\x10\1\1\x11\0\xff\xd9", "JPEG"),  # of twelve bits
    ],
)
def test_a_rare_kind_is_not_said_to_be_no_image(tmp_path: Path, data: bytes, name: str) -> None:
    with pytest.raises(ImageError, match=f"begins as a {name}, but is damaged or of a rare kind"):
        read(written(tmp_path, data))


def test_a_bigtiff_is_right_or_refused(tmp_path: Path) -> None:
    signed = Image.fromarray((UNIT * 70000).astype(np.int32))
    buffer = io.BytesIO()
    signed.save(buffer, "TIFF", big_tiff=True)
    pixels = read(written(tmp_path, buffer.getvalue())).pixels
    assert np.corrcoef(pixels.ravel(), UNIT.ravel())[0, 1] > 0.999
    data = buffer.getvalue()
    format_tag = struct.pack("<HHQ", 339, 3, 1)
    assert data.count(format_tag) == 1
    place = data.index(format_tag) + len(format_tag)
    unsigned = data[:place] + struct.pack("<H", 1) + data[place + 2 :]
    with pytest.raises(ImageError, match="is a BigTIFF of 32 bits a sample, which cannot be read"):
        read(written(tmp_path, unsigned))


def test_opacity_and_orientation_of_deep_samples(tmp_path: Path) -> None:
    values = np.rint(UNIT * 65535).astype(np.uint16)
    halfway = np.stack([values, np.full_like(values, 32768)], axis=-1)
    for data in (png(halfway), tiff(halfway, extra=2)):
        np.testing.assert_allclose(
            read(written(tmp_path, data)).pixels, values / 65535 * (32768 / 65535), atol=1e-4
        )
    for kind, all_of_it in (("u4", 2**32 - 1), ("f4", 1)):
        deep = np.stack([UNIT * all_of_it, np.full_like(UNIT, 0.5 * all_of_it)], axis=-1).astype(kind)
        whole = read(written(tmp_path, tiff(deep[..., 0]))).pixels
        np.testing.assert_allclose(read(written(tmp_path, tiff(deep, extra=2))).pixels, whole / 2, atol=1e-4)
    turned = read(written(tmp_path, tiff(UNIT, orientation=6))).pixels
    np.testing.assert_allclose(turned, np.rot90(UNIT, -1), atol=1e-6)


@pytest.mark.parametrize("kind", ["u4", "i2", "f8", "u2"])
def test_deep_samples_are_halved(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str) -> None:
    monkeypatch.setattr(halving, "KEPT_PIXELS", 100)
    values = (UNIT * (65535 if kind == "u2" else 30000)).astype(kind)
    if kind == "u2":
        values = np.stack([values] * 3, axis=-1)
    radiograph = read(written(tmp_path, tiff(values)))
    assert radiograph.pixels.shape == (20, 28)
    means = UNIT.reshape(20, 2, 28, 2).mean(axis=(1, 3))
    assert np.corrcoef(radiograph.pixels.ravel(), means.ravel())[0, 1] > 0.999
    assert radiograph.source.halved


def test_colour_in_sixteen_bits_is_told(tmp_path: Path) -> None:
    values = np.rint(UNIT * 65535).astype(np.uint16)
    channels = np.stack([values, values[::-1], values[:, ::-1]], axis=-1)
    for data in (png(channels), tiff(channels)):
        assert "colour" in read(written(tmp_path, data)).source.warnings[0]


def test_sixteen_bits_of_printing_colours_are_read_as_eight(tmp_path: Path) -> None:
    ink = np.rint((1 - UNIT) * 65535).astype(np.uint16)
    values = np.stack([*[np.zeros_like(ink)] * 3, ink], axis=-1)
    pixels = read(written(tmp_path, tiff(values, photometric=5))).pixels
    np.testing.assert_allclose(pixels, UNIT, atol=0.01)
