"""The audit of the dataset: what there is to be said of its files, and of which."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from cxr_gui.core.base.progress import Work
from cxr_gui.session.lanes import Lane, Service

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from cxr_gui.core.data import Dataset, Finding
    from cxr_gui.jobs import Job


class Auditing(Service):
    """Reads every file of the dataset once."""

    def start(self, dataset: Dataset) -> Job:
        """Audit; the job is done with the findings, each with the places of its records."""
        return self._lanes.start(Lane.AUDIT, lambda: _audit(dataset))

    def cancel(self) -> None:
        """Find nothing any more."""
        self._lanes.cancel(Lane.AUDIT)


def _audit(dataset: Dataset) -> Work[list[tuple[Finding, NDArray[np.intp]]]]:
    from cxr_gui.core.data import audit

    findings = (yield from audit(dataset)).findings
    return [(finding, dataset.columns.places_of(map(os.fspath, finding.paths))) for finding in findings]
