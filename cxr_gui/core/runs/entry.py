"""What the index knows of a run, a sweep or a study: enough for a row of a table."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from cxr_gui.core.sweep import SHIFTS_FILE

KINDS = {"run": "Run", "sweep": "Sweep", "shifts": "Shifts", "study": "Study"}
"""kind -> what a person calls it"""

METRICS = {
    "validation_accuracy": "Validation accuracy",
    "validation_balanced_accuracy": "Balanced accuracy on validation",
    "validation_auroc": "AUROC on validation",
    "robust_balanced_accuracy": "Balanced accuracy on validation under PGD",
    "certified_balanced_accuracy": "Balanced accuracy on validation that is certified",
}
"""What is known of the epoch that a run keeps, named as in metrics.csv -> in words"""


Key = tuple[str, str]
"""A folder and a kind: several kinds may lie in one folder."""


@dataclass(frozen=True)
class AtEpsilon:
    """A point of a sweep. epsilon in pixel units; shares are 0..1; n images."""

    epsilon: float
    n: int
    accuracy: float
    balanced_accuracy: float | None = None


@dataclass(frozen=True)
class Entry:
    """A run, a sweep of attacks or of shifts, or a study, in its folder.

    name         how it is told from others: its folder, below the one that was looked in
    recipe, architecture, data, seed   of the training; of a sweep those of the run it is known to be of
    begun, ended POSIX seconds, by the files' times       complete  False when it was stopped
    metrics      by the names of METRICS, of the epoch that the run keeps
    points       by rising epsilon                        attack    what was swept, in words
    classifier   the SHA-256 of the run's best.safetensors, or of what was swept; "" where nobody knows
    settings     digest of all that was set but the seed: the same for what differs in nothing else
    parts        of a study: its run and its sweep, below its folder
    problem      why it cannot be read, a sentence; "" when it can
    """

    kind: str
    folder: str = ""
    name: str = ""
    recipe: str = ""
    architecture: str = ""
    data: str = ""
    seed: int | None = None
    begun: float | None = None
    ended: float | None = None
    complete: bool = True
    metrics: Mapping[str, float] = field(default_factory=dict)
    points: tuple[AtEpsilon, ...] = ()
    attack: str = ""
    classifier: str = ""
    settings: str = ""
    parts: tuple[str, ...] = ()
    problem: str = ""

    @property
    def key(self) -> Key:
        """What no two have in common."""
        return self.folder, self.kind

    @property
    def path(self) -> str:
        """What is opened to see it: the folder of a sweep of shifts may be one of something else, too."""
        return f"{self.folder}/{SHIFTS_FILE}" if self.kind == "shifts" else self.folder

    def at(self, epsilon: float) -> AtEpsilon | None:
        """The point at an epsilon (pixel units), whatever unit it was typed in; None where there is none."""
        room = 1e-6 * epsilon + 1e-9
        for point in self.points:
            if -room <= point.epsilon - epsilon <= room:
                return point
        return None
