"""The checks of the audit on where labels are from: each lists what was found while the folder was read."""

from __future__ import annotations

from itertools import chain

from cxr_gui.core.data.findings import PROBLEM, WARNING, Finding, passed
from cxr_gui.core.data.records import CONTRADICTION, NO_FILE, NO_ROW, SPELLING, UNUSED, Dataset

_CHECKS = {
    CONTRADICTION: (
        PROBLEM,
        "No file is known to have two labels.",
        "Find out which label is right.",
    ),
    SPELLING: (
        WARNING,
        "The name of each class is written in one way.",
        "If they are not one class, give one of them another name.",
    ),
    NO_FILE: (
        WARNING,
        "No row of a table of labels is without its file.",
        "Check that nothing is missing that belongs to the dataset.",
    ),
    NO_ROW: (
        WARNING,
        "No file is without a label for want of a row.",
        "They are used neither to train nor to measure; add them to the table.",
    ),
    UNUSED: (
        WARNING,
        "No table beside the images was left unused.",
        "If it has labels, name its columns as expected.",
    ),
}


def about_labels(dataset: Dataset) -> list[Finding]:
    """A finding for each check; its number is that of the files, or else of the things, that it lists."""
    return [_listed(name, dataset) for name in _CHECKS]


def _listed(name: str, dataset: Dataset) -> Finding:
    severity, fine, advice = _CHECKS[name]
    problems = [problem for problem in dataset.problems if problem.check == name]
    if not problems:
        return passed(name, fine)
    paths = tuple(chain(*(problem.paths or (problem.path,) for problem in problems)))
    summary = " ".join(f"{problem.path} {problem.what}" for problem in problems)
    return Finding(name, severity, summary, advice, {"listed": len(paths)}, paths)
