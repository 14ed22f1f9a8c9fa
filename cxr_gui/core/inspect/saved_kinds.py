"""As what a perturbed film can be saved: a kind is one entry here, its words, its writer and its reader.

The libraries of the formats, which the window precedes, are imported by those who write and read.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from cxr_gui.core.base.registry import Registry
from cxr_gui.core.base.units import from_pixel

if TYPE_CHECKING:
    from cxr_gui.core.inspect.inspection import Inspection

Levels = NDArray[np.uint8] | NDArray[np.uint16]


@dataclass(frozen=True)
class SavedKind:
    """A kind of file. name: in `--format`; file: how `attack` calls it; suffix: how such files end.

    bits   of a stored level, 8 or 16
    write  put levels, uint8 or uint16 [H, W] or [H, W, 3], into a file
    read   the same levels of such a file, without another step in between
    """

    name: str
    title: str
    meaning: str
    file: str
    suffix: str
    bits: Callable[[Inspection], int]
    write: Callable[[Levels, Path, Inspection], None]
    read: Callable[[Path], Levels]


SAVED_KINDS: Registry[SavedKind] = Registry("kind of saved image")


def _write_png8(levels: Levels, path: Path, _of: Inspection) -> None:
    from PIL import Image

    Image.fromarray(levels).save(path, format="PNG")


def _read_png8(path: Path) -> Levels:
    from PIL import Image

    with Image.open(path) as file:
        return np.asarray(file)


def _write_png16(levels: Levels, path: Path, _of: Inspection) -> None:
    from cxr_gui.core.images import encode_png16

    path.write_bytes(encode_png16(levels.astype(np.uint16, copy=False)))


def _read_png16(path: Path) -> Levels:
    from cxr_gui.core.images import decode_png16

    return decode_png16(path.read_bytes())


def _write_dicom(levels: Levels, path: Path, of: Inspection) -> None:
    from cxr_gui.core.inspect import secondary_capture

    made = (
        f"{secondary_capture.ADVERSARIAL}. {of.attack.title}, threat model {of.threat}, "
        f"epsilon {from_pixel(of.epsilon, 'model'):.4g} in model units, "
        f"{from_pixel(of.epsilon, '255'):.4g}/255{f', of {of.which}' if of.which else ''}"
    )
    burned_in = of.source is not None and of.source.burned_in
    secondary_capture.write_levels(levels, path, made, burned_in=burned_in)


def _read_dicom(path: Path) -> Levels:
    from cxr_gui.core.inspect.secondary_capture import read_levels

    return read_levels(path)


for _kind in (
    SavedKind(
        "png8",
        "PNG, 8 bits",
        "Opens everywhere. Rounded to 256 levels and kept inside epsilon.",
        "perturbed.png",
        ".png",
        lambda _: 8,
        _write_png8,
        _read_png8,
    ),
    SavedKind(
        "png16",
        "PNG, 16 bits",
        "65,536 levels keep what 8 bits lose; few programs read all.",
        "perturbed-16bit.png",
        ".png",
        lambda _: 16,
        _write_png16,
        _read_png16,
    ),
    SavedKind(
        "dicom",
        "DICOM",
        "Secondary Capture of no patient, marked ADVERSARIAL, not for clinical use.",
        "perturbed.dcm",
        ".dcm",
        lambda of: 16 if of.perturbed.ndim == 2 else 8,  # of colours, the 8 bits that viewers show
        _write_dicom,
        _read_dicom,
    ),
):
    SAVED_KINDS.add(_kind.name, _kind)
