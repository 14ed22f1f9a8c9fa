"""FAB: goes to the nearest decision boundary, and along it as close to the clean image as it can."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from cxr_gui.core.attacks.ball import Ball, Epsilon, LinfBall
from cxr_gui.core.attacks.gradient import threshold_logit
from cxr_gui.core.attacks.ground import Grounded
from cxr_gui.core.attacks.protocol import Batch, Search, parameter
from cxr_gui.core.attacks.registry import register
from cxr_gui.core.attacks.resisting import Resisting, Walk
from cxr_gui.core.base.decisions import margin, wrong

OVERSHOOT = 1.05
"""How far a step goes beyond the plane it aims at, of the way there."""

BACK = 0.9
"""How much of its change an image keeps that has crossed the boundary outside the ball."""

HOMEWARD = 0.1
"""The most that the step from the clean image has to say in the next point."""

ROUNDING = 1e-6
"""By how much a bound of the ball may miss epsilon and still be epsilon's, in pixel units."""


@register
@dataclass(frozen=True)
class FAB(Grounded):
    """Fast adaptive boundary attack (Croce and Hein, 2020) in the L-infinity norm, for one logit.

    At each step the logit is taken for linear, and its boundary for a plane. The next point lies between the
    projections of the current point and of the clean one on it, more towards the latter the farther away the
    point is. It may be outside the ball, where the boundary is easier to follow; but an image stops at its
    first wrong decision inside. The first start is the clean image, the others are random.
    """

    name = "fab"
    title = "FAB"
    summary = "Follows the decision boundary back to the clean image; no step size, and other paths than PGD"
    early_stop = True

    steps: int = parameter(100, "Gradient steps of each start", minimum=1, maximum=1000)
    restarts: int = parameter(
        1, "Starts tried for each image: the clean one, then random ones", minimum=1, maximum=100
    )
    seed: int = parameter(0, "Seed of the random starts", advanced=True)

    def within(self, ball: Ball, classifier: nn.Module, batch: Batch, epsilon: Epsilon) -> Search:
        assert isinstance(ball, LinfBall)  # noqa: S101  the norm is
        resisting, chance, clean = Resisting(batch, classifier), batch.chance(self.seed), batch.pixels
        threshold, limits = threshold_logit(classifier), _limits(ball, clean, epsilon)
        for number in range(self.restarts):
            start = ball.project(clean + 0.5 * epsilon * chance.uniform(clean)) if number else clean
            approach = _Approach(start, batch, ball, limits, threshold)
            yield from resisting.follow(classifier, approach, self.steps)
        return resisting.worst


class _Approach(Walk):
    """To the boundary and along it, within (floor, ceiling); only points of the ball are answers."""

    def __init__(
        self, at: Tensor, batch: Batch, ball: LinfBall, limits: tuple[Tensor, Tensor], threshold: float
    ) -> None:
        super().__init__(at, batch.labels)
        self.clean, self.ball, self.threshold = batch.pixels, ball, threshold
        self.floor, self.ceiling = limits

    def counts(self) -> Tensor:
        return (self.ball.project(self.at) == self.at).flatten(1).all(1)

    def step(self) -> None:
        crossed = wrong(self.logits, self.labels, self.threshold).view(-1, 1, 1, 1)
        height = margin(self.logits, self.labels, self.threshold).to(self.at.dtype)
        along = _along(self.at, self.clean, height, self.gradient, self.floor, self.ceiling)
        self.at = torch.where(crossed, self.clean + BACK * (self.at - self.clean), along)


def least_change(points: Tensor, normal: Tensor, rise: Tensor, floor: Tensor, ceiling: Tensor) -> Tensor:
    """The change of each point [A, D] inside [floor, ceiling] with normal . change = rise [A] whose largest
    number is least; where the box does not go that far, the change to its nearest corner.

    Each number moves by the same amount, or to its bound where that is nearer. So what is gained rises with
    the amount along a polygon whose corners are the distances to the bounds, in their order.
    """
    uphill = normal * rise.sign()[:, None]
    room = torch.where(uphill > 0, ceiling - points, points - floor)
    rooms, order = room.sort(dim=1)
    weights = uphill.abs().gather(1, order)
    gained = (weights * rooms).cumsum(1) - weights * rooms  # by those that are at their bound before
    free = weights.flip(1).cumsum(1).flip(1)  # the weight of those that are not
    corner = torch.searchsorted(gained + free * rooms, rise.abs()[:, None]).clamp_(max=points.shape[1] - 1)
    gained, free = gained.gather(1, corner), free.gather(1, corner)
    amount = torch.where(free > 0, (rise.abs()[:, None] - gained) / free, torch.inf)
    return uphill.sign() * torch.minimum(amount, room)


def _along(
    at: Tensor, clean: Tensor, height: Tensor, gradient: Tensor, floor: Tensor, ceiling: Tensor
) -> Tensor:
    """The next points [A, C, H, W], from the margins [A] and their gradient at the current ones."""
    fallen = (gradient * (at - clean)).flatten(1).sum(1)
    there, home = (
        least_change(
            points.flatten(1), gradient.flatten(1), rise, floor.flatten(1), ceiling.flatten(1)
        ).view_as(at)
        for points, rise in ((at, -height), (clean, fallen - height))
    )
    near, far = (LinfBall.size(change).clamp_min(1e-8) for change in (there, home))
    share = (near / (near + far)).clamp_max(HOMEWARD)
    found = (1 - share) * (at + OVERSHOOT * there) + share * (clean + OVERSHOOT * home)
    return found.clamp(floor, ceiling)


def _limits(ball: LinfBall, clean: Tensor, epsilon: Epsilon) -> tuple[Tensor, Tensor]:
    """The box in which |point - clean| <= epsilon is the ball: [0, 1], but for means of blocks that are black
    or white in part, and cannot go as far as epsilon.
    """
    floor = torch.where(clean - ball.lower < epsilon - ROUNDING, ball.lower, 0.0)
    ceiling = torch.where(ball.upper - clean < epsilon - ROUNDING, ball.upper, 1.0)
    return floor, ceiling
