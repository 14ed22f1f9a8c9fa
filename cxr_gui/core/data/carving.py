"""Setting patients aside: splits that share no patient and have the same share of each class."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from cxr_gui.core.data.records import Dataset, Record

ENOUGH = 100
"""Images of a validation split that is used as it is; accuracy on fewer is uncertain by ten percent."""

TEST_FRACTION = 0.2


def carve_validation(dataset: Dataset, *, seed: int, fraction: float = 0.15) -> Dataset:
    """Set aside `fraction` of train as validation, where validation is missing, too small or one-sided.

    100 labelled images of both classes are enough. What validation there is joins train first. Patients stay
    whole, each class gives its share, and the seed decides which; unlabelled images stay in train. Returns
    the dataset itself when it has validation enough, or when a class has fewer than two patients to divide.
    """
    if validated(dataset) >= ENOUGH:
        return dataset
    pool = tuple(record for record in dataset.records if record.split in ("train", "validation"))
    chosen = chosen_patients(pool, seed=seed, fraction=fraction)
    if not chosen:
        return dataset
    records = tuple(
        record
        if record.split == "test"
        else replace(record, split="validation" if record.owner in chosen and record.label else "train")
        for record in dataset.records
    )
    return replace(dataset, records=records)


def validated(dataset: Dataset) -> int:
    """Images that the validation split has to choose by: with a label, and none where a class is missing."""
    counts = [len(dataset.of("validation", label)) for label in dataset.classes]
    return sum(counts) if all(counts) else 0


def chosen_patients(records: Sequence[Record], *, seed: int, fraction: float) -> frozenset[str]:
    """Patients who together have about `fraction` of the images of each class; none when that cannot be.

    A record without a patient is its own. A patient with images of both classes counts for the class
    that most of them have.
    """
    labels: dict[str, Counter[str]] = defaultdict(Counter)
    for record in records:
        if record.label is not None:
            labels[record.owner][record.label] += 1
    patients: dict[str, list[str]] = defaultdict(list)
    for patient in sorted(labels):
        patients[labels[patient].most_common(1)[0][0]].append(patient)
    if len(patients) < 2 or min(map(len, patients.values())) < 2:
        return frozenset()
    random = np.random.default_rng(seed)
    chosen: set[str] = set()
    for label in sorted(patients):
        shuffled = [patients[label][place] for place in random.permutation(len(patients[label]))]
        sizes = np.cumsum([labels[patient].total() for patient in shuffled])
        enough = 1 + int(np.searchsorted(sizes, fraction * sizes[-1]))
        chosen.update(shuffled[: min(enough, len(shuffled) - 1)])
    return frozenset(chosen)


def with_test_split(records: Sequence[Record], *, seed: int = 0) -> tuple[Record, ...]:
    """Records of a dataset without splits: a fifth of the patients of each class as test, the others train.

    All of them are test when a class has fewer than ten patients: that is too little to learn from.
    """
    patients = {label: set[str]() for label in {record.label for record in records} - {None}}
    for record in records:
        if record.label is not None:
            patients[record.label].add(record.owner)
    few = len(patients) < 2 or min(map(len, patients.values())) < 10
    chosen = chosen_patients(records, seed=seed, fraction=TEST_FRACTION)
    return tuple(
        replace(record, split="test" if few or record.label is None or record.owner in chosen else "train")
        for record in records
    )
