"""DICOM is read as what it shows: window, rescale, tables, transfer syntaxes, frames, and its provenance."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pydicom
import pytest
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

from cxr_gui.core.base.errors import ImageError
from cxr_gui.core.images.radiograph import read
from tests.support.dicom_files import dicom

pytestmark = pytest.mark.filterwarnings("ignore::UserWarning:pydicom")


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
