"""DICOM, through pydicom: a file's bytes -> the stored values of a frame -> what a viewer shows of it."""

from __future__ import annotations

import contextlib
import io
import zlib

import numpy as np
from pydicom import Dataset, dcmread
from pydicom.encaps import get_frame
from pydicom.errors import BytesLengthException, InvalidDicomError
from pydicom.filereader import read_dataset, read_preamble
from pydicom.pixels.processing import apply_color_lut
from pydicom.pixels.utils import get_expected_length, pixel_array
from pydicom.uid import (
    DeflatedExplicitVRLittleEndian,
    ExplicitVRBigEndian,
    ExplicitVRLittleEndian,
    ImplicitVRLittleEndian,
    JPEGBaseline8Bit,
    JPEGExtended12Bit,
    RLELossless,
)

from cxr_gui.core.base.errors import ImageError
from cxr_gui.core.images.acquisition import acquisition_of
from cxr_gui.core.images.codestream import stated_size
from cxr_gui.core.images.decoded import (
    LUMINANCE,
    Decoded,
    Facts,
    check_frame,
    check_size,
    colour_warning,
    halved_warning,
)
from cxr_gui.core.images.elements import PALETTE, check_pixel_elements, numbers_of
from cxr_gui.core.images.functional_groups import resolve_groups
from cxr_gui.core.images.halving import check_memory, halved, is_large, without_spare_bits
from cxr_gui.core.images.presentation import Shown, Values, present
from cxr_gui.core.images.sandbox import decode_frame

RADIOGRAPHS = frozenset({"CR", "DX", "DR", "RG", "RF", "XA", "MG", "IO", "PX"})
"""Modalities whose images are projections, as a radiograph is (PS3.3, C.7.3.1.1.1)."""

MAX_INFLATED = 320 * 2**20
"""Bytes of the largest deflated data set that is unpacked; pydicom holds it twice."""

_NAMES = {
    "CT": "a CT slice",
    "MR": "an MR slice",
    "US": "an ultrasound image",
    "PT": "a PET slice",
    "NM": "a nuclear medicine image",
    "SC": "a secondary capture",
    "RTDOSE": "a dose distribution",
}
_PIXELS = ("PixelData", "FloatPixelData", "DoubleFloatPixelData")
_DECODING, _DECODING_OTHERS = {RLELossless: 6, JPEGBaseline8Bit: 4}, 13
"""Bytes that decoding takes for a value, as measured: codecs work with 32 bits and keep several copies."""

_MARK = b"DICM"


def decode(data: bytes, frame: int) -> Decoded:
    """Decode one frame of a file's bytes. Raises ImageError, or one of DECODER_ERRORS for a damaged file."""
    try:
        return _decode(data, frame)
    except (InvalidDicomError, BytesLengthException) as error:  # of no common kind
        raise ValueError(str(error)) from error


def _decode(data: bytes, frame: int) -> Decoded:
    dataset = parse(data)
    rows, columns = int(dataset.Rows), int(dataset.Columns)
    check_size(rows, columns)
    frames = int(dataset.get("NumberOfFrames") or 1)
    check_frame(frame, frames)
    large = is_large(rows, columns)
    if large:
        _check_large(dataset, len(data))
    surplus: tuple[str, ...] = ()
    if dataset.file_meta.TransferSyntaxUID.is_encapsulated:
        _check_compressed(dataset, frame, frames)
        values = decode_frame(data, frame, rows * columns)
    else:
        surplus = _check_length(dataset)
        values = stored_values(dataset, frame)
    for keyword in _PIXELS:
        dataset.pop(keyword, None)  # a large image leaves little memory
    photometric = str(dataset.PhotometricInterpretation)
    if photometric == PALETTE:
        values = apply_color_lut(values, dataset)
    where = resolve_groups(dataset, frame)
    shown = _from_colour(values) if values.ndim == 3 else present(values, dataset, where)
    modality = str(dataset.get("Modality") or "") or None
    return shown.pixels, Facts(
        "DICOM",
        (rows, columns),
        int(dataset.get("BitsStored") or dataset.BitsAllocated),
        frames,
        modality,
        photometric,
        shown.window,
        shown.window_from,
        _spacing(dataset, 2 if large else 1),
        large,
        (*_modality_warning(modality), *surplus, *shown.warnings, *halved_warning((rows, columns), large)),
        burned_in=str(dataset.get("BurnedInAnnotation")).strip().upper() == "YES",
        acquisition=acquisition_of(dataset),
    )


def parse(data: bytes) -> Dataset:
    """The data set, given a transfer syntax where it names none.

    Raises ImageError when it has no image, or one that breaks the standard so that it cannot be read.
    """
    if data.startswith(_MARK):
        data = bytes(128) + data
    _check_inflated(data)
    dataset = dcmread(io.BytesIO(data), force=True)
    dataset.buffer = None  # or the file's bytes stay for as long as the data set does
    if not any(keyword in dataset for keyword in _PIXELS):
        kind = str(dataset.get("Modality") or "unnamed")
        raise ImageError(f"is DICOM without an image (modality {kind}).", hint="Choose the image itself.")
    check_pixel_elements(dataset)
    if "TransferSyntaxUID" not in dataset.file_meta:
        implicit, little = dataset.original_encoding
        explicit = ExplicitVRLittleEndian if little else ExplicitVRBigEndian
        dataset.file_meta.TransferSyntaxUID = ImplicitVRLittleEndian if implicit else explicit
    return dataset


def _check_inflated(data: bytes) -> None:
    """Refuse a deflated data set that would not fit: pydicom unpacks whatever comes, all at once."""
    stream = io.BytesIO(data)
    read_preamble(stream, force=True)
    meta = read_dataset(stream, False, True, stop_when=lambda tag, _vr, _length: tag >> 16 != 2)
    if meta.get("TransferSyntaxUID") == DeflatedExplicitVRLittleEndian:
        inflater = zlib.decompressobj(-zlib.MAX_WBITS)
        inflater.decompress(data[stream.tell() :], MAX_INFLATED)
        if inflater.unconsumed_tail:
            hint = "It was made to fill the memory."
            raise ImageError("unpacks to more than any radiograph has.", hint=hint)


def _check_large(dataset: Dataset, length: int) -> None:
    """Refuse a large image of `length` bytes that cannot be halved, or not within the memory there is."""
    rows, columns = int(dataset.Rows), int(dataset.Columns)
    if dataset.PhotometricInterpretation == PALETTE:
        hint = "Export it as grey."
        raise ImageError(f"has {columns:,} x {rows:,} pixels in the colours of a palette.", hint=hint)
    pixels = rows * columns
    samples, allocated = int(dataset.get("SamplesPerPixel") or 1), int(dataset.BitsAllocated)
    syntax = dataset.file_meta.TransferSyntaxUID
    if syntax.is_encapsulated:
        needed = pixels * samples * _DECODING.get(syntax, _DECODING_OTHERS)
    else:
        copied = samples > 1 or allocated == 1  # a view of the file's bytes does for grey ones
        needed = 2 * length + pixels * samples * max(1, allocated // 8) * copied + pixels
    check_memory(rows, columns, needed, "Export it in grey and uncompressed, or smaller.")


def _check_compressed(dataset: Dataset, frame: int, frames: int) -> None:
    """Refuse a frame no codec here can read, or that states another size: codecs allocate what it states."""
    if dataset.file_meta.TransferSyntaxUID == JPEGExtended12Bit and dataset.BitsAllocated > 8:
        hint = "Export it uncompressed or as JPEG 2000."
        raise ImageError("is compressed as 12-bit lossy JPEG, which cannot be read here.", hint=hint)
    inside = stated_size(get_frame(dataset.PixelData, frame, number_of_frames=frames))
    if inside not in (None, (dataset.Rows, dataset.Columns)):
        outside = f"{dataset.Columns} x {dataset.Rows}"
        raise ImageError(f"holds an image of another size than the {outside} it says.", hint="It is damaged.")


def _check_length(dataset: Dataset) -> tuple[str, ...]:
    """A warning when there are more bytes of pixels than the elements say; raises ImageError for fewer."""
    said = get_expected_length(dataset)
    stored = max(len(dataset[keyword].value) for keyword in _PIXELS if keyword in dataset)
    words = f"holds {stored:,} bytes of pixels where Rows, Columns and Number of Frames say {said:,}"
    if stored < said:
        raise ImageError(f"{words}.", hint="It was cut off, or one of them is wrong; copy it again.")
    return (f"It {words}: the others are not shown.",) if stored > said + said % 2 else ()


def stored_values(dataset: Dataset, frame: int) -> Values:
    """Stored values [H, W], or colours [H, W, 3], of one frame."""
    samples, allocated = int(dataset.get("SamplesPerPixel") or 1), int(dataset.BitsAllocated)
    if samples not in (1, 3) or allocated not in (1, 8, 16, 32, 64):
        hint = "Export it as grey or RGB."
        raise ImageError(f"has {samples} samples of {allocated} bits a pixel.", hint=hint)
    large = is_large(int(dataset.Rows), int(dataset.Columns))
    native = not dataset.file_meta.TransferSyntaxUID.is_encapsulated
    values: Values = pixel_array(dataset, index=frame, view_only=large, correct_unused_bits=not native)
    stored = int(dataset.get("BitsStored") or allocated)
    masked = native and values.dtype.kind in "iu" and stored < allocated
    spare_bits = 8 * values.itemsize - stored if masked else 0
    return halved(values, spare_bits) if large else without_spare_bits(values, spare_bits)


def _from_colour(values: Values) -> Shown:
    """Colours [H, W, 3] of whole numbers -> grey 0..1, warnings."""
    shares = LUMINANCE / np.float32(np.iinfo(values.dtype).max)
    grey = np.zeros(values.shape[:2], np.float32)
    for channel, share in enumerate(shares):
        grey += values[..., channel].astype(np.float32) * share
    some = values[:: max(1, len(values) // 128), :: max(1, values.shape[1] // 128)]
    warnings = colour_warning((some >> 8 * (values.itemsize - 1)).astype(np.uint8))
    return Shown(grey, warnings=warnings)


def _spacing(dataset: Dataset, step: int) -> tuple[float, float] | None:
    """(row, column) of every `step`th pixel in mm: at the detector for projections, else in the patient."""
    for keyword in ("ImagerPixelSpacing", "PixelSpacing"):
        with contextlib.suppress(ImageError):  # without it lengths are unknown, and nothing else
            spacing = numbers_of(dataset, keyword)
            if len(spacing) == 2 and min(spacing) > 0:
                return step * spacing[0], step * spacing[1]
    return None


def _modality_warning(modality: str | None) -> tuple[str, ...]:
    if modality in RADIOGRAPHS:
        return ()
    if modality is None:
        return ("The file does not say how the image was taken.",)
    return (f"This is {_NAMES.get(modality, f'of modality {modality}')}, not a radiograph.",)
