"""What attacks that search a ball have in common: where they move.

A classifier that begins with average pooling sees block means alone, and the L-infinity ball is a box of them
(see `models.Reduction`). So they move in that box: nothing is lost, and a step costs less. Whoever asked for
the attack classifies the lifted image anew, and decides by that.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial

from torch import Tensor, nn

from cxr_gui.core.attacks.ball import Ball, Epsilon, LinfBall
from cxr_gui.core.attacks.protocol import Batch, Iterative, Search
from cxr_gui.core.models import Reduction


@dataclass(frozen=True, eq=False)
class Ground:
    """Where an attack moves: among images, or among the block means that are all the classifier sees of them.

    classifier  of these points                     clean  the points of the clean images
    ball        the points that may be reached      lift   from points of the ball to images
    """

    classifier: nn.Module
    clean: Tensor
    ball: Ball
    lift: Callable[[Tensor], Tensor]

    @classmethod
    def of(
        cls,
        norm: type[Ball],
        classifier: nn.Module,
        pixels: Tensor,
        epsilon: Epsilon,
        *,
        exactly: bool = True,
    ) -> Ground:
        """That of a ball around `pixels`; `exactly` as in `Ball.around`."""
        reduction = Reduction.of(classifier) if norm is LinfBall else None
        if reduction is None:
            return cls(classifier, pixels, norm.around(pixels, epsilon, exactly=exactly), lambda found: found)
        # The mean of chance at n pixels wanders by 1 / sqrt(n) of it: starts are as near as among pixels.
        wander = reduction.averaged(pixels) ** -0.5
        box = LinfBall(*reduction.box(pixels, epsilon, exactly=exactly), wander)
        lift = partial(reduction.lift, pixels, epsilon=epsilon, exactly=exactly)
        return cls(reduction.classifier, reduction.means(pixels), box, lift)


@dataclass(frozen=True)
class Grounded(Iterative):
    """An attack that searches its ball on the ground where the classifier sees it."""

    def search(self, classifier: nn.Module, batch: Batch, epsilon: Epsilon) -> Search:
        ground = Ground.of(self.norm, classifier, batch.pixels, epsilon)
        points = replace(batch, pixels=ground.clean)
        return ground.lift((yield from self.within(ground.ball, ground.classifier, points, epsilon)))

    @abstractmethod
    def within(self, ball: Ball, classifier: nn.Module, batch: Batch, epsilon: Epsilon) -> Search:
        """The search in a ball around the batch's points, images or means; steps are shares of epsilon."""
