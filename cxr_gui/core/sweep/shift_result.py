"""What a sweep of shifts knows: every image's logit at every severity, and what follows from them."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from cxr_gui.core.base.decisions import wrong
from cxr_gui.core.data import Problem
from cxr_gui.core.shifts import Shift
from cxr_gui.core.sweep.points import Point, measure


@dataclass(frozen=True, eq=False)
class ShiftResult:
    """One classifier under several shifts, each at all its severities, over N images.

    classifier       its name
    logits           for each shift by its name [K, N] float32, the mildest severity first
    clean_logits     [N] float32, without a shift
    labels, rows     [N] int64: 0 or 1, and the images' numbers in their split
    threshold_logit  logit from which on the decision is `classes[1]`
    paths, patients  [N]
    unspaced         of the N, how many files do not say how large their pixels are: a nominal size was taken
    unread           files that could not be read, and are not among the N
    complete         False when the sweep was stopped before all images were done
    about            where it comes from, as in SweepResult
    """

    classifier: str
    shifts: tuple[Shift, ...]
    logits: Mapping[str, NDArray[np.float32]]
    clean_logits: NDArray[np.float32]
    labels: NDArray[np.int64]
    rows: NDArray[np.int64]
    threshold_logit: float
    classes: tuple[str, str]
    paths: tuple[str, ...]
    patients: tuple[str | None, ...]
    unspaced: int = 0
    unread: tuple[Problem, ...] = ()
    complete: bool = True
    seconds: float = 0.0
    about: Mapping[str, object] = field(default_factory=dict)
    _measured: dict[str, tuple[Point, ...]] = field(default_factory=dict, init=False, repr=False)

    def points(self, shift: Shift) -> tuple[Point, ...]:
        """One Point for each severity of a shift: its `epsilon` is the severity's number."""
        if shift.name not in self._measured:
            self._measured[shift.name] = self._measure(self.logits[shift.name])
        return self._measured[shift.name]

    @property
    def clean(self) -> Point:
        """The Point without a shift; its `epsilon` is 0."""
        if "" not in self._measured:
            self._measured[""] = self._measure(self.clean_logits[None], first=0)
        return self._measured[""][0]

    def flipped(self, shift: Shift, severity: int) -> NDArray[np.int64]:
        """The images (places in 0..N-1) that were right and are wrong at a severity, counted from 1."""
        right = ~wrong(self.clean_logits, self.labels, self.threshold_logit)
        return np.flatnonzero(
            right & wrong(self.logits[shift.name][severity - 1], self.labels, self.threshold_logit)
        )

    def error(self, shift: Shift) -> float:
        """1 - balanced accuracy, the mean over the severities."""
        return float(np.mean([1 - point.balanced_accuracy for point in self.points(shift)]))

    def balanced_error(self, shift: Shift, baseline: ShiftResult) -> float:
        """BE of MedMNIST-C (Di Salvo et al., 2024): the error as a multiple of a baseline classifier's."""
        return _ratio(self.error(shift), baseline.error(shift))

    def relative_balanced_error(self, shift: Shift, baseline: ShiftResult) -> float:
        """rBE of MedMNIST-C: what the shift adds to the error, as a multiple of what it adds there."""
        added, usual = (each.error(shift) - (1 - each.clean.balanced_accuracy) for each in (self, baseline))
        return _ratio(added, usual)

    def _measure(self, logits: NDArray[np.float32], first: int = 1) -> tuple[Point, ...]:
        groups = [index if patient is None else patient for index, patient in enumerate(self.patients)]
        return measure(
            np.arange(first, first + len(logits), dtype=np.float64),
            logits,
            self.labels,
            clean=self.clean_logits,
            noise=None,
            threshold=self.threshold_logit,
            patients=groups,
        )


def _ratio(value: float, of: float) -> float:
    """NaN of nothing."""
    return value / of if of else math.nan
