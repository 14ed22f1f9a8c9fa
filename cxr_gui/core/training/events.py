"""What a training tells while it runs. Free of torch, for the window comes up before torch does."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import TYPE_CHECKING

from cxr_gui.core.base.progress import Event

if TYPE_CHECKING:
    from cxr_gui.core.models import Classifier


@dataclass(frozen=True, kw_only=True)
class EpochRow:
    """One epoch in numbers: a row of metrics.csv. What was not measured is None.

    Losses are binary cross-entropies (validation's is not class-weighted), accuracies are shares 0..1 at
    p >= 0.5. Training loss and accuracy are those of the steps taken, on the images as trained on
    (augmented, attacked, bounded); `robust_*` is PGD on validation images at the recipe's epsilon, and
    `certified_*` the share of them that interval bounds leave right there.
    """

    epoch: int
    train_loss: float
    train_accuracy: float
    validation_loss: float | None = None
    validation_accuracy: float | None = None
    validation_balanced_accuracy: float | None = None
    validation_auroc: float | None = None
    robust_accuracy: float | None = None
    robust_balanced_accuracy: float | None = None
    certified_accuracy: float | None = None
    certified_balanced_accuracy: float | None = None
    collapsed: bool = False
    learning_rate: float = 0.0
    images_per_second: float = 0.0
    seconds: float = 0.0


ROW_FIELDS = tuple(entry.name for entry in fields(EpochRow))


@dataclass(frozen=True)
class BatchDone(Event):
    """A step of the optimiser was taken. done and total count batches over all epochs; memory in bytes."""

    epoch: int
    batch: int
    loss: float
    images_per_second: float
    seconds_left: float | None
    memory: int


@dataclass(frozen=True, kw_only=True, eq=False)
class EpochDone(EpochRow, Event):
    """An epoch ended. `classifier` is a snapshot nobody will change: on the CPU, in eval mode, frozen."""

    classifier: Classifier
