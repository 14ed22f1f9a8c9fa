"""Images of 12,000 x 12,000 pixels are read at half their size each way, within 1 GiB; or say what to do."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pydicom
import pytest
from numpy.typing import NDArray
from PIL import Image
from pydicom.uid import JPEG2000Lossless, RLELossless

from cxr_gui.core.base.errors import ImageError
from cxr_gui.core.images import halving
from cxr_gui.core.images.radiograph import read, read_thumbnail
from tests.support.dicom_files import dicom
from tests.support.patience import PROGRAM

SIDE = 12_000
GIB = 2**20  # in KiB, as the system counts

CHILD = """
import sys
from pathlib import Path
from cxr_gui.core.images import dicom, sandbox
from cxr_gui.core.images.radiograph import read

def peak(process):
    lines = Path(f"/proc/{process}/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM"))

file, warm = sys.argv[1:]
read(warm)  # all libraries are there, and the process that decodes
worker = sandbox._IDLE[-1].pid
before = peak("self"), peak(worker)
source = read(file).source
assert source.halved, source
print(peak("self") - before[0], peak(worker) - before[1])
"""


def film(side: int) -> NDArray[np.uint16]:
    """Twelve bits in sixteen, smoother than any film, so that it is soon written."""
    wave = (2000 * (np.sin(np.linspace(0, 60, side)) + 1)).astype(np.uint16)
    return np.tile(wave, (side, 1))


def as_rle(values: NDArray[np.uint16], path: Path) -> None:
    dataset = pydicom.dcmread(dicom(path, values))
    dataset.compress(RLELossless, encoding_plugin="pylibjpeg")
    dataset.save_as(path)


def as_jpeg(values: NDArray[np.uint16], path: Path) -> None:
    Image.fromarray((values >> 4).astype(np.uint8)).save(path)


WRITERS: dict[str, Callable[[NDArray[np.uint16], Path], object]] = {
    "a.tiff": lambda values, path: Image.fromarray(values).save(path),
    "a.png": lambda values, path: Image.fromarray(values).save(path, compress_level=1),
    "a.jpeg": as_jpeg,
    "a.dcm": lambda values, path: dicom(path, values, BitsStored=12, HighBit=11),
    "rle.dcm": as_rle,
}


@pytest.mark.parametrize("name", WRITERS)
def test_a_large_image_is_read_within_a_gibibyte(tmp_path: Path, name: str) -> None:
    if not Path("/proc/self/status").exists():
        pytest.skip("this system does not say how much memory a process took")
    path, warm = tmp_path / name, tmp_path / "warm.dcm"
    WRITERS[name](film(8_000 if name == "rle.dcm" else SIDE), path)  # RLE takes long to write
    as_rle(np.arange(100, dtype=np.uint16).reshape(10, 10), warm)
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", CHILD, path, warm],
        capture_output=True,
        text=True,
        env=environment,
        timeout=PROGRAM / 1000,
        check=False,
    )
    path.unlink()
    assert done.returncode == 0, done.stderr
    assert all(int(used) < GIB for used in done.stdout.split()), done.stdout


class TestHalved:
    """The same on small images, when those of more than 100 pixels are large."""

    VALUES = np.random.default_rng(0).integers(0, 65536, (31, 26)).astype(np.uint16)
    """An odd number of rows, more than one strip."""

    @pytest.fixture(autouse=True)
    def _small(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(halving, "KEPT_PIXELS", 100)
        monkeypatch.setattr(halving, "STRIP", 4)

    @staticmethod
    def means(values: NDArray[np.floating | np.integer]) -> NDArray[np.float64]:
        """What halving means, without strips."""
        height, width = values.shape
        odd = np.pad(values, ((0, height % 2), (0, width % 2)), mode="edge").astype(np.float64)
        return odd.reshape(-(-height // 2), 2, -(-width // 2), 2).mean(axis=(1, 3))

    @pytest.mark.parametrize("name", ["a.png", "a.tiff", "lzw.tiff"])
    def test_sixteen_bits(self, tmp_path: Path, name: str) -> None:
        options = {"compression": "tiff_lzw"} if name.startswith("lzw") else {}
        Image.fromarray(self.VALUES).save(tmp_path / name, **options)
        radiograph = read(tmp_path / name)
        np.testing.assert_allclose(radiograph.pixels * 65535, self.means(self.VALUES), atol=0.51)
        source = radiograph.source
        assert (source.size, source.bits, source.halved) == ((31, 26), 16, True)
        assert source.warnings == (
            "It has 26 x 31 pixels; it is read at half of that each way, to fit in memory.",
        )
        assert read_thumbnail(tmp_path / name, 8).shape == (8, 6)

    @pytest.mark.parametrize("mode", ["L", "RGB", "P", "LA", "RGBA", "1"])
    def test_other_modes(self, tmp_path: Path, mode: str) -> None:
        grey = (self.VALUES >> 8).astype(np.uint8) if mode != "1" else (self.VALUES > 32767) * np.uint8(255)
        Image.fromarray(grey).convert(mode, dither=Image.Dither.NONE).save(tmp_path / "a.png")
        radiograph = read(tmp_path / "a.png")
        np.testing.assert_allclose(radiograph.pixels * 255, self.means(grey), atol=1.01)

    def test_floats(self, tmp_path: Path) -> None:
        unit = (self.VALUES / np.float32(65535)).astype(np.float32)
        Image.fromarray(unit).save(tmp_path / "a.tiff")
        np.testing.assert_allclose(read(tmp_path / "a.tiff").pixels, self.means(unit), atol=1e-6)

    def test_a_jpeg_is_halved_while_it_is_decoded_and_turned(self, tmp_path: Path) -> None:
        smooth = np.tile(np.linspace(0, 255, 26), (31, 1)).astype(np.uint8)
        exif = Image.Exif()
        exif[274] = 6
        for name, options in (("a.jpeg", {"quality": 95}), ("a.png", {})):
            Image.fromarray(smooth).save(tmp_path / name, exif=exif, **options)
            radiograph = read(tmp_path / name)
            assert radiograph.pixels.shape == (13, 16)
            expected = np.rot90(self.means(smooth), -1)
            np.testing.assert_allclose(radiograph.pixels * 255, expected, atol=6)

    @pytest.mark.parametrize("kind", [np.uint8, np.uint16, np.int16])
    def test_dicom(self, tmp_path: Path, kind: type) -> None:
        values = self.VALUES.astype(kind)
        low, high = float(values.min()), float(values.max())
        window = {"WindowCenter": (low + high) / 2, "WindowWidth": high - low}
        path = dicom(tmp_path / "a.dcm", values, VOILUTFunction="LINEAR_EXACT", **window)
        expected = (self.means(values) - low) / (high - low)
        np.testing.assert_allclose(read(path).pixels, expected, atol=0.51 / (high - low) + 1e-6)

    def test_bits_that_are_no_part_of_the_value(self, tmp_path: Path) -> None:
        values = self.VALUES >> 4
        window = {"WindowCenter": 2048, "WindowWidth": 4096}
        clean = read(dicom(tmp_path / "clean.dcm", values, **window))
        overlaid = dicom(tmp_path / "a.dcm", values | 0x8000, BitsStored=12, HighBit=11, **window)
        np.testing.assert_array_equal(read(overlaid).pixels, clean.pixels)

    def test_a_frame_and_its_spacing(self, tmp_path: Path) -> None:
        frames = np.stack([self.VALUES, self.VALUES[::-1]])
        path = dicom(tmp_path / "a.dcm", frames, ImagerPixelSpacing=[0.1, 0.2])
        first, second = read(path, 0), read(path, 1)
        assert second.source.spacing == (0.2, 0.4)
        assert np.abs(first.pixels - second.pixels).max() > 0.1

    def test_colours_of_a_palette(self, tmp_path: Path) -> None:
        path = dicom(tmp_path / "a.dcm", self.VALUES, PhotometricInterpretation="PALETTE COLOR")
        with pytest.raises(ImageError, match="palette") as caught:
            read(path)
        assert caught.value.hint


def header_only(path: Path, syntax: str) -> Path:
    """A DICOM file that says it has 12,000 x 12,000 pixels of 16 bits, compressed; it has hardly any."""
    dataset = pydicom.dcmread(dicom(path, np.arange(4096, dtype=np.uint16).reshape(64, 64)))
    dataset.compress(syntax)
    dataset.Rows = dataset.Columns = SIDE
    dataset.save_as(path)
    return path


def test_what_takes_too_much_memory_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(ImageError, match=r"12,000 x 12,000 pixels and would take 1\.7 GiB") as caught:
        read(header_only(tmp_path / "a.dcm", JPEG2000Lossless))
    assert "uncompressed" in caught.value.hint
    Image.new("L", (SIDE, SIDE)).save(tmp_path / "a.jpeg", progressive=True)
    with pytest.raises(ImageError, match="too many scans") as caught:
        read(tmp_path / "a.jpeg")
    assert "baseline" in caught.value.hint
    Image.new("RGB", (7_000, 7_000)).save(tmp_path / "a.webp", method=0, quality=10)
    with Image.open(tmp_path / "a.webp") as image:
        assert image.size == (7_000, 7_000)
    assert read(tmp_path / "a.webp").source.halved
    data = (tmp_path / "a.webp").read_bytes()
    place = data.index(b"\x9d\x01\x2a") + 3
    (tmp_path / "a.webp").write_bytes(data[:place] + (SIDE).to_bytes(2, "little") * 2 + data[place + 4 :])
    with pytest.raises(ImageError, match="would take 2"):
        read(tmp_path / "a.webp")


def test_larger_still_is_refused(tmp_path: Path) -> None:
    Image.new("1", (15_000, 15_000)).save(tmp_path / "a.png")
    with pytest.raises(ImageError, match="more than any radiograph has"):
        read(tmp_path / "a.png")
