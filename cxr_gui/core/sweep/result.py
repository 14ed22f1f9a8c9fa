"""What a sweep knows: every image's logit at every epsilon, and what follows from them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from torch import nn

from cxr_gui.core.attacks import THREATS, Attack
from cxr_gui.core.base import metrics, published
from cxr_gui.core.base.decisions import wrong
from cxr_gui.core.base.metrics import Bootstrap, Interval
from cxr_gui.core.models import Classifier
from cxr_gui.core.sweep.points import Point, measure
from cxr_gui.core.sweep.trust.check import Check


@dataclass(frozen=True, eq=False)
class SweepResult:
    """One attack over several epsilons over N images.

    epsilons         [K] float64, pixel units, as they were asked for
    logits           [K, N] float32           clean_logits  [N] float32, at epsilon 0
    labels           [N] int64 of 0/1         rows          [N] int64, the images' numbers in their source
    threshold_logit  logit from which on the decision is `classes[1]`
    threat           a name of THREATS
    noise_logits     [K, N] under random noise of the same epsilon, or None when that control was not run
    noise_scales     the kind of that noise at each epsilon, see `Noise`; empty: pixel noise
    critical         [N] float64, the smallest epsilon (pixel units) that flips the image: 0 when it is wrong
                     at once, inf when none up to the largest does; None when it was not looked for
    certified        [N] float64, the radius (pixel units) within which no attack can change the decision: 0
                     when it is wrong at once or nothing is proven; None when it was not looked for. How it
                     was proven is in `about["certificate"]`
    paths, patients  [N], relative to the dataset's folder; None when unknown
    checks           can these numbers be trusted? Empty when the sweep was stopped before
    complete         False when the sweep was stopped before all images were done
    about            where it comes from: architecture, channels and recipe of the classifier, seed, versions,
                     device, and whatever the caller adds
    """

    epsilons: NDArray[np.float64]
    logits: NDArray[np.float32]
    clean_logits: NDArray[np.float32]
    labels: NDArray[np.int64]
    rows: NDArray[np.int64]
    threshold_logit: float
    classes: tuple[str, str]
    attack: Attack
    threat: str
    noise_logits: NDArray[np.float32] | None = None
    noise_scales: tuple[int, ...] = ()
    critical: NDArray[np.float64] | None = None
    certified: NDArray[np.float64] | None = None
    paths: tuple[str, ...] | None = None
    patients: tuple[str | None, ...] | None = None
    checks: tuple[Check, ...] = ()
    complete: bool = True
    seconds: float = 0.0
    about: Mapping[str, object] = field(default_factory=dict)

    @property
    def attack_title(self) -> str:
        """The attack's name for people."""
        return self.attack.title

    @property
    def parts(self) -> tuple[str, ...]:
        """Whose sweep it is, in words: classifier, attack, threat model, images; and that it was stopped."""
        count = f"n = {len(self.labels)}".replace(" ", "\N{NO-BREAK SPACE}")
        unfinished = () if self.complete else ("not finished",)
        return str(self.about.get("classifier", "")), self.attack_title, self.threat_title, count, *unfinished

    @property
    def title(self) -> str:
        """The sweep in a few words: "demo: FGSM, rgb, n = 624"."""
        classifier, *others = self.parts
        return (f"{classifier}: " if classifier else "") + ", ".join(others)

    def is_of(self, classifier: Classifier) -> bool:
        """Whether it attacked this classifier, as far as name, network and threshold tell."""
        known = {"classifier": classifier.name, **described(classifier)}
        same = all(self.about[name] == value for name, value in known.items() if name in self.about)
        return same and self.threshold_logit == classifier.threshold_logit

    @property
    def channels(self) -> int | None:
        """How many channels the classifier's network sees; None where that was not recorded."""
        channels = self.about.get("channels")
        return channels if type(channels) is int else None

    @property
    def threat_title(self) -> str:
        """The threat model's name for people, true for this classifier."""
        return THREATS[self.threat].title(self.channels) if self.threat else ""

    @property
    def threat_words(self) -> str:
        """What the threat model means for this classifier."""
        return THREATS[self.threat].words(self.channels)

    @property
    def descending(self) -> bool:
        """Whether an image that resisted at an epsilon was not attacked again at smaller ones."""
        return self.about.get("descending") is True

    @property
    def constant(self) -> tuple[str, int]:
        """The class that most images have, and of how many it is the right answer, whatever the attack."""
        positive = int(self.labels.sum())
        negative = len(self.labels) - positive
        return (self.classes[1], positive) if positive >= negative else (self.classes[0], negative)

    @cached_property
    def unlike_published(self) -> tuple[str, ...]:
        """In what this sweep differs from the published one, see `published.differences`."""
        positive = int(self.labels.sum())
        return published.differences(
            attack=self.attack.name,
            threat=self.threat,
            negative=len(self.labels) - positive,
            positive=positive,
            architecture=str(self.about.get("architecture", "")),
            recipe=str(self.about.get("recipe", "")),
            files=published.digest(self.paths or ()),
        )

    @cached_property
    def points(self) -> tuple[Point, ...]:
        """One Point for each epsilon, with all intervals."""
        return self.measure()

    def measure(self, *, replicates: int = 1000) -> tuple[Point, ...]:
        """The points with so many bootstrap replicates behind the AUROC's interval; 0 leaves it undefined."""
        return measure(
            self.epsilons,
            self.logits,
            self.labels,
            clean=self.clean_logits,
            noise=self.noise_logits,
            noise_scales=self.noise_scales,
            certified=self.certified,
            threshold=self.threshold_logit,
            patients=self.owners,
            replicates=replicates,
        )

    @cached_property
    def correct(self) -> NDArray[np.bool_]:
        """[K, N]: the decision at this epsilon is the label."""
        return ~wrong(self.logits, self.labels, self.threshold_logit)

    @cached_property
    def right_at_start(self) -> NDArray[np.bool_]:
        """[N]: the decision on the clean image is the label."""
        return ~wrong(self.clean_logits, self.labels, self.threshold_logit)

    def flipped_at(self, index: int) -> NDArray[np.int64]:
        """The images (places in 0..N-1) that were right clean and are wrong at the epsilon of that index."""
        return np.flatnonzero(self.right_at_start & ~self.correct[index])

    @property
    def median_critical(self) -> float:
        """The median critical epsilon (pixel units) of the images right at epsilon 0; inf beyond the grid."""
        return self._median(self.critical)

    @property
    def median_certified(self) -> float:
        """The median certified radius (pixel units) of the images right at epsilon 0."""
        return self._median(self.certified)

    def _median(self, values: NDArray[np.float64] | None) -> float:
        if values is None or not self.right_at_start.any():
            return float("nan")
        ordered = np.sort(values[self.right_at_start])
        return float(ordered[(len(ordered) - 1) // 2])

    @cached_property
    def median_critical_ci(self) -> Interval:
        """Its 95 % interval."""
        return self.median_interval(self.right_at_start)

    @cached_property
    def median_certified_ci(self) -> Interval:
        """The 95 % interval of the median certified radius, a bootstrap by patient."""
        if self.certified is None:
            return metrics.UNDEFINED
        return self._bootstrap.median_interval(self.certified, self.right_at_start)

    @property
    def vacuous(self) -> bool | None:
        """Whether the certificate says nothing: at no epsilon above 0 that was asked for is any decision
        proven. None without a certificate.
        """
        if self.certified is None:
            return None
        smallest = self.epsilons.min(initial=np.inf, where=self.epsilons > 0)
        least = smallest if np.isfinite(smallest) else np.nextafter(0.0, 1.0)
        return not bool((self.certified[self.right_at_start] >= least).any())

    @cached_property
    def contradicted(self) -> NDArray[np.int64]:
        """The images (places in 0..N-1) that are wrong somewhere inside their certified radius.

        There is none unless the bounds are at fault, or a logit that the attack reports.
        """
        if self.certified is None:
            return np.empty(0, np.int64)
        proven = self.right_at_start & (self.certified >= self.epsilons[:, None])
        crossed = (proven & ~self.correct).any(axis=0)
        if self.noise_logits is not None:
            crossed |= (proven & wrong(self.noise_logits, self.labels, self.threshold_logit)).any(axis=0)
        if self.critical is not None:
            crossed |= self.critical < self.certified
        return np.flatnonzero(crossed)

    def median_interval(self, chosen: NDArray[np.bool_]) -> Interval:
        """The 95 % interval of the median critical epsilon of some images [N], a bootstrap by patient."""
        if self.critical is None:
            return metrics.UNDEFINED
        return self._bootstrap.median_interval(self.critical, chosen)

    @property
    def _bootstrap(self) -> Bootstrap:
        return Bootstrap(self.owners)

    @property
    def owners(self) -> tuple[object, ...]:
        """[N]: whose each image is; one without a known patient is a patient of its own."""
        known = self.patients or (None,) * len(self.labels)
        return tuple(index if patient is None else patient for index, patient in enumerate(known))

    def only(self, places: NDArray[np.integer]) -> SweepResult:
        """The same over some of its images; itself where that is all of them as they are."""
        if np.array_equal(places, np.arange(len(self.labels))):
            return self
        return replace(
            self,
            logits=self.logits[:, places],
            clean_logits=self.clean_logits[places],
            labels=self.labels[places],
            rows=self.rows[places],
            noise_logits=None if self.noise_logits is None else self.noise_logits[:, places],
            critical=None if self.critical is None else self.critical[places],
            certified=None if self.certified is None else self.certified[places],
            paths=None if self.paths is None else tuple(self.paths[place] for place in places),
            patients=None if self.patients is None else tuple(self.patients[place] for place in places),
        )


def described(classifier: nn.Module) -> dict[str, object]:
    """What of a classifier a reader of its numbers has to know."""
    if not isinstance(classifier, Classifier):
        return {"architecture": type(classifier).__name__}
    return {
        "architecture": classifier.architecture,
        "channels": classifier.normalisation.channels,
        "recipe": classifier.card.recipe,
    }
