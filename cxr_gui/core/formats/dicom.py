"""DICOM, through pydicom: modality LUT, VOI LUT or window, then MONOCHROME1 (PS3.3, C.11 and C.7.6.3)."""

from __future__ import annotations

import io
import zlib
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydicom import Dataset, dcmread
from pydicom.encaps import get_frame
from pydicom.errors import BytesLengthException, InvalidDicomError
from pydicom.filereader import read_dataset, read_preamble
from pydicom.pixels.processing import apply_color_lut, apply_modality_lut, apply_voi
from pydicom.pixels.utils import pixel_array
from pydicom.uid import (
    DeflatedExplicitVRLittleEndian,
    ExplicitVRBigEndian,
    ExplicitVRLittleEndian,
    ImplicitVRLittleEndian,
    JPEGExtended12Bit,
)

from cxr_gui.core.errors import ImageError
from cxr_gui.core.formats.codestream import stated_size
from cxr_gui.core.formats.decoded import (
    LUMINANCE,
    Decoded,
    Grey,
    check_frame,
    check_size,
    colour_warning,
    ramp,
    stretched,
)
from cxr_gui.core.formats.sandbox import decode_frame

RADIOGRAPHS = frozenset({"CR", "DX", "DR", "RG", "RF", "XA", "MG", "IO", "PX"})
"""Modalities whose images are projections, as a radiograph is (PS3.3, C.7.3.1.1.1)."""

MAX_INFLATED = 2**29
"""Bytes of the largest deflated data set that is unpacked."""

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
_MARK = b"DICM"

Values = NDArray[Any]  # integers of 8 to 64 bits, or floats
Window = tuple[float, float]  # centre and width


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
    if dataset.file_meta.TransferSyntaxUID.is_encapsulated:
        _check_compressed(dataset, frame, frames)
        values = decode_frame(data, frame, rows * columns)
    else:
        values = stored_values(dataset, frame)
    photometric = str(dataset.PhotometricInterpretation)
    if photometric == "PALETTE COLOR":
        values = apply_color_lut(values, dataset)
    window = None
    if values.ndim == 3:
        pixels, warnings = _from_colour(values)
    else:
        pixels, window, warnings = _presented(values, dataset)
        if photometric == "MONOCHROME1":
            pixels = np.subtract(1, pixels, out=pixels)
    modality = str(dataset.get("Modality") or "") or None
    return Decoded(
        pixels,
        "DICOM",
        (rows, columns),
        int(dataset.get("BitsStored") or dataset.BitsAllocated),
        frames,
        modality,
        photometric,
        window,
        _spacing(dataset),
        (*_modality_warning(modality), *warnings),
    )


def parse(data: bytes) -> Dataset:
    """The data set, given a transfer syntax where it names none. Raises ImageError when it has no image."""
    if data.startswith(_MARK):
        data = bytes(128) + data
    _check_inflated(data)
    dataset = dcmread(io.BytesIO(data), force=True)
    if "Rows" not in dataset or not any(keyword in dataset for keyword in _PIXELS):
        kind = str(dataset.get("Modality") or "unnamed")
        raise ImageError(f"is DICOM without an image (modality {kind}).", hint="Choose the image itself.")
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


def _check_compressed(dataset: Dataset, frame: int, frames: int) -> None:
    """Refuse a frame no codec here can read, or that states another size: codecs allocate what it states."""
    if dataset.file_meta.TransferSyntaxUID == JPEGExtended12Bit and dataset.BitsAllocated > 8:
        hint = "Export it uncompressed or as JPEG 2000."
        raise ImageError("is compressed as 12-bit lossy JPEG, which cannot be read here.", hint=hint)
    inside = stated_size(get_frame(dataset.PixelData, frame, number_of_frames=frames))
    if inside not in (None, (dataset.Rows, dataset.Columns)):
        outside = f"{dataset.Columns} x {dataset.Rows}"
        raise ImageError(f"holds an image of another size than the {outside} it says.", hint="It is damaged.")


def stored_values(dataset: Dataset, frame: int) -> Values:
    """Stored values [H, W], or colours [H, W, 3], of one frame."""
    samples, allocated = int(dataset.get("SamplesPerPixel") or 1), int(dataset.BitsAllocated)
    if samples not in (1, 3) or allocated not in (1, 8, 16, 32, 64):
        hint = "Export it as grey or RGB."
        raise ImageError(f"has {samples} samples of {allocated} bits a pixel.", hint=hint)
    values: Values = pixel_array(dataset, index=frame)
    stored = int(dataset.get("BitsStored") or allocated)
    native = not dataset.file_meta.TransferSyntaxUID.is_encapsulated
    if native and values.dtype.kind in "iu" and stored < allocated:
        spare = values.dtype.type(8 * values.itemsize - stored)  # old files keep overlays in the unused bits
        values = values << spare >> spare
    return values


def _from_colour(values: Values) -> tuple[Grey, tuple[str, ...]]:
    """Colours [H, W, 3] of whole numbers -> grey 0..1, warnings."""
    shares = LUMINANCE / np.float32(np.iinfo(values.dtype).max)
    grey = np.zeros(values.shape[:2], np.float32)
    for channel, share in enumerate(shares):
        grey += values[..., channel].astype(np.float32) * share
    some = values[:: max(1, len(values) // 128), :: max(1, values.shape[1] // 128)]
    return grey, colour_warning((some >> 8 * (values.itemsize - 1)).astype(np.uint8))


def _presented(values: Values, dataset: Dataset) -> tuple[Grey, Window | None, tuple[str, ...]]:
    """Stored values -> what a viewer would show, 0..1, before any inversion; the window; warnings."""
    measured = _measured(values, dataset)
    window, warnings = _window(dataset), ()
    if dataset.get("VOILUTSequence"):
        shown, window = _looked_up(measured, dataset), None
    elif window is not None:
        function = str(dataset.get("VOILUTFunction") or "LINEAR")
        shown = _windowed(measured.astype(np.float32), window, function)
    else:
        shown, window = _by_percentiles(measured, _padding(values, dataset))
    if shown.min() == shown.max() and values.min() < values.max():
        shown, window = _by_percentiles(measured, _padding(values, dataset))
        return shown, window, ("Its own window shows nothing of it; percentiles are used.",)
    return shown, window, warnings


def _measured(values: Values, dataset: Dataset) -> Values:
    """Modality LUT: stored values -> what the detector measured."""
    if dataset.get("ModalityLUTSequence"):
        return np.asarray(apply_modality_lut(values, dataset))
    slope, intercept = _first(dataset.get("RescaleSlope")), _first(dataset.get("RescaleIntercept"))
    if slope in (None, 1) and intercept in (None, 0):
        return values
    measured: Grey = values.astype(np.float32) * np.float32(slope or 1) + np.float32(intercept or 0)
    return measured


def _looked_up(measured: Values, dataset: Dataset) -> Grey:
    """The first VOI LUT, to 0..1."""
    whole = measured if measured.dtype.kind in "iu" else np.rint(measured).astype(np.int32)
    top = 2 ** int(dataset.VOILUTSequence[0].LUTDescriptor[2]) - 1
    return ramp(np.asarray(apply_voi(whole, dataset)).astype(np.float32), top / 2, top)


def _window(dataset: Dataset) -> Window | None:
    """The first window of the file, if it has a usable one."""
    centre, width = _first(dataset.get("WindowCenter")), _first(dataset.get("WindowWidth"))
    if centre is None or width is None or not np.isfinite(centre) or not 0 < width < np.inf:
        return None
    return centre, width


def _windowed(measured: Grey, window: Window, function: str) -> Grey:
    """PS3.3, C.11.2.1.2 (LINEAR) and C.11.2.1.3 (LINEAR_EXACT, SIGMOID), to 0..1."""
    centre, width = window
    if function == "SIGMOID":
        steps = np.clip((measured - np.float32(centre)) * np.float32(-4 / width), -80, 80)
        shown: Grey = 1 / (1 + np.exp(steps))
        return shown
    if function == "LINEAR_EXACT":
        return ramp(measured, centre, width)
    return ramp(measured, centre - 0.5, max(width - 1, 1e-6))


def _by_percentiles(measured: Values, padding: NDArray[np.bool_] | None) -> tuple[Grey, Window]:
    greys = measured.astype(np.float32)
    _, window = stretched(greys if padding is None else greys[~padding])
    return ramp(np.nan_to_num(greys), *window), window


def _padding(values: Values, dataset: Dataset) -> NDArray[np.bool_] | None:
    """Where pixels lie outside the detector's image (PS3.3, C.7.5.1.1.2), unless that is everywhere."""
    value = _first(dataset.get("PixelPaddingValue"))
    if value is None:
        return None
    limit = _first(dataset.get("PixelPaddingRangeLimit"))
    low, high = sorted((value, value if limit is None else limit))
    padding = (values >= low) & (values <= high)
    return padding if padding.any() and not padding.all() else None


def _spacing(dataset: Dataset) -> tuple[float, float] | None:
    """(row, column) in mm: at the detector for projections, in the patient for slices."""
    spacing = dataset.get("ImagerPixelSpacing") or dataset.get("PixelSpacing")
    return (float(spacing[0]), float(spacing[1])) if spacing and len(spacing) == 2 else None


def _first(value: Any) -> float | None:
    """The first of a value that may have several, or none."""
    if isinstance(value, (list, tuple)) or hasattr(value, "append"):
        value = value[0] if len(value) else None
    return None if value in (None, "", b"") else float(value)


def _modality_warning(modality: str | None) -> tuple[str, ...]:
    if modality in RADIOGRAPHS:
        return ()
    if modality is None:
        return ("The file does not say how the image was taken.",)
    return (f"This is {_NAMES.get(modality, f'of modality {modality}')}, not a radiograph.",)
