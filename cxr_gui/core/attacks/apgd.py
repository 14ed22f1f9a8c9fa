"""Auto-PGD: gradient ascent with momentum that finds its own step size."""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from cxr_gui.core.attacks.ball import Ball, Epsilon
from cxr_gui.core.attacks.gradient import logits_of, loss_gradient, threshold_logit
from cxr_gui.core.attacks.ground import Grounded
from cxr_gui.core.attacks.protocol import Batch, Search, parameter
from cxr_gui.core.attacks.randomness import random_uniform, streams
from cxr_gui.core.attacks.registry import register
from cxr_gui.core.attacks.worst import Worst
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
        worst = Worst(batch, threshold_logit(classifier))
        random = streams(self.seed, batch.rows)
        for _ in range(self.restarts):
            start = ball.start(batch.pixels, epsilon, random_uniform(batch.pixels, random))
            yield from self._ascend(classifier, batch, epsilon, ball, worst, start)
        return worst.pixels

    def _ascend(
        self,
        classifier: nn.Module,
        batch: Batch,
        epsilon: Epsilon,
        ball: Ball,
        worst: Worst,
        start: Tensor,
    ) -> Search:
        """One start. The state is that of the images that still resist, `active`."""
        active = worst.unbroken()
        stride = 2 * epsilon * torch.ones_like(start[:, :1, :1, :1])
        climb = _Climb(start[active], stride[active])
        looks = checkpoints(self.steps)
        for step in range(self.steps):
            if not len(active):
                return start
            logits, gradient = loss_gradient(classifier, climb.at, batch.labels[active])
            broken = worst.see(active, climb.at, logits)
            climb.see(margin(logits, batch.labels[active], threshold_logit(classifier)), gradient)
            if step in looks[1:]:
                climb.adapt(step - looks[looks.index(step) - 1])
            active = active[~broken]
            climb = climb.of(~broken)
            climb.move(ball[active], first=step == 0)
            yield
        if len(active):
            worst.see(active, climb.at, logits_of(classifier, climb.at))
            yield
        return start


class _Climb:
    """Where each of A images is on its way up, and what it remembers. Images first in every tensor."""

    def __init__(self, start: Tensor, stride: Tensor) -> None:
        self.at, self.before, self.best = start, start, start
        self.gradient, self.best_gradient = torch.zeros_like(start), torch.zeros_like(start)
        nothing = start.new_zeros(len(start))
        self.height, self.best_height = nothing + torch.inf, nothing - torch.inf  # the start is no rise
        self.stride = stride
        self.rises = nothing
        self.height_then, self.stride_then = nothing - torch.inf, stride.clone()

    def see(self, height: Tensor, gradient: Tensor) -> None:
        """Take note of the margin and the gradient at the current point."""
        self.gradient = gradient
        self.rises = self.rises + (height > self.height)
        better = height > self.best_height
        pick = better.view(-1, 1, 1, 1)
        self.best = torch.where(pick, self.at, self.best)
        self.best_gradient = torch.where(pick, gradient, self.best_gradient)
        self.best_height = torch.where(better, height, self.best_height)
        self.height = height

    def adapt(self, steps: int) -> None:
        """A checkpoint, so many steps after the last: halve the step of images that no longer get ahead."""
        slow = self.rises < ENOUGH * steps
        stuck = (self.stride == self.stride_then).flatten() & (self.best_height <= self.height_then)
        halve = slow | stuck
        pick = halve.view(-1, 1, 1, 1)
        self.height_then, self.stride_then = self.best_height, self.stride
        self.stride = torch.where(pick, self.stride / 2, self.stride)
        self.at = torch.where(pick, self.best, self.at)
        self.gradient = torch.where(pick, self.best_gradient, self.gradient)
        self.rises = torch.zeros_like(self.rises)

    def move(self, ball: Ball, *, first: bool) -> None:
        """One projected step; after the first with momentum."""
        target = ball.project(self.at + self.stride * ball.uphill(self.gradient))
        if not first:
            target = ball.project(
                self.at + MOMENTUM * (target - self.at) + (1 - MOMENTUM) * (self.at - self.before)
            )
        self.at, self.before = target, self.at

    def of(self, kept: Tensor) -> _Climb:
        """The same for some of the images."""
        some = object.__new__(_Climb)
        vars(some).update({name: value[kept] for name, value in vars(self).items()})
        return some
