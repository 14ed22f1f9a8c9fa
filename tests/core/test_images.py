"""Every format is read as what it shows: grey 0..1, brighter where denser, with its provenance."""

from __future__ import annotations

import hashlib
import io
from pathlib import Path

import numpy as np
import pydicom
import pytest
from dicom_files import dicom
from PIL import Image
from pydicom.data import get_testdata_file
from pydicom.dataset import Dataset
from pydicom.encaps import encapsulate
from pydicom.sequence import Sequence
from pydicom.uid import (
    DeflatedExplicitVRLittleEndian,
    ExplicitVRBigEndian,
    ImplicitVRLittleEndian,
    JPEG2000Lossless,
    RLELossless,
)

from cxr_gui.core.errors import ImageError
from cxr_gui.core.images import is_image_name, read, read_thumbnail, to_input

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


class TestDicom:
    def test_provenance(self, tmp_path: Path) -> None:
        values = np.arange(12 * 8, dtype=np.uint16).reshape(12, 8)
        path = dicom(
            tmp_path / "a.dcm", values, WindowCenter=48, WindowWidth=96, ImagerPixelSpacing=[0.15, 0.2]
        )
        source = read(path).source
        assert (source.format, source.size, source.modality, source.photometric) == (
            "DICOM",
            (12, 8),
            "DX",
            "MONOCHROME2",
        )
        assert (source.window, source.spacing, source.bits) == ((48, 96), (0.15, 0.2), 16)
        assert source.warnings == ()

    def test_linear_window(self, tmp_path: Path) -> None:
        """PS3.3, C.11.2.1.2: the example of the standard, centre 2048, width 4096, on 12 bits."""
        values = np.arange(4096, dtype=np.uint16).reshape(64, 64)
        pixels = read(dicom(tmp_path / "a.dcm", values, WindowCenter=2048, WindowWidth=4096)).pixels
        np.testing.assert_allclose(pixels, ((values - 2047.5) / 4095 + 0.5).clip(0, 1), atol=1e-6)

    @pytest.mark.parametrize("function", ["LINEAR_EXACT", "SIGMOID"])
    def test_other_windows(self, tmp_path: Path, function: str) -> None:
        values = np.arange(4096, dtype=np.uint16).reshape(64, 64)
        path = dicom(
            tmp_path / "a.dcm", values, WindowCenter=[1000, 1], WindowWidth=[500, 1], VOILUTFunction=function
        )
        x = (values - 1000.0) / 500
        expected = (x + 0.5).clip(0, 1) if function == "LINEAR_EXACT" else 1 / (1 + np.exp(-4 * x))
        np.testing.assert_allclose(read(path).pixels, expected, atol=1e-5)

    def test_rescale_comes_before_the_window(self, tmp_path: Path) -> None:
        values = np.arange(100, dtype=np.uint16).reshape(10, 10)
        elements = {"RescaleSlope": 2, "RescaleIntercept": -100, "WindowCenter": 0.5, "WindowWidth": 101}
        pixels = read(dicom(tmp_path / "a.dcm", values, **elements)).pixels
        np.testing.assert_allclose(pixels, ((values * 2 - 100.0) / 100 + 0.5).clip(0, 1), atol=1e-6)

    def test_lookup_tables(self, tmp_path: Path) -> None:
        modality, voi = Dataset(), Dataset()
        modality.ModalityLUTType = "US"
        for table, bits, entries in ((modality, 16, [3, 2, 1, 0]), (voi, 8, [0, 10, 100, 255])):
            table.add_new("LUTDescriptor", "US", [4, 0, bits])
            table.add_new("LUTData", "OW", np.array(entries, np.uint16).tobytes())
        values = np.array([[0, 1, 2, 3]], np.uint16)
        elements = {"ModalityLUTSequence": Sequence([modality]), "VOILUTSequence": Sequence([voi])}
        pixels = read(dicom(tmp_path / "a.dcm", values, **elements)).pixels
        np.testing.assert_allclose(pixels[0] * 255, [255, 100, 10, 0], atol=1e-4)

    def test_monochrome1_is_inverted(self, tmp_path: Path) -> None:
        values = np.arange(100, dtype=np.uint16).reshape(10, 10)
        window = {"WindowCenter": 50, "WindowWidth": 100}
        plain = read(dicom(tmp_path / "2.dcm", values, **window)).pixels
        inverted = read(
            dicom(tmp_path / "1.dcm", values, PhotometricInterpretation="MONOCHROME1", **window)
        ).pixels
        np.testing.assert_allclose(inverted, 1 - plain, atol=1e-6)

    def test_percentiles_without_a_window_pass_over_padding(self, tmp_path: Path) -> None:
        values = np.full((50, 50), 60000, np.uint16)
        values[10:40, 10:40] = np.linspace(1000, 2000, 900).reshape(30, 30)
        radiograph = read(dicom(tmp_path / "a.dcm", values, PixelPaddingValue=60000))
        assert radiograph.source.window == pytest.approx((1500, 990), rel=0.01)
        assert radiograph.pixels[25, 25] == pytest.approx(0.5, abs=0.03)

    def test_a_window_that_shows_nothing_gives_way(self, tmp_path: Path) -> None:
        values = np.arange(100, dtype=np.uint16).reshape(10, 10)
        radiograph = read(dicom(tmp_path / "a.dcm", values, WindowCenter=40000, WindowWidth=10))
        assert np.ptp(radiograph.pixels) == 1
        assert "percentiles" in radiograph.source.warnings[0]

    def test_signed_values(self, tmp_path: Path) -> None:
        values = np.arange(-50, 50, dtype=np.int16).reshape(10, 10)
        pixels = read(dicom(tmp_path / "a.dcm", values, WindowCenter=0.5, WindowWidth=101)).pixels
        np.testing.assert_allclose(pixels, (values / 100 + 0.5).clip(0, 1), atol=1e-6)

    @pytest.mark.parametrize("kind", [np.uint16, np.int16])
    def test_unused_bits_are_masked(self, tmp_path: Path, kind: type) -> None:
        low = -60 if kind is np.int16 else 0
        values = np.arange(low, low + 120, dtype=kind).reshape(10, 12)
        overlay = (values.view(np.uint16) & 0x0FFF) | np.uint16(0xA000)
        window = {"WindowCenter": low + 60, "WindowWidth": 120, "BitsStored": 12, "HighBit": 11}
        dirty = read(dicom(tmp_path / "dirty.dcm", overlay.view(kind), **window))
        clean = read(dicom(tmp_path / "clean.dcm", values, WindowCenter=low + 60, WindowWidth=120))
        np.testing.assert_array_equal(dirty.pixels, clean.pixels)
        assert dirty.source.bits == 12

    @pytest.mark.parametrize(
        "syntax",
        [
            ImplicitVRLittleEndian,
            ExplicitVRBigEndian,
            DeflatedExplicitVRLittleEndian,
            RLELossless,
            JPEG2000Lossless,
        ],
    )
    def test_transfer_syntaxes(self, tmp_path: Path, syntax: str) -> None:
        values = np.arange(4096, dtype=np.uint16).reshape(64, 64)
        plain = read(dicom(tmp_path / "plain.dcm", values)).pixels
        path = tmp_path / "a.dcm"
        if syntax in (RLELossless, JPEG2000Lossless):
            dataset = pydicom.dcmread(tmp_path / "plain.dcm")
            dataset.compress(syntax)
            dataset.save_as(path)
        else:
            dicom(path, values, syntax)
        np.testing.assert_array_equal(read(path).pixels, plain)

    @pytest.mark.parametrize(
        ("name", "same_as", "tolerance"),
        [
            ("MR_small_RLE.dcm", "MR_small.dcm", 0),
            ("MR_small_jp2klossless.dcm", "MR_small.dcm", 0),
            ("MR_small_jpeg_ls_lossless.dcm", "MR_small.dcm", 0),
            ("MR_small_bigendian.dcm", "MR_small.dcm", 0),
            ("SC_rgb_jpeg_gdcm.dcm", "SC_rgb_rle.dcm", 0),  # JPEG lossless
            ("SC_rgb_rle_16bit.dcm", "SC_rgb_rle.dcm", 0.005),
            ("SC_rgb_jpeg_dcmtk.dcm", "SC_rgb_rle.dcm", 0.01),
        ],
    )
    def test_compressed_like_plain(self, name: str, same_as: str, tolerance: float) -> None:
        """pydicom's own files, which hold one image in several transfer syntaxes."""
        first, second = (read(get_testdata_file(file, download=False)) for file in (name, same_as))
        np.testing.assert_allclose(first.pixels, second.pixels, atol=tolerance)

    def test_lossy_jpeg_of_many_frames(self, tmp_path: Path) -> None:
        frames = []
        for grey in (40, 200):
            buffer = io.BytesIO()
            Image.new("L", (16, 16), grey).save(buffer, "JPEG")
            frames.append(buffer.getvalue())
        values = np.zeros((2, 16, 16), np.uint8)
        window = {"WindowCenter": 128, "WindowWidth": 256}
        path = dicom(tmp_path / "plain.dcm", values, **window)
        dataset = pydicom.dcmread(path)
        dataset.file_meta.TransferSyntaxUID = "1.2.840.10008.1.2.4.50"
        dataset.PixelData = encapsulate(frames)
        dataset.save_as(path)
        assert read(path, frame=1).pixels.mean() == pytest.approx(200 / 255, abs=0.01)
        assert read(path).pixels.mean() == pytest.approx(40 / 255, abs=0.01)
        assert "2 frames" in read(path).source.warnings[0]

    def test_frames(self, tmp_path: Path) -> None:
        values = np.stack([np.full((4, 4), grey, np.uint8) for grey in (0, 100, 255)])
        path = dicom(tmp_path / "a.dcm", values, WindowCenter=128, WindowWidth=256)
        assert [read(path, frame).pixels[0, 0] for frame in range(3)] == pytest.approx(
            [0, 100 / 255, 1], abs=1e-6
        )
        with pytest.raises(ImageError, match="no frame 4"):
            read(path, 3)

    @pytest.mark.parametrize("start", [128, 132, None])
    def test_missing_preamble(self, tmp_path: Path, start: int | None) -> None:
        """Without preamble, without preamble and mark, and without the meta information as well."""
        values = np.arange(100, dtype=np.uint16).reshape(10, 10)
        path = dicom(tmp_path / "a.dcm", values, ImplicitVRLittleEndian)
        expected, data = read(path).pixels, path.read_bytes()
        if start is None:
            length = int.from_bytes(data[140:144], "little")
            start = 144 + length
        path.write_bytes(data[start:])
        np.testing.assert_array_equal(read(path).pixels, expected)

    @pytest.mark.parametrize(
        ("name", "word"),
        [
            ("CT_small.dcm", "CT slice"),
            ("MR_small.dcm", "MR slice"),
            ("examples_rgb_color.dcm", "ultrasound"),
        ],
    )
    def test_other_modalities_are_read_with_a_warning(self, name: str, word: str) -> None:
        radiograph = read(get_testdata_file(name, download=False))
        assert word in radiograph.source.warnings[0]
        assert np.ptp(radiograph.pixels) > 0

    def test_palette(self) -> None:
        radiograph = read(get_testdata_file("examples_palette.dcm", download=False))
        assert any("colour" in warning for warning in radiograph.source.warnings)

    @pytest.mark.parametrize("name", ["rtplan.dcm", "reportsi.dcm", "waveform_ecg.dcm"])
    def test_without_an_image(self, name: str) -> None:
        with pytest.raises(ImageError, match="DICOM without an image"):
            read(get_testdata_file(name, download=False))

    def test_twelve_bit_lossy_jpeg_says_what_to_do(self) -> None:
        with pytest.raises(ImageError, match="12-bit lossy JPEG"):
            read(get_testdata_file("JPGExtended.dcm", download=False))


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
