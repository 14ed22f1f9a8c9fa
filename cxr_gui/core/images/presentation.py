"""Stored values of a grey DICOM image -> what a viewer shows.

Modality LUT, then VOI LUT or window (PS3.3, C.11.1 and C.11.2), then MONOCHROME1 (C.7.6.3.1.2) and padding
(C.7.5.1.1.2).
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from pydicom import Dataset

from cxr_gui.core.base.errors import ImageError
from cxr_gui.core.images.decoded import Grey, ramp, stretched
from cxr_gui.core.images.elements import broken, number_of, numbers_of, value_of

PERCENTILES = "percentiles"
"""Where a window is from when the file has none that shows anything."""

FUNCTIONS = ("LINEAR", "LINEAR_EXACT", "SIGMOID")
NEARLY_ALL, EDGE = 0.9, 0.05
"""A film is said to be white (black) when this share of it is within so much of white (black)."""

LARGEST_SAMPLE = 1_000_000
"""Pixels that such a share is taken of."""

Values = NDArray[Any]  # integers of 8 to 64 bits, or floats
Mask = NDArray[np.bool_] | None
Window = tuple[float, float]  # centre and width


class Shown(NamedTuple):
    """What a viewer would show, 0..1, and by which window."""

    pixels: Grey
    window: Window | None = None
    window_from: str | None = None
    warnings: tuple[str, ...] = ()


def present(values: Values, dataset: Dataset, where: str | None) -> Shown:
    """Stored values [H, W] -> what is shown by the VOI LUT or window, from `where`, or by percentiles.

    Padding is black and has no part in the percentiles. A VOI LUT that breaks the standard, or shows nothing,
    gives way to a window, and that to percentiles, with a warning. Raises ImageError for a modality LUT that
    breaks the standard, for without it nothing is known.
    """
    padding = _padding(values, dataset)
    shown = _shown(values, dataset, where, padding)
    if dataset.PhotometricInterpretation == "MONOCHROME1":
        np.subtract(1, shown.pixels, out=shown.pixels)
    if padding is not None:
        shown.pixels[padding] = 0
    own = shown.window_from != PERCENTILES and not _flat(values, padding)
    return shown._replace(warnings=(*shown.warnings, *(_extremes(shown.pixels, padding) if own else ())))


def _shown(values: Values, dataset: Dataset, where: str | None, padding: Mask) -> Shown:
    measured = _measured(values, dataset)
    refused = []
    for name, way in (("VOI LUT", _by_table), ("window", _by_window)):
        try:
            shown = way(measured, dataset)
        except ImageError as error:
            refused.append(f"Its {name} {error.what.rstrip('.')}")
            continue
        if shown is None:
            continue
        if not _flat(shown.pixels, padding) or _flat(values, padding):
            said = (*(f"{reason}; its {name} is used." for reason in refused), *shown.warnings)
            return shown._replace(window_from=where, warnings=said)
        refused.append(f"Its own {name} shows nothing of it")
    shown = _by_percentiles(measured, padding)
    return shown._replace(warnings=tuple(f"{reason}; percentiles are used." for reason in refused))


def _measured(values: Values, dataset: Dataset) -> Values:
    """Modality LUT: stored values -> what the detector measured."""
    tables = value_of(dataset, "ModalityLUTSequence")
    if tables:
        return _looked_up(values, tables[0])[0]
    slope, intercept = number_of(dataset, "RescaleSlope"), number_of(dataset, "RescaleIntercept")
    if slope in (None, 1) and intercept in (None, 0):
        return values
    measured: Grey = values.astype(np.float32) * np.float32(slope or 1) + np.float32(intercept or 0)
    return measured


def _looked_up(values: Values, table: Dataset) -> tuple[Values, int]:
    """The entries of a lookup table at `values`, and their bits (C.11.1.1.1, C.11.2.1.1). Raises ImageError.

    Not by pydicom, which counts the entries of a table of 8 bits in 8 bits: of more than 256 it takes others.
    """
    descriptor = [int(number) for number in numbers_of(table, "LUTDescriptor")]
    if len(descriptor) != 3 or not 1 <= descriptor[2] <= 16:
        raise broken("LUTDescriptor", f"is {descriptor}")
    count, first, bits = descriptor[0] % 2**16 or 2**16, descriptor[1], descriptor[2]
    data = value_of(table, "LUTData")
    if isinstance(data, bytes):
        packed = bits <= 8 and len(data) < 2 * count
        wide = "<u2" if table.original_encoding[1] is not False else ">u2"
        entries = np.frombuffer(data if packed else data[: len(data) // 2 * 2], "u1" if packed else wide)
    else:
        entries = np.array(numbers_of(table, "LUTData"), np.uint16)
    if len(entries) < count:
        raise broken("LUTData", f"has {len(entries):,} of {count:,} entries")
    if first >= 2**15 and values.min() < 0:  # written without its sign
        first -= 2**16
    if values.dtype.kind == "f":
        values = np.rint(np.nan_to_num(values)).clip(first, first + count - 1)
    places: NDArray[np.signedinteger] = values.astype(np.int32 if values.itemsize <= 2 else np.int64)
    places -= first
    return entries[np.clip(places, 0, count - 1, out=places)], bits


def _by_table(measured: Values, dataset: Dataset) -> Shown | None:
    """By the first VOI LUT."""
    tables = value_of(dataset, "VOILUTSequence")
    if not tables:
        return None
    entries, bits = _looked_up(measured, tables[0])
    top = 2**bits - 1
    return Shown(ramp(entries.astype(np.float32), top / 2, top))


def _by_window(measured: Values, dataset: Dataset) -> Shown | None:
    """By the first window."""
    centre, width = number_of(dataset, "WindowCenter"), number_of(dataset, "WindowWidth")
    if centre is None or width is None:
        return None
    if width <= 0:
        raise broken("WindowWidth", f"is {width:g}")
    function = str(value_of(dataset, "VOILUTFunction") or FUNCTIONS[0]).strip().upper()
    said = f"Its VOI LUT function '{function}' is unknown; LINEAR is used."
    pixels = _windowed(measured.astype(np.float32), (centre, width), function)
    return Shown(pixels, (centre, width), None, () if function in FUNCTIONS else (said,))


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


def _by_percentiles(measured: Values, padding: Mask) -> Shown:
    greys = measured.astype(np.float32)
    _, window = stretched(_kept(greys, padding))
    return Shown(ramp(np.nan_to_num(greys), *window), window, PERCENTILES)


def _padding(values: Values, dataset: Dataset) -> Mask:
    """Where pixels lie outside the detector's image, unless that is everywhere."""
    kind = {"f4": "Float", "f8": "DoubleFloat"}.get(values.dtype.str[1:], "")
    value = number_of(dataset, f"{kind}PixelPaddingValue")
    if value is None:
        return None
    limit = number_of(dataset, f"{kind}PixelPaddingRangeLimit")
    ends = [value, value if limit is None else limit]
    if values.dtype.kind == "i" and values.itemsize == 2:  # some are written without their sign
        ends = [end - 2**16 if end >= 2**15 else end for end in ends]
    padding = (values >= min(ends)) & (values <= max(ends))
    return padding if padding.any() and not padding.all() else None


def _kept(values: Values, padding: Mask) -> Values:
    return values if padding is None else values[~padding]


def _flat(values: Values, padding: Mask) -> bool:
    kept = _kept(values, padding)
    return bool(kept.min() == kept.max())


def _extremes(pixels: Grey, padding: Mask) -> tuple[str, ...]:
    """A warning when a window leaves little between black and white to be seen."""
    kept = _kept(pixels, padding).reshape(-1)
    some = kept[:: max(1, kept.size // LARGEST_SAMPLE)]
    shares = {"white": np.mean(some > 1 - EDGE), "black": np.mean(some < EDGE)}
    return tuple(
        f"Its own window makes {100 * share:.0f} % of it {tone}."
        for tone, share in shares.items()
        if share > NEARLY_ALL
    )
