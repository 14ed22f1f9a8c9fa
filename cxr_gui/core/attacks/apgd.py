"""Auto-PGD: gradient ascent with momentum that finds its own step size."""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from cxr_gui.core.attacks.ball import Ball, Epsilon
from cxr_gui.core.attacks.gradient import threshold_logit
from cxr_gui.core.attacks.ground import Grounded
from cxr_gui.core.attacks.protocol import Batch, Search, parameter
from cxr_gui.core.attacks.registry import register
from cxr_gui.core.attacks.resisting import Resisting, Walk
from cxr_gui.core.base.decisions import margin

MOMENTUM = 0.75
ENOUGH = 0.75


def checkpoints(steps: int) -> list[int]:
    """The steps after which the step size is looked at, ever more often (Croce and Hein, 2020)."""
    shares = [0.0, 0.22]
    while shares[-1] < 1:
        shares.append(shares[-1] + max(shares[-1] - shares[-2] - 0.03, 0.06))
    return [math.ceil(round(share * steps, 6)) for share in shares if share <= 1]


@register
@dataclass(frozen=True)
class APGD(Grounded):
    """Auto-PGD (Croce and Hein, 2020) on the logit's margin, in the L-infinity ball.

    The step starts at 2 epsilon. At each checkpoint an image whose loss rose in fewer than three quarters of
    the steps since the last, or whose best point and step size stayed the same, halves its step and goes on
    from its best point. With one logit the cross-entropy and the logit ratio have the same ascent direction,
    so one loss is enough. An image stops at its first wrong decision.
    """

    name = "apgd"
    title = "APGD"
    summary = "PGD that finds its own step size: stronger, nothing to tune"
    early_stop = True

    steps: int = parameter(100, "Gradient steps of each start", minimum=2, maximum=1000)
    restarts: int = parameter(1, "Random starts tried for each image", minimum=1, maximum=100)
    seed: int = parameter(0, "Seed of the random starts", advanced=True)

    def within(self, ball: Ball, classifier: nn.Module, batch: Batch, epsilon: Epsilon) -> Search:
        resisting, chance = Resisting(batch, classifier), batch.chance(self.seed)
        threshold, looks = threshold_logit(classifier), checkpoints(self.steps)
        for _ in range(self.restarts):
            start = ball.start(batch.pixels, epsilon, chance.uniform(batch.pixels))
            climb = _Climb(start, batch.labels, ball, 2 * epsilon, threshold, looks)
            yield from resisting.follow(classifier, climb, self.steps)
        return resisting.worst


class _Climb(Walk):
    """Where each of A images is on its way up, and what it remembers."""

    def __init__(
        self, at: Tensor, labels: Tensor, ball: Ball, stride: Epsilon, threshold: float, looks: list[int]
    ) -> None:
        super().__init__(at, labels)
        self.ball, self.threshold, self.looks, self.steps = ball, threshold, looks, 0
        self.before, self.best, self.best_gradient = at, at, torch.zeros_like(at)
        nothing = at.new_zeros(len(at))
        self.height, self.best_height = nothing + torch.inf, nothing - torch.inf  # the start is no rise
        self.stride = stride * torch.ones_like(at[:, :1, :1, :1])
        self.rises = nothing
        self.height_then, self.stride_then = nothing - torch.inf, self.stride

    def step(self) -> None:
        self._see(margin(self.logits, self.labels, self.threshold))
        if self.steps in self.looks[1:]:
            self._adapt(self.steps - self.looks[self.looks.index(self.steps) - 1])
        self._move()
        self.steps += 1

    def _see(self, height: Tensor) -> None:
        """Take note of the margin and the gradient at the current point."""
        self.rises = self.rises + (height > self.height)
        better = height > self.best_height
        pick = better.view(-1, 1, 1, 1)
        self.best = torch.where(pick, self.at, self.best)
        self.best_gradient = torch.where(pick, self.gradient, self.best_gradient)
        self.best_height = torch.where(better, height, self.best_height)
        self.height = height

    def _adapt(self, steps: int) -> None:
        """A checkpoint, so many steps after the last: halve the step of images that no longer get ahead."""
        slow = self.rises < ENOUGH * steps
        stuck = (self.stride == self.stride_then).flatten() & (self.best_height <= self.height_then)
        pick = (slow | stuck).view(-1, 1, 1, 1)
        self.height_then, self.stride_then = self.best_height, self.stride
        self.stride = torch.where(pick, self.stride / 2, self.stride)
        self.at = torch.where(pick, self.best, self.at)
        self.gradient = torch.where(pick, self.best_gradient, self.gradient)
        self.rises = torch.zeros_like(self.rises)

    def _move(self) -> None:
        """One projected step; after the first with momentum."""
        target = self.ball.project(self.at + self.stride * self.ball.uphill(self.gradient))
        if self.steps:
            target = self.ball.project(
                self.at + MOMENTUM * (target - self.at) + (1 - MOMENTUM) * (self.at - self.before)
            )
        self.at, self.before = target, self.at
