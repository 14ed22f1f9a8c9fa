"""As what a perturbed film can be saved, in words; `saved` does it. No torch, which the window precedes."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class SavedKind:
    """A kind of file. name: in `--format`; file: how `attack` calls it; suffix: how such files end."""

    name: str
    title: str
    meaning: str
    file: str
    suffix: str


SAVED_KINDS = {
    kind.name: kind
    for kind in (
        SavedKind(
            "png8",
            "PNG, 8 bits",
            "Opens everywhere. Rounded to 256 levels and kept inside epsilon.",
            "perturbed.png",
            ".png",
        ),
        SavedKind(
            "png16",
            "PNG, 16 bits",
            "65,536 levels keep what 8 bits lose; few programs read all.",
            "perturbed-16bit.png",
            ".png",
        ),
        SavedKind(
            "dicom",
            "DICOM",
            "Secondary Capture of no patient, marked ADVERSARIAL, not for clinical use.",
            "perturbed.dcm",
            ".dcm",
        ),
    )
}
