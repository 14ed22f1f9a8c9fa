"""One point of the accuracy-versus-epsilon chart: everything that is counted at one epsilon."""

from __future__ import annotations

import math
from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cxr_gui.core.base import metrics
from cxr_gui.core.base.decisions import probability, wrong
from cxr_gui.core.base.metrics import UNDEFINED, Bootstrap, Interval


@dataclass(frozen=True)
class Point:
    """What happened to n images at one epsilon (pixel units). Shares are 0..1; what is undefined is NaN.

    *_ci               95 % intervals: Wilson's for shares, that of `metrics.balanced` for balanced ones, a
                       bootstrap by patient for auroc, mcc and ece
    ece                calibration error of P(positive)
    attack_success     of the `attacked` images, which were right at epsilon 0, the share that is wrong here
    broken_by_smaller  of all n, the share that is wrong at any epsilon of the sweep up to this one
    unbroken_balanced  the mean over both classes of the share that is right at all of them
    noise_accuracy     accuracy under random noise of this epsilon; NaN when the control was not run
    noise_scale        the kind of that noise, see `Noise`: the one that does most harm
    certified_accuracy  of all n, the share that is right at epsilon 0 and proven right on the whole ball; NaN
                       where that was not looked for, as the three below
    certified_balanced  the mean over both classes of that share
    undecided          of all n, the share that is neither proven nor wrong at any epsilon up to this one
    """

    epsilon: float
    n: int
    accuracy: float
    accuracy_ci: Interval
    sensitivity: float
    sensitivity_ci: Interval
    specificity: float
    specificity_ci: Interval
    auroc: float
    auroc_ci: Interval
    balanced_accuracy: float
    balanced_accuracy_ci: Interval
    mcc: float
    mcc_ci: Interval
    ece: float
    ece_ci: Interval
    tp: int
    fp: int
    tn: int
    fn: int
    attack_success: float
    attack_success_ci: Interval
    attacked: int
    broken_by_smaller: float
    broken_by_smaller_ci: Interval
    unbroken_balanced: float
    unbroken_balanced_ci: Interval
    noise_accuracy: float
    noise_accuracy_ci: Interval
    noise_scale: int = 1
    certified_accuracy: float = math.nan
    certified_accuracy_ci: Interval = UNDEFINED
    certified_balanced: float = math.nan
    certified_balanced_ci: Interval = UNDEFINED
    undecided: float = math.nan
    undecided_ci: Interval = UNDEFINED

    @property
    def noise_kind(self) -> str:
        """The kind of that noise for people, see `noise_words`."""
        return noise_words(self.noise_scale)

    @property
    def constant(self) -> float:
        """The accuracy of answering the larger class, whatever the image."""
        return metrics.share(max(self.tp + self.fn, self.tn + self.fp), self.n)

    @property
    def unbroken(self) -> float:
        """Of all n, the share that is right at every epsilon of the sweep up to this one."""
        return 1 - self.broken_by_smaller

    @property
    def broken(self) -> float:
        """Of all n, the share that is neither proven nor undecided; NaN without a certificate."""
        return metrics.share(self._broken, self.n) if self.proven else math.nan

    @property
    def broken_ci(self) -> Interval:
        return metrics.wilson(self._broken, self.n) if self.proven else UNDEFINED

    @property
    def proven(self) -> bool:
        """Whether certified radii were looked for."""
        return not math.isnan(self.certified_accuracy)

    @property
    def _broken(self) -> int:
        return self.n - round(self.n * (self.certified_accuracy + self.undecided))

    @property
    def unbroken_ci(self) -> Interval:
        low, high = self.broken_by_smaller_ci
        return 1 - high, 1 - low


def noise_words(scale: int) -> str:
    """Noise of this scale for people: "pixel noise", "blocks of 8 x 8", "uniform shift"."""
    return {0: "uniform shift", 1: "pixel noise"}.get(scale, f"blocks of {scale} x {scale}")


def noise_kinds(points: Iterable[Point]) -> str:
    """The kinds of noise that did most harm at the epsilons above 0, in words; "" where none was tried."""
    tried = (point for point in points if point.epsilon and not math.isnan(point.noise_accuracy))
    return ", ".join(dict.fromkeys(point.noise_kind for point in tried))


def measure(
    epsilons: NDArray[np.float64],
    logits: NDArray[np.float32],
    labels: NDArray[np.int64],
    *,
    clean: NDArray[np.float32],
    noise: NDArray[np.float32] | None,
    threshold: float,
    noise_scales: Sequence[int] = (),
    certified: NDArray[np.float64] | None = None,
    patients: Sequence[Hashable] | None = None,
    replicates: int = 1000,
) -> tuple[Point, ...]:
    """The points of logits [K, N] at epsilons [K] against labels [N].

    clean      logits [N] at epsilon 0             noise     logits [K, N] under random noise, if it was run
    threshold  on the logit scale                  patients  [N], who is drawn together in the bootstrap
    noise_scales  [K], the kind of that noise; empty: pixel noise
    certified  radii [N], if they were looked for
    replicates of the bootstrap; 0 leaves its intervals undefined, which is quick enough for a live chart
    """
    bootstrap = None
    if replicates and len(labels):
        bootstrap = Bootstrap(range(len(labels)) if patients is None else patients, replicates=replicates)
    beaten = wrong(logits, labels, threshold)
    right_before = ~wrong(clean, labels, threshold)
    return tuple(
        _point(
            epsilon=float(epsilon),
            logits=logits[k],
            labels=labels,
            positive=logits[k] >= threshold,
            wrong=beaten[k],
            right_before=right_before,
            broken=beaten[epsilons <= epsilon].any(axis=0),
            noise_wrong=None if noise is None else wrong(noise[k], labels, threshold),
            noise_scale=noise_scales[k] if noise_scales else 1,
            proven=None if certified is None else right_before & (certified >= epsilon),
            bootstrap=bootstrap,
        )
        for k, epsilon in enumerate(epsilons)
    )


def _point(
    *,
    epsilon: float,
    logits: NDArray[np.float32],
    labels: NDArray[np.int64],
    positive: NDArray[np.bool_],
    wrong: NDArray[np.bool_],
    right_before: NDArray[np.bool_],
    broken: NDArray[np.bool_],
    noise_wrong: NDArray[np.bool_] | None,
    noise_scale: int,
    proven: NDArray[np.bool_] | None,
    bootstrap: Bootstrap | None,
) -> Point:
    n = len(labels)
    tp, fp, tn, fn = metrics.confusion(positive, labels)
    attacked, beaten, lost = int(right_before.sum()), int((wrong & right_before).sum()), int(broken.sum())
    balanced, balanced_ci = metrics.balanced(~wrong, labels)
    unbroken, unbroken_ci = metrics.balanced(~broken, labels)
    noise_right = None if noise_wrong is None else int((~noise_wrong).sum())
    probabilities = probability(logits)
    return Point(
        epsilon=epsilon,
        n=n,
        accuracy=metrics.share(tp + tn, n),
        accuracy_ci=metrics.wilson(tp + tn, n),
        sensitivity=metrics.share(tp, tp + fn),
        sensitivity_ci=metrics.wilson(tp, tp + fn),
        specificity=metrics.share(tn, tn + fp),
        specificity_ci=metrics.wilson(tn, tn + fp),
        auroc=metrics.auroc(logits, labels),
        auroc_ci=bootstrap.auroc_interval(logits, labels) if bootstrap else UNDEFINED,
        balanced_accuracy=balanced,
        balanced_accuracy_ci=balanced_ci,
        mcc=metrics.matthews(tp, fp, tn, fn),
        mcc_ci=bootstrap.matthews_interval(positive, labels) if bootstrap else UNDEFINED,
        ece=metrics.calibration_error(probabilities, labels),
        ece_ci=bootstrap.calibration_interval(probabilities, labels) if bootstrap else UNDEFINED,
        tp=tp,
        fp=fp,
        tn=tn,
        fn=fn,
        attack_success=metrics.share(beaten, attacked),
        attack_success_ci=metrics.wilson(beaten, attacked),
        attacked=attacked,
        broken_by_smaller=metrics.share(lost, n),
        broken_by_smaller_ci=metrics.wilson(lost, n),
        unbroken_balanced=unbroken,
        unbroken_balanced_ci=unbroken_ci,
        noise_accuracy=float("nan") if noise_right is None else metrics.share(noise_right, n),
        noise_accuracy_ci=UNDEFINED if noise_right is None else metrics.wilson(noise_right, n),
        noise_scale=noise_scale,
        **({} if proven is None else _bracket(proven, right_before & ~broken, labels)),
    )


def _bracket(
    proven: NDArray[np.bool_], standing: NDArray[np.bool_], labels: NDArray[np.int64]
) -> dict[str, Any]:
    """The fields of a Point that say what is proven, of images [N] and those the attack left standing."""
    n, certain, open_ = len(labels), int(proven.sum()), int((standing & ~proven).sum())
    balanced, balanced_ci = metrics.balanced(proven, labels)
    return {
        "certified_accuracy": metrics.share(certain, n),
        "certified_accuracy_ci": metrics.wilson(certain, n),
        "certified_balanced": balanced,
        "certified_balanced_ci": balanced_ci,
        "undecided": metrics.share(open_, n),
        "undecided_ci": metrics.wilson(open_, n),
    }
