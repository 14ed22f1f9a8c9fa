"""What a sweep found out about each record of a dataset: decision, outcome, state, bracket."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from cxr_gui.core.base.decisions import probability
from cxr_gui.core.data import orders

if TYPE_CHECKING:
    from cxr_gui.core.data import Dataset
    from cxr_gui.core.sweep.result import SweepResult

OUTCOMES = ("TP", "FP", "FN", "TN")
"""The cells of a confusion matrix: true or false, positive or negative."""

STATES = ("already wrong", "flipped", "resisted")
"""Wrong without any attack; right, and wrong at some epsilon of the sweep; right at all of them."""

NOT_KNOWN = -1


@dataclass(frozen=True, eq=False)
class Outcomes:
    """Columns beside a dataset's records, one row each.

    title        whose sweep it was
    classes      (negative, positive) of the classifier that was attacked
    probability  [N] float64 of the positive class at `epsilon`; NaN where not known
    predicted    [N] int8, 0 or 1 of `classes`             outcome  [N] int8, a place in OUTCOMES
    state        [N] int8, a place in STATES               all three -1 where not known
    critical     [N] float64, pixel units: 0 when wrong at once, inf when it resisted, NaN where not known
    certified    [N] float64, radius in pixel units, NaN where not known; None when none was looked for
    sweep        all that was found; `epsilon` is the one of its decisions in pixel units, 0 the clean images
    """

    title: str
    classes: tuple[str, str]
    probability: NDArray[np.float64]
    predicted: NDArray[np.int8]
    outcome: NDArray[np.int8]
    state: NDArray[np.int8]
    critical: NDArray[np.float64]
    certified: NDArray[np.float64] | None = None
    sweep: SweepResult | None = None
    epsilon: float = 0.0

    @cached_property
    def orders(self) -> dict[str, dict[bool, NDArray[np.intp]]]:
        """{what to sort by: {whether descending: all rows}}; the unknown comes last, either way."""
        columns = {"probability": self.probability, "critical epsilon": self.critical}
        if self.certified is not None:
            columns["certified radius"] = self.certified
        return {name: orders(column) for name, column in columns.items()}

    def confusion(self) -> dict[str, int]:
        """{outcome: images}."""
        return {name: int(np.sum(self.outcome == place)) for place, name in enumerate(OUTCOMES)}


def outcomes(dataset: Dataset, result: SweepResult, at: int | None = None) -> Outcomes:
    """The columns of `result`, a sweep of images of `dataset` that knows their paths.

    at  the place of the epsilon whose decisions these are; None: those on the clean images
    """
    places = {dataset.below_root(record.path): place for place, record in enumerate(dataset.records)}
    known = [(places[path], image) for image, path in enumerate(result.paths or ()) if path in places]
    rows, images = np.array(known, np.intp).reshape(-1, 2).T
    decided = result.clean_logits if at is None else result.logits[at]
    logits, labels = decided[images].astype(np.float64), result.labels[images]
    positive = logits >= result.threshold_logit
    flipped = ~result.correct[:, images].all(axis=0)
    state = np.where(~result.right_at_start[images], 0, np.where(flipped, 1, 2))
    critical = np.full(len(images), np.nan) if result.critical is None else result.critical[images]

    number = len(dataset.records)

    def spread(values: NDArray[Any], column: NDArray[Any]) -> NDArray[Any]:
        column[rows] = values
        return column

    return Outcomes(
        title=result.title,
        classes=result.classes,
        probability=spread(probability(logits), np.full(number, np.nan)),
        predicted=spread(positive, np.full(number, NOT_KNOWN, np.int8)),
        outcome=spread(np.where(positive, 1 - labels, 3 - labels), np.full(number, NOT_KNOWN, np.int8)),
        state=spread(state, np.full(number, NOT_KNOWN, np.int8)),
        critical=spread(critical, np.full(number, np.nan)),
        certified=None
        if result.certified is None
        else spread(result.certified[images], np.full(number, np.nan)),
        sweep=result,
        epsilon=0.0 if at is None else float(result.epsilons[at]),
    )
