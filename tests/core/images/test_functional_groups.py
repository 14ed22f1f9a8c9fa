"""Enhanced multi-frame DICOM: each frame by its own window, rescale and spacing, or by those of all."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pydicom
import pytest
from pydicom.dataset import Dataset
from pydicom.sequence import Sequence
from pydicom.uid import (
    BreastTomosynthesisImageStorage,
    EnhancedCTImageStorage,
    EnhancedXAImageStorage,
    RLELossless,
)

from cxr_gui.core.images.radiograph import Source, read, read_thumbnail
from tests.support.dicom_files import dicom

VALUES = np.stack([np.arange(100, dtype=np.uint16).reshape(10, 10) + 1000 * frame for frame in range(3)])
"""Three frames of 100 values each, from 0, 1000 and 2000."""


def item(**elements: object) -> Dataset:
    dataset = Dataset()
    for keyword, value in elements.items():
        setattr(dataset, keyword, value)
    return dataset


def groups(**sequences: Dataset) -> Dataset:
    """Functional groups of one item each."""
    return item(**{keyword: Sequence([content]) for keyword, content in sequences.items()})


def window(centre: float, width: float, **more: object) -> Dataset:
    return item(WindowCenter=centre, WindowWidth=width, **more)


def enhanced(path: Path, shared: Dataset | None, frames: list[Dataset], **elements: object) -> Path:
    if shared is not None:
        elements["SharedFunctionalGroupsSequence"] = Sequence([shared])
    elements["PerFrameFunctionalGroupsSequence"] = Sequence(frames)
    elements.setdefault("SOPClassUID", EnhancedXAImageStorage)
    return dicom(path, VALUES, **elements)


def sources(path: Path) -> list[Source]:
    return [read(path, frame).source for frame in range(3)]


def linear(values: np.ndarray, centre: float, width: float) -> np.ndarray:
    """PS3.3, C.11.2.1.2."""
    return ((values - (centre - 0.5)) / (width - 1) + 0.5).clip(0, 1)


def test_each_frame_has_its_own_window(tmp_path: Path) -> None:
    frames = [groups(FrameVOILUTSequence=window(1000 * n + 50, 100 + n)) for n in range(3)]
    path = enhanced(tmp_path / "a.dcm", None, frames, WindowCenter=5, WindowWidth=9)
    for frame, source in enumerate(sources(path)):
        assert source.window == (1000 * frame + 50, 100 + frame)
        assert source.window_from == "this frame"
        expected = linear(VALUES[frame], 1000 * frame + 50, 100 + frame)
        np.testing.assert_allclose(read(path, frame).pixels, expected, atol=1e-6)
    np.testing.assert_array_equal(read(path).pixels, read(path, 0).pixels)


def test_the_shared_window_is_for_frames_without_one(tmp_path: Path) -> None:
    frames = [groups(), groups(FrameVOILUTSequence=window(1050, 100)), groups()]
    shared = groups(FrameVOILUTSequence=window(1000, 3000, VOILUTFunction="LINEAR_EXACT"))
    path = enhanced(tmp_path / "a.dcm", shared, frames)
    found = [(source.window, source.window_from) for source in sources(path)]
    assert found == [
        ((1000, 3000), "all frames"),
        ((1050, 100), "this frame"),
        ((1000, 3000), "all frames"),
    ]
    exact = (VALUES[2] - 1000) / 3000 + 0.5
    np.testing.assert_allclose(read(path, 2).pixels, exact, atol=1e-6)
    # The shared function does not go with the frame's own window
    np.testing.assert_allclose(read(path, 1).pixels, linear(VALUES[1], 1050, 100), atol=1e-6)


def test_a_breast_tomosynthesis_with_a_sigmoid_for_all(tmp_path: Path) -> None:
    shared = groups(
        FrameVOILUTSequence=window(1000, 500, VOILUTFunction="SIGMOID"),
        PixelMeasuresSequence=item(PixelSpacing=[0.085, 0.085]),
    )
    frames = [groups()] * 3
    path = enhanced(tmp_path / "a.dcm", shared, frames, SOPClassUID=BreastTomosynthesisImageStorage)
    expected = 1 / (1 + np.exp(-4 * (VALUES[1] - 1000.0) / 500))
    np.testing.assert_allclose(read(path, 1).pixels, expected, atol=1e-5)
    assert {source.spacing for source in sources(path)} == {(0.085, 0.085)}


def test_each_frame_has_its_own_rescale(tmp_path: Path) -> None:
    """As an enhanced CT: the windows are in Hounsfield units, which differ in how they are stored."""
    frames = [
        groups(PixelValueTransformationSequence=item(RescaleSlope=2 + n, RescaleIntercept=-100))
        for n in range(3)
    ]
    shared = groups(FrameVOILUTSequence=window(4000, 9000))
    path = enhanced(
        tmp_path / "a.dcm", shared, frames, SOPClassUID=EnhancedCTImageStorage, RescaleSlope=77, Modality="CT"
    )
    for frame in range(3):
        expected = linear(VALUES[frame] * (2.0 + frame) - 100, 4000, 9000)
        np.testing.assert_allclose(read(path, frame).pixels, expected, atol=1e-6)
    assert "CT slice" in read(path, 1).source.warnings[0]


def test_a_frames_rescale_takes_the_place_of_a_lut(tmp_path: Path) -> None:
    lut = Dataset()
    lut.ModalityLUTType = "US"
    lut.add_new("LUTDescriptor", "US", [4, 0, 16])
    lut.add_new("LUTData", "OW", np.array([9, 9, 9, 9], np.uint16).tobytes())
    frames = [groups(PixelValueTransformationSequence=item(RescaleSlope=1, RescaleIntercept=0))] * 3
    shared = groups(FrameVOILUTSequence=window(50, 100))
    path = enhanced(tmp_path / "a.dcm", shared, frames, ModalityLUTSequence=Sequence([lut]))
    np.testing.assert_allclose(read(path, 0).pixels, linear(VALUES[0], 50, 100), atol=1e-6)


def test_a_frames_voi_lut(tmp_path: Path) -> None:
    table = Dataset()
    table.add_new("LUTDescriptor", "US", [100, 0, 8])
    table.add_new("LUTData", "OW", np.arange(100, 0, -1).astype(np.uint16).tobytes())
    frames = [groups(FrameVOILUTSequence=item(VOILUTSequence=Sequence([table]))), groups(), groups()]
    path = enhanced(tmp_path / "a.dcm", None, frames, WindowCenter=1050, WindowWidth=4000)
    radiograph = read(path, 0)
    np.testing.assert_allclose(radiograph.pixels * 255, 100 - VALUES[0], atol=1e-4)
    assert (radiograph.source.window, radiograph.source.window_from) == (None, "this frame")
    assert [source.window_from for source in sources(path)] == ["this frame", "the file", "the file"]


def test_spacing_is_the_frames_own_and_at_the_detector_first(tmp_path: Path) -> None:
    frames = [
        groups(PixelMeasuresSequence=item(PixelSpacing=[0.3, 0.4])),
        groups(FramePixelDataPropertiesSequence=item(ImagerPixelSpacing=[0.2, 0.25])),
        groups(),
    ]
    shared = groups(PixelMeasuresSequence=item(PixelSpacing=[0.5, 0.5]))
    path = enhanced(tmp_path / "a.dcm", shared, frames)
    assert [source.spacing for source in sources(path)] == [(0.3, 0.4), (0.2, 0.25), (0.5, 0.5)]


def test_without_any_window_percentiles_are_used_and_named(tmp_path: Path) -> None:
    path = enhanced(tmp_path / "a.dcm", groups(), [groups()] * 3)
    source = read(path, 1).source
    assert source.window_from == "percentiles"
    assert source.window == pytest.approx((1049.5, 98), abs=1)


@pytest.mark.parametrize(
    "spoil",
    [
        lambda data: data.PerFrameFunctionalGroupsSequence.pop(),
        lambda data: setattr(data, "PerFrameFunctionalGroupsSequence", Sequence([])),
        lambda data: setattr(
            data.PerFrameFunctionalGroupsSequence[2],
            "FrameVOILUTSequence",
            Sequence([item(WindowCenter=None)]),
        ),
        lambda data: setattr(data.PerFrameFunctionalGroupsSequence[2], "FrameVOILUTSequence", Sequence([])),
    ],
    ids=["too few frames", "no frames", "empty window", "empty group"],
)
def test_what_is_missing_is_as_shared(tmp_path: Path, spoil: Callable[[Dataset], object]) -> None:
    frames = [groups(FrameVOILUTSequence=window(2050, 100)) for _ in range(3)]
    path = enhanced(tmp_path / "a.dcm", groups(FrameVOILUTSequence=window(1500, 3000)), frames)
    dataset = pydicom.dcmread(path)
    spoil(dataset)
    dataset.save_as(path)
    assert (read(path, 2).source.window, read(path, 2).source.window_from) == ((1500, 3000), "all frames")


def test_a_window_that_is_none_gives_way_to_percentiles(tmp_path: Path) -> None:
    frames = [groups(FrameVOILUTSequence=window(50, -3))] * 3
    source = read(enhanced(tmp_path / "a.dcm", None, frames), 0).source
    assert source.window_from == "percentiles"


def test_compressed_and_inverted(tmp_path: Path) -> None:
    """The groups are read here, the frame in the process that decodes."""
    frames = [groups(FrameVOILUTSequence=window(1000 * n + 50, 100)) for n in range(3)]
    path = enhanced(tmp_path / "a.dcm", None, frames, PhotometricInterpretation="MONOCHROME1")
    dataset = pydicom.dcmread(path)
    dataset.compress(RLELossless)
    dataset.save_as(path)
    expected = 1 - linear(VALUES[2], 2050, 100)
    np.testing.assert_allclose(read(path, 2).pixels, expected, atol=1e-6)


def test_a_thumbnail_is_of_the_first_frame_by_its_own_window(tmp_path: Path) -> None:
    frames = [groups(FrameVOILUTSequence=window(1000 * n + 50, 100)) for n in range(3)]
    thumbnail = read_thumbnail(enhanced(tmp_path / "a.dcm", None, frames), 10)
    np.testing.assert_allclose(thumbnail, 255 * linear(VALUES[0], 50, 100), atol=0.51)


def test_a_plain_file_says_that_its_window_is_its_own(tmp_path: Path) -> None:
    path = dicom(tmp_path / "a.dcm", VALUES[0], WindowCenter=50, WindowWidth=100)
    assert read(path).source.window_from == "the file"
