"""What the checks look at: the classifier, the sweep's first images, and what attacks do to these."""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import Tensor, nn

from cxr_gui.core.attacks import Attack, Batch, logits_of, threshold_logit
from cxr_gui.core.base.decisions import wrong
from cxr_gui.core.base.errors import ArgumentError
from cxr_gui.core.sweep.trust.check import QUESTIONS, NotMadeError, Question

if TYPE_CHECKING:
    from cxr_gui.core.sweep.result import SweepResult

FALLBACK_EPSILON = 8 / 255


@dataclass(frozen=True, eq=False)
class Evidence:
    """What a check may look at.

    given       the classifier as the caller handed it over: its mode is part of what is checked
    classifier  the one that was attacked             images  the sweep's first ones
    """

    given: nn.Module
    classifier: nn.Module
    images: Batch
    result: SweepResult
    _seen: dict[tuple[Attack, float], Tensor] = field(default_factory=dict)

    @cached_property
    def right(self) -> Batch:
        """The images that are decided rightly at epsilon 0. Raises NotMadeError where there are none."""
        logits = logits_of(self.classifier, self.images.pixels)
        right = self.images[~wrong(logits, self.images.labels, threshold_logit(self.classifier))]
        if not len(right):
            raise NotMadeError(f"none of the {len(logits)} images looked at is right at epsilon 0.")
        return right

    @cached_property
    def epsilon(self) -> float:
        """Where attacks tell most, see `telling_epsilon`."""
        return telling_epsilon(self.result)

    @cached_property
    def questions(self) -> tuple[Question, ...]:
        """The checks that concern it."""
        return tuple(question for question in QUESTIONS.values() if question.concerns(self))

    def broken(self, attack: Attack, epsilon: float) -> Generator[None, None, Tensor]:
        """Which of the images in `right` the attack breaks: bool [B]. No attack is run twice."""
        if (attack, epsilon) not in self._seen:
            self._seen[attack, epsilon] = yield from self.broken_of(self.right, attack, epsilon)
        return self._seen[attack, epsilon]

    def broken_of(self, batch: Batch, attack: Attack, epsilon: float) -> Generator[None, None, Tensor]:
        """Which images of a batch the attack breaks: bool [B]. NotMadeError without a gradient to follow."""
        if not len(batch):
            return torch.zeros(0, dtype=torch.bool)
        try:
            adversarial = yield from attack.attacked(self.classifier, batch, epsilon)
        except ArgumentError as error:
            raise NotMadeError(f"the classifier {error.what}") from error
        return wrong(logits_of(self.classifier, adversarial), batch.labels, threshold_logit(self.classifier))


def telling_epsilon(result: SweepResult) -> float:
    """The sweep's epsilon above 0 at which the attack's success is nearest to one half."""
    points = [point for point in result.measure(replicates=0) if point.epsilon > 0]
    if not points:
        return FALLBACK_EPSILON
    return min(
        points, key=lambda point: (abs(np.nan_to_num(point.attack_success) - 0.5), -point.epsilon)
    ).epsilon


class FirstImages:
    """Takes a sweep's first images along for the checks.

    count  how many of them; 0 leaves the checks out
    given  the classifier as the caller handed it over
    """

    def __init__(self, count: int, given: nn.Module) -> None:
        self._missing = count
        self._given = given
        self._batches: list[Batch] = []

    def __bool__(self) -> bool:
        """Whether there is anything to check."""
        return bool(self._batches)

    def take(self, batch: Batch) -> None:
        """Keep what is still missing from `batch`."""
        if self._missing > 0:
            self._batches.append(batch[: self._missing])
            self._missing -= len(self._batches[-1])

    def keep(self, count: int) -> None:
        """Be content with so many images: more at once take too much memory."""
        taken, self._batches, self._missing = self._batches, [], count
        for batch in taken:
            self.take(batch)
        self._missing = 0

    def evidence(self, classifier: nn.Module, result: SweepResult) -> Evidence:
        """What the checks of a sweep look at."""
        return Evidence(self._given, classifier, Batch.joined(self._batches), result)
