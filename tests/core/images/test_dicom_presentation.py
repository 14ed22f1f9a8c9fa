"""What is shown of a DICOM image whose padding, VOI LUT, window or elements are not what one would wish."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pydicom
import pytest
from pydicom.data import get_testdata_file
from pydicom.datadict import dictionary_VR
from pydicom.dataelem import RawDataElement
from pydicom.dataset import Dataset
from pydicom.pixels import apply_color_lut, apply_voi, pixel_array
from pydicom.pixels.processing import convert_color_space
from pydicom.sequence import Sequence
from pydicom.tag import Tag
from pydicom.uid import ExplicitVRBigEndian, ExplicitVRLittleEndian

from cxr_gui.core.base.errors import ImageError
from cxr_gui.core.images.radiograph import Radiograph, read
from tests.support.dicom_files import dicom

pytestmark = pytest.mark.filterwarnings("ignore::UserWarning:pydicom")

VALUES = np.arange(4096, dtype=np.uint16).reshape(64, 64)
ALL = {"WindowCenter": 2048, "WindowWidth": 4096}
"""A window that shows all of `VALUES`."""

PADDED = np.where(np.arange(64) < 16, 60_000, VALUES).astype(np.uint16)
INSIDE = np.s_[:, 16:]


def table(entries: np.ndarray | list[int], first: int = 0, bits: int = 16, **changes: object) -> Sequence:
    """A VOI LUT, in words of 16 bits."""
    lut = Dataset()
    lut.add_new("LUTDescriptor", "SS" if first < 0 else "US", [len(entries) % 2**16, first, bits])
    lut.add_new("LUTData", "OW", np.asarray(entries, np.uint16).tobytes())
    for keyword, value in changes.items():
        if value is None:
            delattr(lut, keyword)
        else:
            setattr(lut, keyword, value)
    return Sequence([lut])


def written(path: Path, keyword: str, value: bytes) -> Path:
    """A good file in which one element has this value, whatever the standard says of it."""
    dataset = pydicom.dcmread(dicom(path, VALUES, **ALL))
    tag = Tag(keyword)
    dataset._dict[tag] = RawDataElement(tag, dictionary_VR(tag), len(value), value, 0, False, True)
    dataset.save_as(path)
    return path


# -- padding -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("photometric", ["MONOCHROME1", "MONOCHROME2"])
@pytest.mark.parametrize(
    "window", [ALL, {}, {"VOILUTSequence": table(np.arange(0, 65536, 16)[:4096])}], ids=str
)
def test_padding_is_black_however_it_is_shown(
    tmp_path: Path, photometric: str, window: dict[str, object]
) -> None:
    elements = {"PhotometricInterpretation": photometric, **window}
    padded = read(dicom(tmp_path / "a.dcm", PADDED, PixelPaddingValue=60_000, **elements)).pixels
    assert (padded[:, :16] == 0).all()
    alone = read(dicom(tmp_path / "b.dcm", np.ascontiguousarray(PADDED[INSIDE]), **elements)).pixels
    np.testing.assert_allclose(padded[INSIDE], alone, atol=1e-6)  # nor has it a part in the percentiles


def test_a_range_of_padding(tmp_path: Path) -> None:
    elements = {"PixelPaddingValue": 60_000, "PixelPaddingRangeLimit": 59_000, **ALL}
    values = np.where(np.arange(64) < 8, 59_500, PADDED).astype(np.uint16)
    pixels = read(dicom(tmp_path / "a.dcm", values, **elements)).pixels
    assert (pixels[:, :16] == 0).all()
    assert (pixels[-1, 16:] > 0.9).all()


def test_padding_of_signed_values_written_without_its_sign(tmp_path: Path) -> None:
    values = np.where(np.arange(64) < 16, -2000, VALUES).astype(np.int16)
    elements = {"PhotometricInterpretation": "MONOCHROME1", **ALL}
    for number, padding in enumerate((-2000, 63_536)):
        path = tmp_path / f"{number}.dcm"
        dataset = pydicom.dcmread(dicom(path, values, **elements))
        dataset.add_new("PixelPaddingValue", "SS" if padding < 0 else "US", padding)
        dataset.save_as(path)
        assert (read(path).pixels[:, :16] == 0).all()


# -- VOI LUT -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("first", "bits", "syntax"),
    [(0, 16, ExplicitVRLittleEndian), (100, 12, ExplicitVRBigEndian), (-7, 16, ExplicitVRLittleEndian)],
)
def test_a_voi_lut_as_pydicom_applies_it(tmp_path: Path, first: int, bits: int, syntax: str) -> None:
    entries = np.random.default_rng(0).integers(0, 2**bits, 3000).astype(np.uint16)
    lut = table(entries.byteswap() if syntax == ExplicitVRBigEndian else entries, first, bits)
    path = dicom(tmp_path / "a.dcm", VALUES, syntax, VOILUTSequence=lut)
    expected = apply_voi(VALUES.astype(np.int32), pydicom.dcmread(path)) / (2**bits - 1)
    np.testing.assert_allclose(read(path).pixels, expected, atol=1e-6)


@pytest.mark.parametrize("packed", [False, True])
def test_a_voi_lut_of_bytes_may_have_more_than_256_entries(tmp_path: Path, packed: bool) -> None:
    entries = (np.arange(4096) // 16).astype(np.uint8)
    lut = table(entries, bits=8)
    if packed:
        lut[0].LUTData = entries.tobytes()
    path = dicom(tmp_path / "a.dcm", VALUES, VOILUTSequence=lut)
    np.testing.assert_allclose(read(path).pixels, entries.reshape(64, 64) / 255, atol=1e-6)


def test_a_voi_lut_that_begins_below_0_may_be_written_without_its_sign(tmp_path: Path) -> None:
    signed = VALUES.astype(np.int16) - 2048
    lut = table(np.arange(0, 65536, 16), first=2**16 - 2048)
    pixels = read(dicom(tmp_path / "a.dcm", signed, VOILUTSequence=lut)).pixels
    np.testing.assert_allclose(pixels, 16 * VALUES / 65535, atol=1e-6)


def test_a_voi_lut_of_measured_values_takes_the_nearest(tmp_path: Path) -> None:
    elements = {
        "RescaleSlope": 0.5,
        "RescaleIntercept": 0.1,
        "VOILUTSequence": table(np.arange(0, 65536, 64)),
    }
    pixels = read(dicom(tmp_path / "a.dcm", VALUES, **elements)).pixels
    nearest = np.rint(VALUES * np.float32(0.5) + np.float32(0.1)).clip(0, 1023)
    np.testing.assert_allclose(pixels, 64 * nearest / 65535, atol=1e-6)


BROKEN: dict[str, tuple[Callable[[], Sequence], str]] = {
    "no data": (lambda: table([0, 1], LUTData=None), "LUT Data (0028,3006) has 0 of 2 entries"),
    "too little": (lambda: table([0, 1], LUTData=b"\0\0"), "LUT Data (0028,3006) has 1 of 2 entries"),
    "no descriptor": (lambda: table([0], LUTDescriptor=None), "LUT Descriptor (0028,3002) is []"),
    "of 0 bits": (lambda: table([0, 1], bits=0), "LUT Descriptor (0028,3002) is [2, 0, 0]"),
}


@pytest.mark.parametrize("broken", BROKEN)
def test_a_broken_voi_lut_gives_way_to_the_window_beside_it(tmp_path: Path, broken: str) -> None:
    make, element = BROKEN[broken]
    good = read(dicom(tmp_path / "a.dcm", VALUES, **ALL))
    found = read(dicom(tmp_path / "b.dcm", VALUES, VOILUTSequence=make(), **ALL))
    np.testing.assert_array_equal(found.pixels, good.pixels)
    reason = f"Its VOI LUT breaks the DICOM standard: {element}"
    assert found.source.warnings == (f"{reason}; its window is used.",)
    alone = read(dicom(tmp_path / "c.dcm", VALUES, VOILUTSequence=make()))
    assert alone.source.window_from == "percentiles"
    assert alone.source.warnings == (f"{reason}; percentiles are used.",)


def test_a_voi_lut_that_shows_nothing_gives_way_too(tmp_path: Path) -> None:
    found = read(dicom(tmp_path / "a.dcm", VALUES, VOILUTSequence=table([7] * 4096), **ALL))
    assert found.source.window == (2048, 4096)
    assert found.source.warnings == ("Its own VOI LUT shows nothing of it; its window is used.",)


# -- window --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("function", ["LINEAR", "LINEAR_EXACT", "SIGMOID"])
def test_the_case_of_the_voi_lut_function_does_not_matter(tmp_path: Path, function: str) -> None:
    upper, lower = (
        read(written(tmp_path / f"{number}.dcm", "VOILUTFunction", word))
        for number, word in enumerate((function.encode(), function.lower().encode()))
    )
    np.testing.assert_array_equal(upper.pixels, lower.pixels)
    assert lower.source.warnings == ()


def test_an_unknown_function_is_said(tmp_path: Path) -> None:
    found = read(written(tmp_path / "a.dcm", "VOILUTFunction", b"GAMMA "))
    assert found.source.warnings == ("Its VOI LUT function 'GAMMA' is unknown; LINEAR is used.",)


def test_the_case_of_the_photometric_interpretation_does_not_matter(tmp_path: Path) -> None:
    found = read(written(tmp_path / "a.dcm", "PhotometricInterpretation", b"monochrome1 "))
    assert found.source.photometric == "MONOCHROME1"
    assert found.pixels[0, 0] > found.pixels[-1, -1]


@pytest.mark.parametrize(
    ("centre", "photometric", "tone"),
    [(50, "MONOCHROME2", "white"), (4050, "MONOCHROME2", "black"), (50, "MONOCHROME1", "black")],
)
def test_a_window_that_leaves_a_film_nearly_white_or_black_is_said(
    tmp_path: Path, centre: int, photometric: str, tone: str
) -> None:
    elements = {"WindowCenter": centre, "WindowWidth": 100, "PhotometricInterpretation": photometric}
    found = read(dicom(tmp_path / "a.dcm", VALUES, **elements))
    assert found.source.window == (centre, 100)
    assert found.source.warnings == (f"Its own window makes 98 % of it {tone}.",)
    assert says(read(dicom(tmp_path / "b.dcm", VALUES, **ALL))) == ()
    assert says(read(dicom(tmp_path / "c.dcm", VALUES // 4096, **elements))) == ()  # of one value only


def test_padding_alone_does_not_make_a_film_black(tmp_path: Path) -> None:
    values = np.where(np.arange(64) < 62, 0, VALUES).astype(np.uint16)
    assert says(read(dicom(tmp_path / "a.dcm", values, PixelPaddingValue=0, **ALL))) == ()


def says(radiograph: Radiograph) -> tuple[str, ...]:
    return radiograph.source.warnings


# -- words ---------------------------------------------------------------------------------------------------


NEEDED = (
    *("Rows", "Columns", "SamplesPerPixel", "BitsAllocated", "BitsStored", "PixelRepresentation"),
    "PhotometricInterpretation",
)


@pytest.mark.parametrize(
    ("keyword", "value", "element"),
    [
        *((keyword, b"", "is missing") for keyword in NEEDED),
        ("PhotometricInterpretation", b"MONO", "is 'MONO'"),
        ("PhotometricInterpretation", b"PALETTE COLOR ", "Lookup Table Descriptor (0028,1101)"),
        ("SamplesPerPixel", b"\3\0", "Planar Configuration (0028,0006) is missing"),
        ("BitsStored", b"\x20\0", "is 32 of 16 bits"),
        ("PixelRepresentation", b"\7\0", "is 7"),
        ("NumberOfFrames", b"many", "cannot be read"),
        ("NumberOfFrames", b"-1", "is below 0"),
        ("RescaleSlope", b"1,5 ", "cannot be read"),
        ("RescaleIntercept", b"none", "cannot be read"),
    ],
)
def test_what_only_breaks_the_standard_is_named_and_not_called_damaged(
    tmp_path: Path, keyword: str, value: bytes, element: str
) -> None:
    with pytest.raises(ImageError) as caught:
        read(written(tmp_path / "a.dcm", keyword, value))
    words = str(caught.value)
    name = "" if "(" in element else f"({Tag(keyword).group:04x},{Tag(keyword).element:04x}) "
    assert "breaks the DICOM standard: " in words
    assert f"{name}{element}" in words
    assert "damaged" not in words


def test_pixels_and_elements_that_disagree_are_said(tmp_path: Path) -> None:
    words = "holds 8,192 bytes of pixels where Rows, Columns and Number of Frames say "
    for keyword, value, said in (("Rows", b"\x41\0", "8,320"), ("NumberOfFrames", b"3 ", "24,576")):
        with pytest.raises(ImageError, match=f"{words}{said}. It was cut off, or one of them is wrong"):
            read(written(tmp_path / "a.dcm", keyword, value))
    found = read(written(tmp_path / "b.dcm", "Rows", b"\x20\0"))
    assert found.source.warnings == (f"It {words}4,096: the others are not shown.",)


@pytest.mark.parametrize(
    ("keyword", "value", "how"),
    [
        ("WindowCenter", b"1,5 ", "cannot be read"),
        ("WindowWidth", b"0 ", "is 0"),
        ("WindowWidth", b"nan ", "is not finite"),
    ],
)
def test_a_window_that_cannot_be_read_gives_way_with_a_word(
    tmp_path: Path, keyword: str, value: bytes, how: str
) -> None:
    found = read(written(tmp_path / "a.dcm", keyword, value))
    assert found.source.window_from == "percentiles"
    [warning] = found.source.warnings
    assert warning.startswith("Its window breaks the DICOM standard: Window ")
    assert warning.endswith(f") {how}; percentiles are used.")


def test_a_spacing_that_cannot_be_read_is_no_spacing(tmp_path: Path) -> None:
    path = dicom(tmp_path / "a.dcm", VALUES, PixelSpacing=[0.2, 0.3], **ALL)
    assert read(path).source.spacing == (0.2, 0.3)
    dataset = pydicom.dcmread(path)
    for spacing in ([0.0, 0.1], [0.1]):
        dataset.ImagerPixelSpacing = spacing
        dataset.save_as(path)
        assert read(path).source.spacing == (0.2, 0.3)


# -- colour --------------------------------------------------------------------------------------------------

COLOUR = [
    "ExplVR_BigEnd.dcm",
    "SC_rgb_dcmtk_+eb+cr.dcm",
    "SC_rgb_jpeg_gdcm.dcm",
    "SC_rgb_rle.dcm",
    "SC_rgb_rle_16bit.dcm",
    "SC_rgb_rle_32bit.dcm",
    "SC_rgb_small_odd_big_endian.dcm",
    "SC_ybr_full_422_uncompressed.dcm",
    "examples_jpeg2k.dcm",
    "examples_palette.dcm",
    "examples_rgb_color.dcm",
]


@pytest.mark.parametrize("name", COLOUR)
def test_colour_as_pydicom_converts_it(name: str) -> None:
    path = get_testdata_file(name, download=False)
    dataset = pydicom.dcmread(path)
    colours = pixel_array(path, raw=True)
    if dataset.PhotometricInterpretation == "PALETTE COLOR":
        colours = apply_color_lut(colours, dataset)
    elif dataset.PhotometricInterpretation.startswith("YBR_FULL"):
        colours = convert_color_space(colours, dataset.PhotometricInterpretation, "RGB")
    expected = (colours / np.iinfo(colours.dtype).max) @ [0.299, 0.587, 0.114]
    np.testing.assert_allclose(read(path).pixels, expected, atol=1e-5)


def test_a_palette_without_its_colours_is_named(tmp_path: Path) -> None:
    colours = {f"{name}PaletteColorLookupTableDescriptor": [256, 0, 16] for name in ("Red", "Green", "Blue")}
    path = dicom(tmp_path / "a.dcm", VALUES, PhotometricInterpretation="PALETTE COLOR", **colours)
    with pytest.raises(ImageError, match=r"Red Palette Color Lookup Table Data .* is missing"):
        read(path)
