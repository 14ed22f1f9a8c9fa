"""Of whom, how and with what an image was taken, as far as its file says so in a way that can be read."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from cxr_gui.core.images.decoded import Acquisition
from cxr_gui.core.images.radiograph import read
from tests.support.dicom_files import dicom
from tests.support.films import film

VALUES = np.arange(64, dtype=np.uint16).reshape(8, 8)


def test_it_is_said_in_words(tmp_path: Path) -> None:
    path = dicom(
        tmp_path / "a.dcm", VALUES, ViewPosition="PA", PatientAge="006M", PatientSex="F",
        Manufacturer="Maker", ManufacturerModelName="Model 7",
    )  # fmt: skip
    assert read(path).source.acquisition == Acquisition("PA", "6 months", "female", "Maker Model 7")


def test_what_is_not_said_is_none(tmp_path: Path) -> None:
    film(tmp_path / "a.png", 1)
    for path in (dicom(tmp_path / "a.dcm", VALUES), tmp_path / "a.png"):
        assert read(path).source.acquisition == Acquisition()


@pytest.mark.filterwarnings("ignore::UserWarning:pydicom")
def test_values_that_nobody_foresaw_are_kept_short_and_hurt_nothing(tmp_path: Path) -> None:
    path = dicom(tmp_path / "a.dcm", VALUES, PatientSex="X", ManufacturerModelName="line\t" * 99)
    found = read(path).source.acquisition
    assert found.sex == "X"
    assert found.device is not None
    assert len(found.device) == 64
    assert "\t" not in found.device
