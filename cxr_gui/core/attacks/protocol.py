"""What an attack is: parameters that describe themselves, and a call from clean to adversarial pixels."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Generator, Sequence
from dataclasses import asdict, dataclass
from typing import Any, ClassVar

import numpy as np
import torch
from torch import Tensor, nn

from cxr_gui.core.attacks.arguments import check_attack_arguments, check_logits, device_of
from cxr_gui.core.attacks.ball import Ball, Epsilon, LinfBall
from cxr_gui.core.attacks.gradient import frozen
from cxr_gui.core.attacks.randomness import Chance
from cxr_gui.core.base.errors import AttackError
from cxr_gui.core.base.fields import accept_fields, setting
from cxr_gui.core.base.progress import run

Search = Generator[None, None, Tensor]
"""An attack at work: yields after every step, returns the adversarial pixels."""

ROUNDING = 1e-4
"""Of epsilon: how far beyond it the arithmetic of a norm may come, besides a few roundings of a pixel."""

WITHIN = "An attack stays within epsilon of the clean pixels and in 0..1; see Adding an attack in the guide."

parameter = setting
"""A dataclass field of an attack together with its description."""


@dataclass(frozen=True, eq=False)
class Batch:
    """Images to attack, checked and on the classifier's device.

    pixels   float [B, 1 or 3, H, W], 0..1
    labels   int64 [B] of 0/1, the class to move away from
    rows     the images' numbers, which with a seed decide what is random about each
    """

    pixels: Tensor
    labels: Tensor
    rows: Sequence[int]

    def __len__(self) -> int:
        return len(self.labels)

    def __getitem__(self, images: slice | Tensor) -> Batch:
        """Some of the images: a slice, their indices, or bool [B]."""
        rows = np.asarray(self.rows)[images.cpu().numpy() if isinstance(images, Tensor) else images]
        return Batch(self.pixels[images], self.labels[images], rows.tolist())

    def chance(self, seed: int) -> Chance:
        """What is random about each image, on their device."""
        return Chance(seed, self.rows, self.pixels.device)

    @classmethod
    def joined(cls, batches: Sequence[Batch]) -> Batch:
        """All images of some batches."""
        return cls(
            torch.cat([batch.pixels for batch in batches]),
            torch.cat([batch.labels for batch in batches]),
            [row for batch in batches for row in batch.rows],
        )

    def cut(self, pieces: int) -> list[Batch]:
        """The images in so many pieces, the first ones the larger."""
        size = max(1, math.ceil(len(self) / pieces))
        return [self[start : start + size] for start in range(0, len(self), size)]


@dataclass(frozen=True)
class Attack(ABC):
    """Makes an adversarial image within epsilon of the clean one. Its fields are its parameters.

    name, title, summary   for the registry, for people, and one line about it
    single_step            the perturbation's direction does not depend on epsilon (see SingleStep)
    early_stop             an image is attacked until its first wrong decision: how far it could have been
                           driven beyond the threshold is not known
    norm                   the kind of ball that epsilon is the radius of

    The threat model (see `threat`) is the channel count of the pixels: in [B, 1, H, W] one perturbation is
    for all channels, in [B, 3, H, W] there are three independent ones.
    """

    name: ClassVar[str]
    title: ClassVar[str]
    summary: ClassVar[str]
    single_step: ClassVar[bool] = False
    norm: ClassVar[type[Ball]] = LinfBall
    early_stop = False

    def __post_init__(self) -> None:
        accept_fields(self)

    def __call__(
        self,
        classifier: nn.Module,
        pixels: Tensor,
        labels: Tensor,
        epsilon: float | Tensor,
        rows: Sequence[int] | None = None,
    ) -> Tensor:
        """Adversarial pixels like `pixels`, inside [0, 1] and within epsilon.

        pixels   float [B, 1 or 3, H, W], 0..1      labels   0/1 [B]: the class to move away from
        epsilon  pixel units, a number or one per image [B]
        rows     numbers of the images, which with the seed decide what is random about each; 0..B-1
        Raises ArgumentError for arguments that are not accepted, AttackError where it does not keep its word.
        Nothing the caller owns is changed.
        """
        checked, labels, epsilon = check_attack_arguments(pixels, labels, epsilon, device_of(classifier))
        batch = Batch(checked, labels, range(len(pixels)) if rows is None else rows)
        return self.inside(self.run(classifier, batch, epsilon), batch, epsilon).to(pixels.device)

    @abstractmethod
    def run(self, classifier: nn.Module, batch: Batch, epsilon: Epsilon) -> Tensor:
        """The attack itself: adversarial pixels like `batch.pixels`."""

    def search(self, classifier: nn.Module, batch: Batch, epsilon: Epsilon) -> Search:
        """The same with a yield after every step, so that a long attack can be paused or closed."""
        adversarial = self.run(classifier, batch, epsilon)
        yield
        return adversarial

    def attacked(self, classifier: nn.Module, batch: Batch, epsilon: Epsilon) -> Search:
        """`search`, with what it returns looked at. Raises AttackError."""
        return self.inside((yield from self.search(classifier, batch, epsilon)), batch, epsilon)

    def inside(self, adversarial: Tensor, batch: Batch, epsilon: Epsilon) -> Tensor:
        """Adversarial pixels that are like the batch's and within epsilon. Raises AttackError for others.

        Without it an attack that goes too far would be taken for a strong one.
        """
        if adversarial.shape != batch.pixels.shape:
            found, expected = list(adversarial.shape), list(batch.pixels.shape)
            raise AttackError(f"returned {found} for pixels {expected}.", where=f"attack '{self.name}'")
        if len(batch):
            far, (low, high) = self._reach(adversarial - batch.pixels, epsilon), torch.aminmax(adversarial)
            if (far > 1) | (low < 0) | (high > 1):  # a device is waited for once
                beyond = f"left the grey values 0..1: from {low:.4g} to {high:.4g}."
                raise self._astray(_too_far(far) if far > 1 else beyond)
        return adversarial

    def _astray(self, what: str) -> AttackError:
        return AttackError(what, where=f"attack '{self.name}'", hint=WITHIN)

    def _reach(self, change: Tensor, epsilon: Epsilon) -> Tensor:
        """How far the largest change [B, C, H, W] goes, in epsilons; NaN counts as 0."""
        sizes = self.norm.size(change) / (epsilon * (1 + ROUNDING) + 4 * torch.finfo(change.dtype).eps)
        return sizes.nan_to_num(0.0).amax()

    def parameters(self) -> dict[str, Any]:
        """The parameters by name, so that `create_attack(attack.name, **attack.parameters())` equals it."""
        return asdict(self)


@dataclass(frozen=True)
class SingleStep(Attack):
    """An attack along one direction: x_adv = clip(x + epsilon * direction), the same for every epsilon.

    So a sweep asks for the direction once and pays one forward for each further epsilon.
    """

    single_step: ClassVar[bool] = True

    @abstractmethod
    def direction(self, classifier: nn.Module, batch: Batch) -> tuple[Tensor, Tensor]:
        """(clean logits [B] float32, direction like the pixels)."""

    def checked_direction(self, classifier: nn.Module, batch: Batch) -> tuple[Tensor, Tensor]:
        """`direction`, looked at: of size 1 at most, shaped like the pixels. Raises AttackError."""
        answer = self.direction(classifier, batch)
        if not isinstance(answer, tuple) or len(answer) != 2:
            raise AttackError("returned no pair (clean logits, direction).", where=f"attack '{self.name}'")
        logits, direction = answer
        if direction.shape != batch.pixels.shape:
            found, expected = list(direction.shape), list(batch.pixels.shape)
            raise AttackError(f"goes {found} from pixels {expected}.", where=f"attack '{self.name}'")
        if len(batch) and (far := self._reach(direction, 1.0)) > 1:
            raise self._astray(_too_far(far))
        return logits, direction

    def run(self, classifier: nn.Module, batch: Batch, epsilon: Epsilon) -> Tensor:
        logits, direction = self.checked_direction(classifier, batch)
        check_logits(logits)
        return move(batch.pixels, direction, epsilon)


@dataclass(frozen=True)
class Iterative(Attack):
    """An attack that searches inside the ball of radius epsilon, one step after another."""

    @abstractmethod
    def search(self, classifier: nn.Module, batch: Batch, epsilon: Epsilon) -> Search:
        """Yield after every step; return the adversarial pixels."""

    def run(self, classifier: nn.Module, batch: Batch, epsilon: Epsilon) -> Tensor:
        with frozen(classifier):
            return run(self.search(classifier, batch, epsilon))


def _too_far(far: Tensor) -> str:
    return f"went {far:.4g} times as far as epsilon allows."


def move(pixels: Tensor, direction: Tensor, epsilon: Epsilon) -> Tensor:
    """clip(pixels + epsilon * direction, 0, 1)."""
    if isinstance(epsilon, Tensor):
        return (pixels + epsilon * direction).clamp_(0, 1)
    return torch.add(pixels, direction, alpha=epsilon).clamp_(0, 1)
