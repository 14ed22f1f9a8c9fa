"""The checks of the audit: each looks for one thing that ruins studies and says what it found, in words."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain, combinations
from typing import TYPE_CHECKING

from cxr_gui.core.base.wording import counted
from cxr_gui.core.data.carving import ENOUGH, validated
from cxr_gui.core.data.records import SPLITS, Dataset, Record

if TYPE_CHECKING:
    from cxr_gui.core.data.duplicates import Groups
    from cxr_gui.core.data.examination import Examined, Unreadable

FINE, INFORMATION, WARNING, PROBLEM = "fine", "information", "warning", "problem"
"""Looked for and not found; told, for it cannot be wrong; be aware of it; it makes results wrong."""

LEVELS = (PROBLEM, WARNING, INFORMATION, FINE)

MAX_MAJORITY = 2 / 3
"""Share of the larger class from which accuracy says little."""

NO_LABELS, NOTHING_READ = "There are no labels.", "none of the files can be read."


@dataclass(frozen=True)
class Finding:
    """What the audit has to say of one thing.

    severity   one of LEVELS
    advice     what to do; empty when there is nothing to do
    numbers    what was counted or measured, by name
    paths      the files concerned
    groups     the same, those that belong together
    redundant  True when one file of each group says all that the group does
    """

    name: str
    severity: str
    summary: str
    advice: str = ""
    numbers: Mapping[str, float] = field(default_factory=dict)
    paths: tuple[str, ...] = ()
    groups: tuple[tuple[str, ...], ...] = ()
    redundant: bool = False

    @property
    def passed(self) -> bool:
        """Whether nothing is wrong."""
        return self.severity in (FINE, INFORMATION)

    @property
    def verdict(self) -> str:
        """Its severity in a word; of a check that found nothing "passed"."""
        return "passed" if self.severity == FINE else self.severity


def passed(name: str, summary: str, numbers: Mapping[str, float] | None = None) -> Finding:
    """A check that found nothing wrong."""
    return Finding(name, FINE, summary, numbers=numbers or {})


def told(name: str, summary: str, numbers: Mapping[str, float] | None = None) -> Finding:
    """Nothing that could be wrong, and good to know."""
    return Finding(name, INFORMATION, summary, numbers=numbers or {})


def not_made(name: str, why: str, advice: str = "") -> Finding:
    """A check that could not be made: it has not passed."""
    return Finding(name, WARNING, f"This could not be checked: {why}", advice)


def imbalance(dataset: Dataset) -> Finding:
    """Accuracy of always answering with the larger class, per split, and whether each split has both."""
    name, shares, without = "Class balance", {}, []
    for split, counts in dataset.counts().items():
        labelled = {label: counts.get(label, 0) for label in dataset.classes}
        if total := sum(labelled.values()):
            largest = max(labelled, key=labelled.__getitem__)
            shares[split] = (labelled[largest] / total, largest)
            without += [f"{split} has no {label}" for label, number in labelled.items() if not number]
    if not shares:
        return told(name, NO_LABELS)
    said = "; ".join(f"{split} {100 * share:.1f} % {label}" for split, (share, label) in shares.items())
    numbers = {split: share for split, (share, _) in shares.items()}
    summary = f"Always answering with the larger class is right for: {said}."
    if max(share for share, _ in shares.values()) <= MAX_MAJORITY:
        return passed(name, summary, numbers)
    if without:
        advice = "Look whether images are missing: a split of one class measures nothing."
        return Finding(name, PROBLEM, f"{'; '.join(without)}. {summary}", advice, numbers)
    advice = "Compare accuracies with these numbers; report sensitivity, specificity and AUROC too."
    return Finding(name, WARNING, summary, advice, numbers)


def unreadable(files: Sequence[Unreadable], total: int) -> Finding:
    """Files that cannot be decoded."""
    name, numbers = "Unreadable files", {"files": len(files), "of": total}
    if not files:
        return passed(name, f"0 of {total:,} files are unreadable.", numbers)
    summary = f"{len(files):,} of {total:,} files cannot be read, such as {_name(files[0].record)}, which "
    paths = tuple(file.record.path for file in files)
    advice = "They are left out; copy or download them again."
    return Finding(name, PROBLEM, summary + files[0].what, advice, numbers, paths)


def left_out(dataset: Dataset) -> Finding:
    """What lies in the folder and is not part of the dataset."""
    name, problems = "Left out", [problem for problem in dataset.problems if not problem.check]
    if not dataset.listings:
        return told(name, f"Chosen one by one: {counted(len(dataset.records), 'file')}.")
    images = sum(len(listing.files) for listing in dataset.listings.values())
    missing = images - len(dataset.records)
    numbers = {"problems": len(problems), "images": images, "left out": missing}
    if not problems and not missing:
        return passed(name, f"All {images:,} images in the folder are part of the dataset.", numbers)
    summary = f"{missing:,} of {images:,} images in the folder are not part of the dataset."
    if problems:
        things = counted(len(problems), "thing")
        summary += f" {things} could not be used as found: {problems[0].path} {problems[0].what}"
    advice = "Check that nothing is missing that belongs to it."
    paths = tuple(problem.path for problem in problems)
    return Finding(name, WARNING, summary, advice, numbers, paths)


def splits(dataset: Dataset) -> Finding:
    """Whether somebody decided what is tested on."""
    name, numbers = "Splits", {split: len(dataset.of(split)) for split in dataset.counts()}
    said = ", ".join(f"{split} {number:,}" for split, number in numbers.items())
    if dataset.unsplit:
        summary = (
            f"Neither folders nor tables name the split of {counted(dataset.unsplit, 'image')}. "
            f"It was made, by patient where names tell them: {said}."
        )
        advice = "If the data has splits of its own, name the folders train, validation and test."
        return Finding(name, WARNING, summary, advice, numbers)
    return told(name, f"As the folders, the table or the choice of files say: {said}.", numbers)


def positive_class(dataset: Dataset) -> Finding:
    """Whether the positive class is known or guessed."""
    negative, positive = dataset.classes
    if not any(record.label for record in dataset.records):
        return told("Positive class", NO_LABELS)
    if not dataset.guessed:
        return told("Positive class", f"{positive} is the positive class, {negative} the negative one.")
    summary = f"It was guessed that {positive} is the positive class; neither name says so."
    return Finding("Positive class", WARNING, summary, "Set it if sensitivity and specificity look swapped.")


def duplicates(name: str, alike: str, examined: Sequence[Examined], groups: Groups) -> Finding:
    """Groups of images that are the same: a leak across splits, a contradiction across classes."""
    if not examined:
        return not_made(name, NOTHING_READ)
    if not groups:
        return passed(name, f"No two of {len(examined):,} readable files {alike}.", {"groups": 0, "files": 0})
    records = [[examined[index].record for index in group] for group in groups]
    places = [frozenset(record.split for record in group) for group in records]
    across = sum(len(place) > 1 for place in places)
    contradicting = sum(len({record.label for record in group} - {None}) > 1 for group in records)
    inside = [f"{places.count(frozenset({split}))} inside {split}" for split in SPLITS if {split} in places]
    said = ", ".join([*inside, f"{across} across splits", f"{contradicting} with different labels"])
    numbers = {
        "groups": len(groups),
        "files": sum(map(len, groups)),
        "across splits": across,
        "with different labels": contradicting,
    }
    many = counted(len(groups), "group")
    summary = f"{many} of files that {alike} ({numbers['files']:,} files): {said}."
    if contradicting:
        advice = "Find out which label is right; remove the others."
    elif across:
        advice = "Remove them from one of the splits: results on them measure memory."
    else:
        advice = "They count more than once; keep one of each."
    paths = tuple(tuple(record.path for record in group) for group in records)
    severity = PROBLEM if across or contradicting else WARNING
    return Finding(name, severity, summary, advice, numbers, tuple(chain(*paths)), paths, redundant=True)


def shared_patients(dataset: Dataset) -> Finding:
    """Patients with images in more than one split."""
    name = "Patients in several splits"
    images: dict[str, list[Record]] = defaultdict(list)
    for record in dataset.records:
        if record.patient is not None:
            images[record.patient].append(record)
    if len({record.split for record in dataset.records}) < 2:
        return told(name, "There is one split alone.")
    splits = {patient: {record.split for record in records} for patient, records in images.items()}
    numbers = {
        f"{first} and {second}": sum({first, second} <= found for found in splits.values())
        for first, second in combinations(SPLITS, 2)
    }
    if not any(numbers.values()):
        if unknown := len(dataset.records) - sum(map(len, images.values())):
            why = f"names tell no patient of {unknown:,} of {len(dataset.records):,} images."
            return not_made(name, why, "Say what in a path, or which column of a table, is the patient.")
        return passed(name, f"None of {len(images):,} patients is in more than one split.", numbers)
    said = ", ".join(f"{number} in both {pair}" for pair, number in numbers.items() if number)
    groups = tuple(
        tuple(record.path for record in records)
        for patient, records in sorted(images.items())
        if len(splits[patient]) > 1
    )
    summary = (
        f"Of {len(images):,} patients, as file names number them, {said}. If a number is one person, the "
        "splits leak; numbers may be given anew in each split (Kermany's may), so this is no proof."
    )
    advice = "Look at the pairs; if they are the same people, split again by patient."
    return Finding(name, WARNING, summary, advice, numbers, tuple(chain(*groups)), groups)


def validation_size(dataset: Dataset) -> Finding:
    """Whether the folder's own validation split is of use, or one is carved: nothing that can be wrong."""
    name, number = "Validation split", validated(dataset)
    if number >= ENOUGH:
        return told(name, f"{number:,} images.")
    if not dataset.of("train"):
        return told(name, "Without a train split none is needed.")
    have = f"has {counted(number, 'image')} of both classes, too few to choose by" if number else "is missing"
    if not number and dataset.of("validation"):
        have = "lacks a class or its labels"
    carved = "It is carved from train, by patient, where a recipe needs one."
    return told(name, f"The validation split {have}. {carved}")


def warned(examined: Sequence[Examined]) -> Finding:
    """Files that were read with a warning, such as colour photographs, CT slices, masks and other images."""
    name = "Not plain radiographs"
    if not examined:
        return not_made(name, NOTHING_READ)
    said = Counter(re.sub(r" \([^()]*\)", "", warning) for file in examined for warning in file.warnings)
    if not said:
        return passed(name, f"All {len(examined):,} readable files are single grey images like chest X-rays.")
    paths = tuple(file.record.path for file in examined if file.warnings)
    most = "; ".join(f"“{warning}” ({number:,})" for warning, number in said.most_common(3))
    summary = f"Of {counted(len(paths), 'file')} it is said: {most}."
    advice = "Look at them; of chest X-rays themselves, one in some 200 is called unlike them."
    return Finding(name, WARNING, summary, advice, {"files": len(paths)}, paths)


def _name(record: Record) -> str:
    return record.path.replace("\\", "/").rpartition("/")[2]
