"""The audit: is this dataset fit for a study? What ruins studies, looked for before they begin."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import Any
from weakref import WeakKeyDictionary

import numpy as np

from cxr_gui.core.base.progress import Work
from cxr_gui.core.data import findings
from cxr_gui.core.data.duplicates import SIDE, exact_groups, near_groups
from cxr_gui.core.data.examination import examine
from cxr_gui.core.data.findings import LEVELS, Finding
from cxr_gui.core.data.label_findings import about_labels
from cxr_gui.core.data.likeness import likeness_of_splits, shortcuts
from cxr_gui.core.data.records import Dataset

WIDTH = max(map(len, LEVELS))
LISTED = 3
"""Files, or groups of files, of a finding that are printed."""


@dataclass(frozen=True)
class Audit:
    """Findings about a dataset, the worst first.

    root    its folder            counts  {split: {class: images}}
    """

    root: str
    counts: dict[str, dict[str, int]]
    findings: tuple[Finding, ...]

    def finding(self, name: str) -> Finding:
        """The finding of that name; KeyError when there is none."""
        for finding in self.findings:
            if finding.name == name:
                return finding
        raise KeyError(name)

    def to_json(self) -> dict[str, Any]:
        """A document for JSON; paths are relative to the dataset's folder."""
        return {
            "counts": self.counts,
            "findings": [
                {
                    "name": finding.name,
                    "passed": finding.passed,
                    "severity": finding.severity,
                    "summary": self._relative(finding.summary),
                    "advice": finding.advice,
                    "numbers": dict(finding.numbers),
                    "paths": [self._relative(path) for path in finding.paths],
                    "groups": [[self._relative(path) for path in group] for group in finding.groups],
                }
                for finding in self.findings
            ],
        }

    def to_text(self) -> str:
        """Lines for a terminal."""
        lines = [
            f"{split}: {', '.join(f'{number:,} {label}' for label, number in row.items())}"
            for split, row in self.counts.items()
        ]
        for finding in self.findings:
            what = f"{finding.name}: {self._relative(finding.summary)} {finding.advice}".rstrip()
            lines.append(f"{finding.verdict:<{WIDTH}} {what}")
            if not finding.passed:
                lines.extend(f"{'':<{WIDTH}} {self._relative(words)}" for words in _some_files(finding))
        return "\n".join(lines)

    def _relative(self, text: str) -> str:
        return text.replace(self.root.rstrip(os.sep) + os.sep, "").replace(self.root, ".")


def _some_files(finding: Finding) -> list[str]:
    """Lines with the first files of a finding, those that belong together in one."""
    together = finding.groups or tuple((path,) for path in finding.paths)
    shown = (g if len(g) <= LISTED else (*g[: LISTED - 1], "...", g[-1]) for g in together[:LISTED])
    lines = ["  " + ", ".join(paths) for paths in shown]  # the last: it may be of another split
    if len(together) > LISTED:
        what = "groups" if finding.groups else "files"
        lines.append(f"  ... and {len(together) - LISTED:,} more {what}; --json lists all")
    return lines


_LATEST: WeakKeyDictionary[Dataset, Audit] = WeakKeyDictionary()


def audit(dataset: Dataset) -> Work[Audit]:
    """Read every image of the dataset once and look for what ruins studies. Its files stay as they are."""
    examined, unreadable = yield from examine(dataset.records)
    exact = exact_groups([file.sha256 for file in examined])
    repeated = {index for group in exact for index in group[1:]}
    single = [index for index in range(len(examined)) if index not in repeated]
    thumbnails = np.array([examined[index].thumbnail for index in single], np.uint8).reshape(-1, SIDE, SIDE)
    near = yield from near_groups([examined[index].hash for index in single], thumbnails)
    near = tuple(tuple(single[place] for place in group) for group in near)
    likeness = yield from likeness_of_splits(examined, dataset.classes)
    found = [
        findings.unreadable(unreadable, len(dataset.records)),
        findings.duplicates("Exact duplicates", "are the same byte for byte", examined, exact),
        findings.duplicates("Near duplicates", "look the same", examined, near),
        findings.shared_patients(dataset),
        shortcuts(examined, dataset.classes),
        likeness,
        findings.splits(dataset),
        findings.imbalance(dataset),
        findings.validation_size(dataset),
        findings.positive_class(dataset),
        findings.warned(examined),
        findings.left_out(dataset),
        *about_labels(dataset),
    ]
    worst_first = sorted(found, key=lambda finding: LEVELS.index(finding.severity))
    _LATEST[dataset] = Audit(str(dataset.root), dataset.counts(), tuple(worst_first))
    return _LATEST[dataset]


def audited(dataset: Dataset) -> Work[Audit]:
    """What the latest audit of this very dataset found; where there was none, what one finds now."""
    return _LATEST.get(dataset) or (yield from audit(dataset))
