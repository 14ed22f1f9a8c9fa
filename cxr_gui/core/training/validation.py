"""What validation images say about a classifier: loss, ranking, robustness, and the best threshold."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

from cxr_gui.core.base.decisions import probability, wrong
from cxr_gui.core.base.distributed import World, world
from cxr_gui.core.base.errors import TrainingError
from cxr_gui.core.base.metrics import auroc
from cxr_gui.core.base.progress import Event, Work
from cxr_gui.core.base.randomness import Purpose, derived_seed, generator
from cxr_gui.core.data import Feed
from cxr_gui.core.models import Classifier
from cxr_gui.core.training.adversary import probed
from cxr_gui.core.training.bounding import worst_logits
from cxr_gui.core.training.learner import NOT_FINITE_HINT
from cxr_gui.core.training.recipes import Recipe

STAGE = "Validating"


@dataclass(frozen=True, eq=False)
class Validation:
    """One epoch's verdict. logits and labels [N]; robust_* are of PGD on some of the images, else None.

    worst_logits  [N], which no attack gets past at the recipe's epsilon, where training is on bounds
    """

    logits: NDArray[np.float32]
    labels: NDArray[np.int64]
    robust_logits: NDArray[np.float32] | None = None
    robust_labels: NDArray[np.int64] | None = None
    worst_logits: NDArray[np.float32] | None = None

    @property
    def loss(self) -> float:
        """Binary cross-entropy, every image counting alike."""
        truth = torch.from_numpy(self.labels).float()
        return float(functional.binary_cross_entropy_with_logits(torch.from_numpy(self.logits), truth))

    @property
    def accuracy(self) -> float:
        return accuracy(self.logits, self.labels)

    @property
    def balanced_accuracy(self) -> float:
        return balanced_accuracy(self.logits, self.labels)

    @property
    def auroc(self) -> float:
        return auroc(self.logits.astype(np.float64), self.labels)

    @property
    def robust_accuracy(self) -> float | None:
        if self.robust_logits is None or self.robust_labels is None:
            return None
        return accuracy(self.robust_logits, self.robust_labels)

    @property
    def robust_balanced_accuracy(self) -> float | None:
        if self.robust_logits is None or self.robust_labels is None:
            return None
        return balanced_accuracy(self.robust_logits, self.robust_labels)

    @property
    def certified_accuracy(self) -> float | None:
        return None if self.worst_logits is None else accuracy(self.worst_logits, self.labels)

    @property
    def certified_balanced_accuracy(self) -> float | None:
        return None if self.worst_logits is None else balanced_accuracy(self.worst_logits, self.labels)

    def quality(self, by: str) -> float:
        """What `Recipe.best_by` names; in place of an AUROC that images of one class alone do not have, the
        balanced accuracy.
        """
        if by == "robust balanced accuracy":
            return self.robust_balanced_accuracy or 0.0
        if by == "certified balanced accuracy":
            return self.certified_balanced_accuracy or 0.0
        ranked = by == "auroc" and not math.isnan(self.auroc)
        return self.auroc if ranked else self.balanced_accuracy


def validate(classifier: Classifier, images: Feed, recipe: Recipe, *, seed: int) -> Work[Validation]:
    """Classify the validation images, and attack `recipe.probe_images` of them with PGD.

    Several processes share the images, and each returns the whole.
    The classifier is left as it was found. The images probed are the same in every epoch.
    Raises TrainingError, naming the first image, when a logit is not finite.
    """
    labels = images.labels
    chosen = probe_order(labels, recipe.probe_images, seed)
    here = world()
    mine, _ = here.share(np.arange(len(labels)), recipe.batch_size)
    probes, first = here.share(chosen, recipe.batch_size)
    total = len(mine) + len(probes)
    logits: list[Tensor] = []
    worst: list[Tensor] = []
    robust: list[Tensor] = []
    training = classifier.training
    classifier.eval()
    try:
        for pixels, truth in images.batches(recipe.batch_size, mine):
            with torch.no_grad():
                logits.append(classifier(pixels).float().cpu())
            if recipe.bounded:
                worst.append(worst_logits(classifier, pixels, truth, recipe).float().cpu())
            yield Event(STAGE, sum(map(len, logits)), total)
        for number, (pixels, truth) in enumerate(images.batches(recipe.batch_size, probes), first):
            attack_seed = derived_seed(seed, Purpose.PROBE, 1 + number) >> 32  # attacks take 31 bits
            robust.append(probed(classifier, pixels, truth, recipe, attack_seed).float().cpu())
            yield Event(STAGE, len(mine) + sum(map(len, robust)), total)
    finally:
        classifier.train(training)
    return Validation(
        logits=_checked(_together(here, logits), images, np.arange(len(labels))),
        labels=labels,
        robust_logits=_checked(_together(here, robust), images, chosen) if len(chosen) else None,
        robust_labels=labels[chosen] if len(chosen) else None,
        worst_logits=_checked(_together(here, worst), images, np.arange(len(labels)))
        if recipe.bounded
        else None,
    )


def _together(here: World, found: list[Tensor]) -> NDArray[np.float32]:
    """The logits that every process found, in order."""
    joined: NDArray[np.float32] = torch.cat([part for parts in here.gather(found) for part in parts]).numpy()
    return joined


def _checked(logits: NDArray[np.float32], images: Feed, rows: NDArray[np.int64]) -> NDArray[np.float32]:
    """The logits [N] of the images `rows`, if all are finite: nothing is chosen by any other."""
    strange = rows[~np.isfinite(logits)]
    if len(strange):
        raise TrainingError(
            f"gets no prediction: the classifier answers NaN or infinity for {len(strange)} of {len(rows)} "
            "validation images, of which this is the first.",
            where=images.path(int(strange[0])),
            hint=NOT_FINITE_HINT,
        )
    return logits


def probe_order(labels: NDArray[np.int64], count: int, seed: int) -> NDArray[np.int64]:
    """Indices of up to `count` images to probe: drawn with the seed, as many of each class as there are."""
    draws = generator(seed, Purpose.PROBE)
    ranks = np.empty(len(labels), dtype=np.int64)
    for label in (0, 1):
        members = np.flatnonzero(labels == label)
        ranks[members] = torch.randperm(len(members), generator=draws).numpy()
    return np.sort(np.lexsort((labels, ranks))[:count])


def accuracy(logits: NDArray[np.float32], labels: NDArray[np.int64]) -> float:
    """Share of images on the right side of p = 0.5."""
    return float(np.mean(~wrong(logits, labels, 0.0)))


def balanced_accuracy(
    logits: NDArray[np.float32], labels: NDArray[np.int64], threshold: float = 0.0
) -> float:
    """Mean of sensitivity and specificity at a threshold on the logits; one alone when a class is missing."""
    right = ~wrong(logits, labels, threshold)
    return float(np.mean([right[labels == label].mean() for label in (0, 1) if (labels == label).any()]))


def chosen_threshold(validation: Validation, recipe: Recipe) -> float | None:
    """The threshold on p that `Recipe.threshold` asks for; None for p = 0.5."""
    if recipe.threshold == "validation":
        return best_threshold(validation.logits, validation.labels)
    if recipe.threshold == "sensitivity":
        return sensitive_threshold(validation.logits, validation.labels, recipe.sensitivity)
    if recipe.threshold == "robust":
        assert validation.robust_logits is not None  # noqa: S101  the recipe has seen to it
        assert validation.robust_labels is not None  # noqa: S101
        return best_threshold(
            validation.logits, validation.labels, validation.robust_logits, validation.robust_labels
        )
    if recipe.threshold == "certified":
        assert validation.worst_logits is not None  # noqa: S101  the recipe has seen to it
        return best_threshold(
            validation.logits, validation.labels, validation.worst_logits, validation.labels
        )
    return None


def best_threshold(
    logits: NDArray[np.float32],
    labels: NDArray[np.int64],
    robust_logits: NDArray[np.float32] | None = None,
    robust_labels: NDArray[np.int64] | None = None,
) -> float:
    """The threshold on p with the highest balanced accuracy: halfway between two images, nearest to 0.5.

    With attacked images too it is the mean of both that is highest: those alone would put the threshold where
    a classifier that withstands little calls everything by one name.
    """
    sets = [(logits, labels)]
    if robust_logits is not None and robust_labels is not None:
        sets.append((robust_logits, robust_labels))
    values = np.unique(np.concatenate([some for some, _ in sets]).astype(np.float64))
    candidates = np.concatenate([[0.0], (values[1:] + values[:-1]) / 2])
    qualities = np.array([sum(balanced_accuracy(*some, at) for some in sets) for at in candidates])
    best = candidates[qualities >= qualities.max() - 1e-12]
    return _as_probability(best[np.argmin(np.abs(best))])


def sensitive_threshold(
    logits: NDArray[np.float32], labels: NDArray[np.int64], sensitivity: float
) -> float | None:
    """The highest threshold on p that finds this share of the positives; None where there are none.

    Halfway between the last positive that must be found and the next image below it.
    """
    positives = np.sort(logits[labels == 1].astype(np.float64))
    if not len(positives):
        return None
    last = positives[len(positives) - math.ceil(sensitivity * len(positives) - 1e-9)]
    below = logits[logits < last].astype(np.float64)
    return _as_probability((last + below.max()) / 2 if len(below) else last)


def _as_probability(logit: float) -> float:
    return float(np.clip(probability(logit), 1e-6, 1.0 - 1e-6))
