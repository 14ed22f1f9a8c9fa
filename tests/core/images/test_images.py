"""Every raster format is read as what it shows: grey 0..1, brighter where denser, with its provenance."""

from __future__ import annotations

import hashlib
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from cxr_gui.core.base.errors import ImageError
from cxr_gui.core.images.formats import is_image_name
from cxr_gui.core.images.radiograph import read, read_thumbnail, to_input
from tests.support.dicom_files import dicom

pytestmark = pytest.mark.filterwarnings("ignore::UserWarning:pydicom")

RAMP = np.tile(np.linspace(0, 255, 48).round().astype(np.uint8), (32, 1))
"""uint8 [32, 48], black at the left, white at the right."""


def saved(folder: Path, name: str, image: Image.Image, **options: object) -> Path:
    path = folder / name
    image.save(path, **options)
    return path


class TestRaster:
    @pytest.mark.parametrize(
        ("name", "mode", "options", "tolerance"),
        [
            ("a.jpeg", "L", {"quality": 95}, 4),
            ("a.jpg", "RGB", {"quality": 95}, 4),
            ("progressive.jpg", "L", {"quality": 95, "progressive": True}, 4),
            ("cmyk.jpg", "CMYK", {"quality": 95}, 6),
            ("a.png", "L", {}, 0),
            ("rgb.png", "RGB", {}, 0),
            ("palette.png", "P", {}, 0),
            ("alpha.png", "LA", {}, 0),
            ("rgba.png", "RGBA", {}, 0),
            ("a.tiff", "L", {}, 0),
            ("lzw.tif", "L", {"compression": "tiff_lzw"}, 0),
            ("a.bmp", "L", {}, 0),
            ("rgb.bmp", "RGB", {}, 0),
            ("a.webp", "RGB", {"lossless": True}, 0),
        ],
    )
    def test_eight_bits(self, tmp_path: Path, name: str, mode: str, options: dict, tolerance: int) -> None:
        path = saved(tmp_path, name, Image.fromarray(RAMP).convert(mode), **options)
        radiograph = read(path)
        assert radiograph.pixels.dtype == np.float32
        assert radiograph.pixels.shape == RAMP.shape == radiograph.source.size
        np.testing.assert_allclose(radiograph.pixels * 255, RAMP, atol=tolerance + 1e-4)
        assert radiograph.source.sha256 == hashlib.sha256(path.read_bytes()).hexdigest()
        assert radiograph.source.warnings == ()

    def test_one_bit(self, tmp_path: Path) -> None:
        path = saved(tmp_path, "a.png", Image.fromarray(RAMP > 127))
        radiograph = read(path)
        np.testing.assert_array_equal(radiograph.pixels, RAMP > 127)
        assert radiograph.source.bits == 1

    @pytest.mark.parametrize("name", ["a.png", "a.tiff"])
    def test_sixteen_bits_survive(self, tmp_path: Path, name: str) -> None:
        values = np.linspace(0, 65535, 32 * 48).astype(np.uint16).reshape(32, 48)
        radiograph = read(saved(tmp_path, name, Image.fromarray(values)))
        np.testing.assert_array_equal(np.rint(radiograph.pixels * 65535), values)
        assert radiograph.source.bits == 16

    def test_twelve_bits_in_sixteen_are_spread(self, tmp_path: Path) -> None:
        values = np.linspace(0, 4095, 32 * 48).astype(np.uint16).reshape(32, 48)
        radiograph = read(saved(tmp_path, "a.png", Image.fromarray(values)))
        np.testing.assert_allclose(radiograph.pixels, values / 4095, atol=1e-6)
        assert radiograph.source.bits == 12
        assert radiograph.source.warnings

    def test_float_tiff(self, tmp_path: Path) -> None:
        unit = np.linspace(0, 1, 32 * 48, dtype=np.float32).reshape(32, 48)
        np.testing.assert_array_equal(read(saved(tmp_path, "unit.tiff", Image.fromarray(unit))).pixels, unit)
        wide = read(saved(tmp_path, "wide.tiff", Image.fromarray(unit * 3000 - 1000)))
        np.testing.assert_allclose(wide.pixels[16:17], unit[16:17], atol=0.01)
        assert "no range" in wide.source.warnings[0]

    @pytest.mark.parametrize("bits", [8, 16])
    def test_white_is_zero_tiff(self, tmp_path: Path, bits: int) -> None:
        values = RAMP if bits == 8 else RAMP.astype(np.uint16) * 257
        path = saved(tmp_path, "a.tiff", Image.fromarray(values), tiffinfo={262: 0})
        with Image.open(path) as image:
            tags = image.tag_v2
            start, length, photometric = tags[273][0], tags[279][0], tags[262]
        stored = np.frombuffer(path.read_bytes()[start : start + length], values.dtype).reshape(RAMP.shape)
        assert photometric == 0
        expected = 1 - stored / np.iinfo(values.dtype).max
        np.testing.assert_allclose(read(path).pixels, expected, atol=1e-6)

    def test_transparent_is_black(self, tmp_path: Path) -> None:
        opacity = Image.fromarray(np.where(np.arange(48) < 24, 0, 255).astype(np.uint8)[None].repeat(32, 0))
        image = Image.new("RGB", (48, 32), "white")
        image.putalpha(opacity)
        pixels = read(saved(tmp_path, "a.png", image)).pixels
        assert pixels[:, :24].max() == 0
        assert pixels[:, 24:].min() == 1

    @pytest.mark.parametrize("name", ["a.jpeg", "a.tiff", "a.png"])
    def test_turned_upright(self, tmp_path: Path, name: str) -> None:
        exif = Image.Exif()
        exif[274] = 6  # turn a quarter clockwise to show
        path = saved(tmp_path, name, Image.fromarray(RAMP), exif=exif)
        pixels = read(path).pixels
        assert pixels.shape == (48, 32)
        assert pixels[0].max() < 0.1
        assert pixels[-1].min() > 0.9
        assert read_thumbnail(path, 24).shape == (24, 16)

    def test_pages_of_a_tiff(self, tmp_path: Path) -> None:
        pages = [Image.new("L", (9, 7), grey) for grey in (10, 20, 30)]
        path = saved(tmp_path, "a.tiff", pages[0], save_all=True, append_images=pages[1:])
        assert read(path, frame=2).pixels.max() == pytest.approx(30 / 255)
        first = read(path)
        assert (first.source.frames, first.source.frame) == (3, 0)
        assert "3 frames" in first.source.warnings[0]
        assert read(path, frame=0).source.warnings == ()
        with pytest.raises(ImageError, match="no frame 4.*from 1 to 3"):
            read(path, frame=3)
        with pytest.raises(ImageError, match="no frame 0"):
            read(path, frame=-1)

    def test_which_page_it_is_can_be_said(self, tmp_path: Path) -> None:
        pages = [Image.new("L", (9, 7), grey) for grey in (10, 20)]
        several = read(saved(tmp_path, "a.tiff", pages[0], save_all=True, append_images=pages[1:]), 1).source
        assert several.which == "frame 2 of 2"
        assert several.named("views") == "views-frame-2-of-2"
        assert several.to_json() == {"frame": 2, "frames": 2}
        path = saved(tmp_path, "b.tiff", pages[0])
        one = read(path).source
        assert (one.which, one.named("views"), one.to_json()) == ("", "views", {})
        with pytest.raises(ImageError, match="only one"):
            read(path, frame=1)

    def test_colour_is_read_with_a_warning(self, tmp_path: Path) -> None:
        image = Image.merge(
            "RGB", [Image.fromarray(RAMP), Image.new("L", (48, 32), 9), Image.new("L", (48, 32))]
        )
        radiograph = read(saved(tmp_path, "photograph.png", image))
        assert "colour" in radiograph.source.warnings[0]
        np.testing.assert_allclose(radiograph.pixels, np.asarray(image.convert("L")) / 255, atol=1e-6)

    def test_the_suffix_does_not_matter(self, tmp_path: Path) -> None:
        path = saved(tmp_path, "a.png", Image.fromarray(RAMP)).rename(tmp_path / "a.jpeg")
        assert read(path).source.format == "PNG"


class TestToInput:
    def test_eight_bits_pass_unchanged(self) -> None:
        values = np.arange(256, dtype=np.uint8).reshape(16, 16)
        np.testing.assert_array_equal(to_input(values.astype(np.float32) / np.float32(255), (16, 16)), values)

    def test_like_torchvision(self) -> None:
        """torchvision's Resize of a Pillow image is this call."""
        values = np.random.default_rng(0).integers(0, 256, (97, 131), np.uint8)
        theirs = np.asarray(Image.fromarray(values).resize((30, 40), Image.Resampling.BILINEAR))
        ours = to_input(values.astype(np.float32) / 255, (40, 30))
        assert np.abs(ours.astype(int) - theirs).max() <= 1  # they round after each of two passes

    def test_keeps_the_range(self) -> None:
        assert set(np.unique(to_input(np.ones((7, 5), np.float32), (64, 64)))) == {255}


class TestThumbnail:
    @pytest.mark.parametrize("name", ["a.jpeg", "a.png"])
    def test_longer_side(self, tmp_path: Path, name: str) -> None:
        large = Image.fromarray(RAMP).resize((480, 320), Image.Resampling.BILINEAR)
        thumbnail = read_thumbnail(saved(tmp_path, name, large), 48)
        assert thumbnail.dtype == np.uint8
        assert thumbnail.shape == RAMP.shape
        np.testing.assert_allclose(thumbnail.astype(int), RAMP, atol=8)

    def test_small_images_stay_small(self, tmp_path: Path) -> None:
        assert read_thumbnail(saved(tmp_path, "a.png", Image.fromarray(RAMP)), 500).shape == RAMP.shape

    def test_dicom(self, tmp_path: Path) -> None:
        values = np.arange(10000, dtype=np.uint16).reshape(100, 100)
        assert read_thumbnail(dicom(tmp_path / "a.dcm", values), 20).shape == (20, 20)


def test_pixels_cannot_be_changed(tmp_path: Path) -> None:
    pixels = read(saved(tmp_path, "a.png", Image.fromarray(RAMP))).pixels
    with pytest.raises(ValueError, match="read-only"):
        pixels[0, 0] = 1


@pytest.mark.parametrize("name", ["a.JPG", "b.jpeg", "c.PNG", "d.tif", "e.dcm", "f.webp", "g.bmp"])
def test_image_names(name: str) -> None:
    assert is_image_name(name)
    assert is_image_name(Path("folder") / name)


@pytest.mark.parametrize("name", ["a.txt", "png", "b.jpg.zip", "c"])
def test_other_names(name: str) -> None:
    assert not is_image_name(name)


def test_real_images(real_data: Path) -> None:
    files = sorted((real_data / "test" / "NORMAL").iterdir())[:20]
    for file in files:
        with Image.open(file) as image:
            expected = np.asarray(image.convert("L"))
        np.testing.assert_array_equal(to_input(read(file).pixels, (224, 224)), expected)
