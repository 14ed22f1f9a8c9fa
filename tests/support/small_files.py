"""Small files of every format, as bytes, for the tests that damage them."""

from __future__ import annotations

import io
import tempfile
from pathlib import Path

import numpy as np
from PIL import Image
from pydicom.data import get_testdata_file
from pydicom.dataset import Dataset
from pydicom.sequence import Sequence

from tests.support.dicom_files import dicom


def bundled(name: str) -> bytes:
    """One of pydicom's own test files."""
    return Path(str(get_testdata_file(name, download=False))).read_bytes()


def encoded(fmt: str, mode: str = "L", **options: object) -> bytes:
    """An image of 32 x 24 pixels, as Pillow writes it."""
    grey = np.random.default_rng(0).integers(0, 256, (24, 32), np.uint8)
    image = (
        Image.fromarray(grey.astype(np.uint16) * 257)
        if mode == "I;16"
        else Image.fromarray(grey).convert(mode)
    )
    buffer = io.BytesIO()
    image.save(buffer, fmt, **options)
    return buffer.getvalue()


def enhanced() -> bytes:
    """A DICOM file of two frames, whose window, rescale and spacing are in functional groups."""
    window, rescale, spacing, shared = Dataset(), Dataset(), Dataset(), Dataset()
    window.WindowCenter, window.WindowWidth = 300, 600
    rescale.RescaleSlope, rescale.RescaleIntercept = 2, -5
    spacing.PixelSpacing = [0.1, 0.2]
    shared.PixelMeasuresSequence = Sequence([spacing])
    shared.PixelValueTransformationSequence = Sequence([rescale])
    frames = []
    for _ in range(2):
        frames.append(Dataset())
        frames[-1].FrameVOILUTSequence = Sequence([window])
    values = np.arange(2 * 12 * 16, dtype=np.uint16).reshape(2, 12, 16)
    with tempfile.TemporaryDirectory() as folder:
        path = dicom(
            Path(folder) / "a.dcm",
            values,
            SharedFunctionalGroupsSequence=Sequence([shared]),
            PerFrameFunctionalGroupsSequence=Sequence(frames),
        )
        return path.read_bytes()
