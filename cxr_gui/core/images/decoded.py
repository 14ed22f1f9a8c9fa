"""What the two decoders share: their result, their limits, and what the libraries below them raise."""

from __future__ import annotations

import struct
import zlib
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from cxr_gui.core.base.errors import ImageError

MAX_PIXELS = 150_000_000
"""Pixels of the largest image that is decoded; above `halving.KEPT_PIXELS` it is halved each way while it is.
Checked on the size in the header, before anything is allocated for it."""

MAX_SIDE = 30_000
"""Longest side that is decoded: no detector is longer, and strips waste memory in the decoders."""

DECODER_ERRORS = (
    ArithmeticError,
    AssertionError,
    AttributeError,
    BufferError,
    EOFError,
    LookupError,
    MemoryError,
    OSError,
    RuntimeError,
    SyntaxError,
    TypeError,
    ValueError,
    Warning,
    struct.error,
    zlib.error,
    Image.DecompressionBombError,
)
"""What Pillow, pydicom and their plug-ins were seen to raise for damaged files.

They promise no common base class: a parser stumbles wherever the damage lies, over a missing key, a short
buffer, a division by zero. Named one by one so that whatever is not a decoder's stumble (an interrupt, an
exit) passes. Warning: under `-W error` a library's warning about a file is raised.
"""

Grey = NDArray[np.float32]
LUMINANCE = np.array([0.299, 0.587, 0.114], np.float32)
"""Grey of red, green and blue (ITU-R 601), as Pillow's convert("L")."""


class Acquisition(NamedTuple):
    """Of whom, how and with what an image was taken, each in words; None where its file does not say it,
    or not so that it can be read.
    """

    view: str | None = None
    age: str | None = None
    sex: str | None = None
    device: str | None = None


@dataclass(frozen=True, eq=False)
class Facts:
    """What a file says of its image, and how that was made into grey pixels.

    size         (H, W) of the image in the file, before it was turned upright
    bits         significant bits of a stored value
    frames       images in the file
    modality, photometric   as DICOM says them
    window       (centre, width) in the units of the measured values
    window_from  whose window or VOI LUT: "this frame", "all frames", "the file" or "percentiles"
    spacing      (row, column) distance of the radiograph's pixels in mm
    halved       True when the file's image was too large to keep: the radiograph is half of `size` each way
    warnings     sentences a person should see, such as that this is a colour photograph
    burned_in    a DICOM file says that annotation identifying the patient is in its pixels
    acquisition  of whom, how and with what a DICOM file says it was taken; no export has it
    """

    format: str
    size: tuple[int, int]
    bits: int
    frames: int = 1
    modality: str | None = None
    photometric: str | None = None
    window: tuple[float, float] | None = None
    window_from: str | None = None
    spacing: tuple[float, float] | None = None
    halved: bool = False
    warnings: tuple[str, ...] = ()
    burned_in: bool = False
    acquisition: Acquisition = field(default_factory=Acquisition)


Decoded = tuple[Grey, Facts]
"""Pixels float32 [H, W] in 0..1, and what their file says of them."""


def halved_warning(size: tuple[int, int], halved: bool) -> tuple[str, ...]:
    """A warning when an image of `size` (H, W) was too large to keep."""
    if not halved:
        return ()
    height, width = size
    return (f"It has {width:,} x {height:,} pixels; it is read at half of that each way, to fit in memory.",)


def check_size(height: int, width: int) -> None:
    """Raise ImageError for a size in a header that no radiograph has."""
    if height < 1 or width < 1:
        raise ImageError("has no pixels.", hint="It is damaged.")
    if height * width > MAX_PIXELS or max(height, width) > MAX_SIDE:
        raise ImageError(
            f"claims {width:,} x {height:,} pixels, more than any radiograph has.",
            hint="Make it smaller in another program, if it is what you want.",
        )


def check_frame(frame: int, frames: int) -> None:
    """Raise ImageError for a frame that is not in the file; it is counted from 0, and named from 1."""
    if not 0 <= frame < frames:
        raise ImageError(
            f"has no frame {frame + 1}.",
            hint=f"Choose one from 1 to {frames}." if frames > 1 else "It has only one.",
        )


def stretched(values: NDArray[np.floating]) -> tuple[Grey, tuple[float, float]]:
    """Values of unknown meaning -> 0..1 between their 0.5th and 99.5th percentile; also (centre, width)."""
    finite = values if np.isfinite(values).all() else values[np.isfinite(values)]
    if not finite.size:
        raise ImageError("has no finite pixel values.", hint="It is damaged.")
    low, high = (
        float(value) for value in np.percentile(finite[:: max(1, finite.size // 1_000_000)], (0.5, 99.5))
    )
    window = ((low + high) / 2, max(high - low, 1e-6 * max(1.0, abs(low), abs(high))))
    return ramp(np.nan_to_num(values, nan=low), *window), window


def ramp(values: NDArray[np.floating], centre: float, width: float) -> Grey:
    """0 at centre - width / 2, 1 at centre + width / 2, straight between; float64 is worked out as such."""
    scaled = values - values.dtype.type(centre - width / 2)
    scaled /= values.dtype.type(width)
    return np.clip(scaled, 0, 1, out=scaled).astype(np.float32, copy=False)


def colour_warning(rgb: NDArray[np.uint8]) -> tuple[str, ...]:
    """A warning when an RGB image [H, W, 3] has real colour: more than a tint of compression on 1 % of it."""
    red, green, blue = (rgb[..., channel] for channel in range(3))
    spread = np.maximum(np.maximum(red, green), blue) - np.minimum(np.minimum(red, green), blue)
    coloured = float(np.mean(spread > 32))
    return ("This is a colour image; a radiograph is grey.",) if coloured > 0.01 else ()
