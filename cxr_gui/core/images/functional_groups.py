"""Enhanced multi-frame DICOM: what its functional groups say about one of the frames (PS3.3, C.7.6.16).

Such an object says how to read its values, how to show them and how far apart they lie for every frame of its
own, or once for all, and no longer in the data set itself. Here it is put back where the rest looks for it.
"""

from __future__ import annotations

from typing import Any

from pydicom import Dataset

FRAME, SHARED, FILE = "this frame", "all frames", "the file"
"""Where a window was found: in the frame's own groups, in the shared ones, in the data set itself."""

MACROS = {
    "FrameVOILUTSequence": ("WindowCenter", "WindowWidth", "VOILUTFunction", "VOILUTSequence"),
    "PixelValueTransformationSequence": ("RescaleSlope", "RescaleIntercept", "ModalityLUTSequence"),
    "PixelMeasuresSequence": ("PixelSpacing",),
    "FramePixelDataPropertiesSequence": ("ImagerPixelSpacing",),
}
"""A group -> all that it decides (C.7.6.16.2.10 and .10b, C.7.6.16.2.9, C.7.6.16.2.1, C.8.19.6.4).

A Modality LUT is never inside one, but a frame's own rescale takes its place.
"""


def resolve_groups(dataset: Dataset, frame: int) -> str | None:
    """Put what the groups say of a frame into the data set; returns which of the above has the window.

    A frame's own group goes before the shared one, and that before the data set itself; each replaces all
    that it decides, so that no window goes with another's VOI LUT. Groups for too few frames leave the rest
    as they are. Returns None when there is neither window nor VOI LUT.
    """
    found = FILE if _has_window(dataset) else None
    shared = _item(dataset, "SharedFunctionalGroupsSequence", 0)
    own = _item(dataset, "PerFrameFunctionalGroupsSequence", frame)
    for groups, where in ((shared, SHARED), (own, FRAME)):
        for name, elements in MACROS.items():
            group = _item(groups, name, 0)
            said = [keyword for keyword in elements if _says(group, keyword)]
            if not said:
                continue
            for keyword in elements:
                dataset.pop(keyword, None)
            for keyword in said:
                dataset[keyword] = group[keyword]
            if _has_window(group):
                found = where
    return found


def _has_window(dataset: Dataset) -> bool:
    return _says(dataset, "WindowCenter") or _says(dataset, "VOILUTSequence")


def _says(dataset: Dataset, keyword: str) -> bool:
    return keyword in dataset and not dataset[keyword].is_empty


def _item(dataset: Dataset, name: str, number: int) -> Dataset:
    """One item of a sequence, or an empty one."""
    items: Any = dataset.get(name) or ()
    return items[number] if number < len(items) else Dataset()
