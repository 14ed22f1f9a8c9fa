"""The audit of the dataset: what there is to be said of its files, and of which."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from cxr_gui.core.base.progress import Work
from cxr_gui.session.lanes import Lane, Service

if TYPE_CHECKING:
    from cxr_gui.core.data import Dataset, Finding
    from cxr_gui.jobs import Job


@dataclass(frozen=True, eq=False)
class Listed:
    """A finding with the places of its records; not all that one lists need be a record.

    groups  which of the finding's groups each is of, counted from 0; None where there are none
    """

    finding: Finding
    places: NDArray[np.intp]
    groups: NDArray[np.intp] | None = None


class Auditing(Service):
    """Reads every file of the dataset once."""

    def start(self, dataset: Dataset) -> Job:
        """Audit; the job is done with a list of `Listed`."""
        return self._lanes.start(Lane.AUDIT, lambda: _audit(dataset))

    def cancel(self) -> None:
        """Find nothing any more."""
        self._lanes.cancel(Lane.AUDIT)


def _audit(dataset: Dataset) -> Work[list[Listed]]:
    from cxr_gui.core.data import audit

    findings = (yield from audit(dataset)).findings
    return [_listed(dataset, finding) for finding in findings]


def _listed(dataset: Dataset, finding: Finding) -> Listed:
    if not finding.groups:
        return Listed(finding, dataset.columns.places_of(map(os.fspath, finding.paths)))
    groups = [dataset.columns.places_of(map(os.fspath, group)) for group in finding.groups]
    numbers = np.repeat(np.arange(len(groups)), [len(group) for group in groups])
    return Listed(finding, np.concatenate(groups), numbers)
