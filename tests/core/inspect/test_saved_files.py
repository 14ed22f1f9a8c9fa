"""The perturbed image as files: inside epsilon, read by others, and judged by what is in the file."""

from __future__ import annotations

import errno
import io
import os
import struct
from dataclasses import replace
from pathlib import Path

import numpy as np
import pydicom
import pytest
import torch
from PIL import Image
from pydicom.uid import SecondaryCaptureImageStorage
from PySide6.QtGui import QImage

from cxr_gui.core import images
from cxr_gui.core.attacks.gradient import logits_of
from cxr_gui.core.attacks.registry import create_attack
from cxr_gui.core.base import progress
from cxr_gui.core.base.errors import ArgumentError, OutputError
from cxr_gui.core.images import png16
from cxr_gui.core.inspect.inspection import Inspection, Inspector
from cxr_gui.core.inspect.saved import save_image, try_files, whole_levels
from cxr_gui.core.inspect.saved_kinds import SAVED_KINDS
from cxr_gui.core.inspect.secondary_capture import ADVERSARIAL
from tests.support.victims import SIDE, cnn, radiographs

EPSILON = 0.01  # pixel units: 2.55/255, so that 8 bits have to give something up
THREATS = ("grey", "rgb")


def inspection(threat: str = "grey", epsilon: float = EPSILON, attack: str = "fgsm") -> Inspection:
    pixels = np.rint(255 * radiographs(1, channels=1, seed=1)[0, 0].numpy()).astype(np.uint8)
    return Inspector(cnn(), pixels, create_attack(attack), threat).at(epsilon)


def as_tensor(image: np.ndarray) -> torch.Tensor:
    tensor = torch.from_numpy(image.astype(np.float32))
    return tensor[None, None] if image.ndim == 2 else tensor.permute(2, 0, 1)[None]


def by_others(path: Path, kind: str) -> tuple[np.ndarray, int]:
    """The levels in a file as a reader that this program does not use for it sees them; their top."""
    if kind == "dicom":
        data = pydicom.dcmread(path)
        shape = (data.Rows, data.Columns, 3) if data.SamplesPerPixel == 3 else (data.Rows, data.Columns)
        dtype = np.uint16 if data.BitsAllocated == 16 else np.uint8
        return np.frombuffer(data.PixelData, dtype)[: int(np.prod(shape))].reshape(shape), np.iinfo(dtype).max
    if kind == "png16":
        image = QImage(str(path))
        grey = image.isGrayscale()
        form = QImage.Format.Format_Grayscale16 if grey else QImage.Format.Format_RGBX64
        assert image.depth() in (16, 64)
        image = image.convertToFormat(form)
        rows = np.frombuffer(bytes(image.constBits()), np.uint16).reshape(image.height(), -1)
        return (rows[:, : image.width()] if grey else rows.reshape(SIDE, -1, 4)[:, :SIDE, :3]), 65535
    with Image.open(path) as file:
        return np.asarray(file), 255


@pytest.mark.parametrize("threat", THREATS)
@pytest.mark.parametrize("kind", SAVED_KINDS)
def test_a_file_is_inside_epsilon_and_judged_by_what_others_read_in_it(
    tmp_path: Path, kind: str, threat: str
) -> None:
    shown = inspection(threat)
    saved = save_image(shown, cnn(), tmp_path / SAVED_KINDS[kind].file, kind)
    levels, top = by_others(saved.path, kind)
    assert levels.ndim == shown.perturbed.ndim
    assert saved.bits == {255: 8, 65535: 16}[top]
    clean = np.rint(255 * shown.clean) * (top // 255)
    change = np.abs(levels.astype(int) - (clean if levels.ndim == 2 else clean[..., None])).max()
    assert saved.linf == change / top
    assert EPSILON - 1 / top < saved.linf <= EPSILON
    logit = float(logits_of(cnn(), as_tensor(levels / np.float32(top))))
    assert saved.logit == pytest.approx(logit, abs=1e-5)
    assert saved.decision == shown.classes[logit >= shown.threshold_logit]
    assert saved.still_fools == (saved.decision != shown.classes[shown.label])


@pytest.mark.parametrize("kind", SAVED_KINDS)
def test_a_file_opens_again_here_and_its_verdict_is_told(tmp_path: Path, kind: str) -> None:
    saved = save_image(inspection("rgb"), cnn(), tmp_path / SAVED_KINDS[kind].file, kind)
    grey = images.to_input(images.read(saved.path).pixels, (SIDE, SIDE))
    logit = float(logits_of(cnn(), as_tensor(grey / np.float32(255))))
    assert saved.reopened.logit == pytest.approx(logit, abs=1e-5)
    assert saved.reopened.logit != pytest.approx(saved.logit, abs=1e-4), "three channels became one"


def test_sixteen_bits_keep_what_eight_lose() -> None:
    shown = inspection("grey", epsilon=0.4 / 255)
    assert (whole_levels(shown, 8) == np.rint(255 * shown.clean)).all()
    assert np.abs(whole_levels(shown, 16) / 65535 - shown.perturbed).max() <= 1 / 65535
    assert whole_levels(shown, 16).dtype == np.uint16


def test_an_attack_in_another_norm_keeps_its_own_largest_change() -> None:
    shown = inspection("grey", attack="fgsm_l2")
    assert shown.linf > EPSILON
    change = np.abs(whole_levels(shown, 16) / 65535 - shown.clean).max()
    assert shown.linf - 1 / 65535 <= change <= shown.linf + 1e-6


@pytest.mark.parametrize("shape", [(5, 7), (5, 7, 3), (1, 1), (300, 3, 3)])
def test_sixteen_bit_pngs_come_back_whole(shape: tuple[int, ...]) -> None:
    levels = np.random.default_rng(0).integers(0, 65536, shape).astype(np.uint16)
    data = png16.encode_png16(levels)
    np.testing.assert_array_equal(png16.decode_png16(data), levels)
    with Image.open(io.BytesIO(data)) as file:
        file.verify()
    if len(shape) == 2:
        with Image.open(io.BytesIO(data)) as file:
            np.testing.assert_array_equal(np.asarray(file), levels)


def test_a_damaged_sixteen_bit_png_is_not_taken_for_whole() -> None:
    data = png16.encode_png16(np.arange(12, dtype=np.uint16).reshape(3, 4))
    for damaged in (b"", data[:20], data[:-12], data[:45] + b"\0" + data[46:], b"GIF89a" + data):
        with pytest.raises((ValueError, struct.error)):
            png16.decode_png16(damaged)


@pytest.mark.parametrize("threat", THREATS)
def test_dicom_is_a_secondary_capture_of_nobody(tmp_path: Path, threat: str) -> None:
    first, second = (
        pydicom.dcmread(save_image(inspection(threat), cnn(), tmp_path / name, "dicom").path)
        for name in ("a.dcm", "b.dcm")
    )
    assert first.SOPClassUID == first.file_meta.MediaStorageSOPClassUID == SecondaryCaptureImageStorage
    assert first.file_meta.MediaStorageSOPInstanceUID == first.SOPInstanceUID
    assert list(first.ImageType) == ["DERIVED", "SECONDARY"]
    assert ADVERSARIAL == "ADVERSARIAL - NOT FOR CLINICAL USE"
    assert {first.SeriesDescription, first.StudyDescription, first.ImageComments} == {ADVERSARIAL}
    assert "FGSM" in first.DerivationDescription
    assert not any(first.get(name) for name in ("PatientName", "PatientID", "PatientBirthDate", "PatientSex"))
    uids = ("SOPInstanceUID", "StudyInstanceUID", "SeriesInstanceUID")
    assert len({data[name].value for data in (first, second) for name in uids}) == 6
    assert first.PhotometricInterpretation == {"grey": "MONOCHROME2", "rgb": "RGB"}[threat]
    assert (first.BitsStored, first.SamplesPerPixel) == {"grey": (16, 1), "rgb": (8, 3)}[threat]


def test_a_grey_dicom_is_read_here_to_the_last_level(tmp_path: Path) -> None:
    shown = inspection("grey")
    saved = save_image(shown, cnn(), tmp_path / "a.dcm", "dicom")
    opened = images.read(saved.path)
    np.testing.assert_allclose(opened.pixels, whole_levels(shown, 16) / 65535, atol=2e-7)
    assert any("not a radiograph" in warning for warning in opened.source.warnings)


@pytest.mark.parametrize(("said", "expected"), [("YES", "YES"), ("NO", None), (None, None)])
def test_a_dicom_says_of_burned_in_annotation_what_its_source_does_or_nothing(
    tmp_path: Path, said: str | None, expected: str | None
) -> None:
    """NO would be a promise about pixels that nobody looked at."""
    save_image(inspection(), cnn(), tmp_path / "source.dcm", "dicom")
    source = pydicom.dcmread(tmp_path / "source.dcm")
    assert "BurnedInAnnotation" not in source
    if said is not None:
        source.BurnedInAnnotation = said
    source.save_as(tmp_path / "source.dcm")
    radiograph = images.read(tmp_path / "source.dcm")
    again = replace(inspection(), source=radiograph.source)
    save_image(again, cnn(), tmp_path / "again.dcm", "dicom")
    assert pydicom.dcmread(tmp_path / "again.dcm").get("BurnedInAnnotation") == expected


@pytest.mark.parametrize("kind", SAVED_KINDS)
def test_a_full_disk_is_told_and_leaves_the_old_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    path = tmp_path / SAVED_KINDS[kind].file
    path.write_bytes(b"what was there")

    def full(_descriptor: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    shown = inspection()
    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OutputError, match="No space left") as raised:
        save_image(shown, cnn(), path, kind)
    assert raised.value.where == str(path)
    assert path.read_bytes() == b"what was there"
    assert list(tmp_path.iterdir()) == [path]


def test_a_kind_that_is_none_names_those_that_are(tmp_path: Path) -> None:
    with pytest.raises(ArgumentError, match="png8, png16, dicom"):
        save_image(inspection(), cnn(), tmp_path / "a.gif", "gif")


def test_files_are_tried_without_leaving_any(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    work = try_files(inspection("rgb"), cnn())
    stages = []
    found = progress.run(work, stages.append)
    assert [saved.kind for saved in found] == list(SAVED_KINDS)
    assert [(event.done, event.total) for event in stages] == [(0, 3), (1, 3), (2, 3)]
    assert not list(tmp_path.iterdir())
    stopped = try_files(inspection("rgb"), cnn())
    next(stopped)
    next(stopped)
    assert list(tmp_path.iterdir())
    stopped.close()
    assert not list(tmp_path.iterdir())
