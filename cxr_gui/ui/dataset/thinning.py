"""Which of the images that say the same are one too many for training."""

from __future__ import annotations

from collections.abc import Collection

import numpy as np
from numpy.typing import NDArray

from cxr_gui.ui.dataset.record_index import RecordIndex

TEST = "test"


def surplus(
    index: RecordIndex, places: NDArray[np.intp], groups: NDArray[np.intp], excluded: Collection[str]
) -> tuple[list[str], int]:
    """The paths to leave out so that training has one of each group, none where the test split has one.

    places    of records, and groups, of the same length, the number of the group that each is of
    excluded  the paths that are left out already

    Returns the paths, and how many groups were passed over because their labels contradict each other: nobody
    knows which to keep.
    """
    too_many: list[str] = []
    contradicting = 0
    for group in np.unique(groups):
        records = [index.records[place] for place in np.sort(places[groups == group])]
        if len({record.label for record in records} - {None}) > 1:
            contradicting += 1
            continue
        in_test = any(record.split == TEST for record in records)
        trained = [record for record in records if record.split != TEST and record.path not in excluded]
        trained.sort(key=lambda record: index.splits.index(record.split))
        too_many += [record.path for record in trained[0 if in_test else 1 :]]
    return too_many, contradicting
