"""Projected gradient descent and I-FGSM: FGSM in many small steps, each projected back into the ball."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from torch import Tensor, nn

from cxr_gui.core.attacks.ascent import Ascent, Uphill
from cxr_gui.core.attacks.ball import Ball, Epsilon
from cxr_gui.core.attacks.protocol import Batch, Search, parameter
from cxr_gui.core.attacks.registry import register
from cxr_gui.core.attacks.resisting import Resisting


def pgd(
    classifier: nn.Module,
    pixels: Tensor,
    labels: Tensor,
    epsilon: float | Tensor,
    *,
    steps: int = 20,
    step_size: float = 0.0,
    restarts: int = 1,
    random_start: bool = True,
    early_stop: bool = True,
    seed: int = 0,
) -> Tensor:
    """Projected gradient descent in the L-infinity ball (Madry et al., 2018).

    Arguments as in `fgsm`; the others are the parameters of `PGD`.
    """
    attack = PGD(steps, step_size, early_stop, restarts, random_start, seed)
    return attack(classifier, pixels, labels, epsilon)


@dataclass(frozen=True)
class ManySteps(Ascent):
    """An ascent that takes many steps; the worst point met is the answer of each image.

    With `early_stop` an image stops at the first point that is classified wrongly. Whether it was broken is
    the same either way, because a broken point is worse than every unbroken one; only how far its logit is
    beyond the threshold differs.
    """

    steps: int = parameter(20, "Gradient steps of each start", minimum=1, maximum=1000)
    step_size: float = parameter(
        0.0,
        "Size of one step as a share of epsilon",
        minimum=0.0,
        maximum=2.0,
        zero="automatic (2.5 / steps)",
    )
    early_stop: bool = parameter(True, "In a sweep, stop each image at its first wrong decision")

    @property
    def random(self) -> bool:
        return False

    def starts(self, ball: Ball, batch: Batch, epsilon: Epsilon) -> Iterator[Tensor]:  # noqa: ARG002
        """The points of the ball where each image starts; one after another until it is broken."""
        yield batch.pixels

    def within(self, ball: Ball, classifier: nn.Module, batch: Batch, epsilon: Epsilon) -> Search:
        stride = epsilon * (self.step_size or 2.5 / self.steps)
        resisting = Resisting(batch, classifier, until_broken=self.early_stop)
        for start in self.starts(ball, batch, epsilon):
            walk = Uphill(start, batch.labels, ball, stride, self.update)
            yield from resisting.follow(classifier, walk, self.steps)
        return resisting.worst


@register
@dataclass(frozen=True)
class IFGSM(ManySteps):
    """Basic iterative method (Kurakin et al., 2017): from the clean image, without chance."""

    name = "ifgsm"
    title = "I-FGSM"
    summary = "FGSM in small steps from the clean image"


@register
@dataclass(frozen=True)
class PGD(ManySteps):
    """Projected gradient descent (Madry et al., 2018): from random points of the ball."""

    name = "pgd"
    title = "PGD"
    summary = "Many small FGSM steps from random starts: the yardstick of robustness"

    restarts: int = parameter(1, "Random starts tried for each image", minimum=1, maximum=100)
    random_start: bool = parameter(True, "Start at a random point of the ball, not at the clean image")
    seed: int = parameter(0, "Seed of the random starts", advanced=True)

    @property
    def random(self) -> bool:
        return self.random_start

    def starts(self, ball: Ball, batch: Batch, epsilon: Epsilon) -> Iterator[Tensor]:
        clean, chance = batch.pixels, batch.chance(self.seed)
        for _ in range(self.restarts):
            yield ball.start(clean, epsilon, chance.uniform(clean)) if self.random_start else clean
