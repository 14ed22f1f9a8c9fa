"""Labels that a folder or a second table contradicts."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

from cxr_gui.core.base.errors import DatasetError
from cxr_gui.core.base.spelling import folded
from cxr_gui.core.data.label_table import LabelTable
from cxr_gui.core.data.reading import ClassesError
from cxr_gui.core.data.records import CONTRADICTION, UNUSED, Problem, Record
from cxr_gui.core.data.testimony import about_files, alike, below, heard
from cxr_gui.core.data.vocabulary import is_negative, is_positive

Sayings = Mapping[str, frozenset[str]]  # labels by file


def contradictions(
    root: Path,
    records: tuple[Record, ...],
    classes: tuple[str, str],
    by_folder: Mapping[str, str],
    tables: Iterable[LabelTable],
    *,
    guessed: bool,
) -> list[Problem]:
    """Where what did not label the records says otherwise than their labels, in words that are known.

    by_folder  {path: the class of its folder}, of records that a table labelled
    tables     those that did not label them
    """
    groups = alike(table for table in tables if table.has_labels)
    if not groups and not by_folder:
        return []
    names = {below(root, record): record for record in records if record.label is not None}
    in_folders = {
        file: frozenset({by_folder[record.path]})
        for file, record in names.items()
        if record.path in by_folder
    }
    sayings: list[tuple[Path, str, Sayings]] = [(root, "has {} in the folder of another class", in_folders)]
    problems = []
    for group in groups:
        try:
            said = heard(group, None if guessed else classes[1], list(names))
        except ClassesError:  # it is about other things: there is nothing to compare
            continue
        except DatasetError as error:
            problems.append(Problem(str(group[0].path), f"{error.what} {error.hint}", UNUSED))
            continue
        by_table = {file: said.classes(file) for file in said.rows}
        sayings.append((said.path, "gives another label to {}", by_table))
    for path, what, labels in sayings:
        against = [
            file
            for file, found in labels.items()
            if {_known(label, classes, guessed) for label in found} - {None, names[file].label}
        ]
        if against:
            problems.append(about_files(path, what, against, root, CONTRADICTION))
    return problems


def _known(label: str, classes: tuple[str, str], guessed: bool) -> str | None:
    """Which of two classes a label is: by its name, or else by whether it is a word for something found."""
    negative, positive = classes
    key = folded(label)
    for name in classes:
        if key == folded(name):
            return name
    if guessed:
        return None
    if is_negative(label) or key == folded(f"No {positive}"):
        return negative
    return positive if is_positive(label) else None
