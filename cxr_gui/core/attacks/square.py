"""Square attack: random search that asks for logits only, so that no gradient can mislead it."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from cxr_gui.core.attacks.ball import Ball, Epsilon, LinfBall
from cxr_gui.core.attacks.gradient import logits_of, threshold_logit
from cxr_gui.core.attacks.ground import Grounded
from cxr_gui.core.attacks.protocol import Batch, Search, parameter
from cxr_gui.core.attacks.randomness import HALF, Chance, places_below
from cxr_gui.core.attacks.registry import register
from cxr_gui.core.attacks.resisting import Resisting, Walk
from cxr_gui.core.base.decisions import margin

HALVINGS = (10, 50, 200, 500, 1000, 2000, 4000, 6000, 8000)
"""Queries of 10,000 after which the squares' area is halved (Andriushchenko et al., 2020)."""

AHEAD = 100
"""Squares that are drawn at a time: the few numbers of one are not worth the asking."""


@register
@dataclass(frozen=True)
class Square(Grounded):
    """Square attack in the L-infinity ball (Andriushchenko et al., 2020), without any gradient.

    Starts from vertical stripes of +-epsilon; each further query sets a random square of every channel to
    +epsilon or -epsilon and keeps it where it brought the image closer to a wrong decision. An image stops at
    its first wrong decision. Among block means a square of them is one of pixels.
    """

    name = "square"
    title = "Square"
    summary = "Black box: random squares, kept where they help; needs no gradient"
    early_stop = True

    queries: int = parameter(1000, "Forward passes allowed for each image", minimum=1, maximum=20000)
    area: float = parameter(0.8, "Share of the image the first squares cover", minimum=0.0, maximum=1.0)
    seed: int = parameter(0, "Seed of the squares", advanced=True)

    def within(self, ball: Ball, classifier: nn.Module, batch: Batch, epsilon: Epsilon) -> Search:  # noqa: ARG002
        assert isinstance(ball, LinfBall)  # noqa: S101  the norm is
        resisting, chance = Resisting(batch, classifier), batch.chance(self.seed)
        sides = [self._side(batch.pixels, query) for query in range(self.queries)]
        tries = _Tries(batch, ball, chance, sides, threshold_logit(classifier))
        return (yield from resisting.follow(classifier, tries, self.queries - 1))

    def _side(self, pixels: Tensor, query: int) -> int:
        """That of the squares tried after a query."""
        height, width = pixels.shape[-2:]
        area = self.area * 0.5 ** sum(query * 10000 > limit * self.queries for limit in HALVINGS)
        return max(1, min(round(math.sqrt(area * height * width)), height, width))


class _Tries(Walk):
    """Stripes, then squares upon the best so far of each of A images: `sides` [queries] says how large."""

    def __init__(
        self, batch: Batch, ball: LinfBall, chance: Chance, sides: Sequence[int], threshold: float
    ) -> None:
        count, channels, _, width = batch.pixels.shape
        up = chance.fractions(channels, 1, width) < HALF
        super().__init__(torch.where(up, ball.upper, ball.lower), batch.labels)
        self.ball, self.threshold = ball, threshold
        self.best, self.best_height = self.at, batch.pixels.new_full((count,), -torch.inf)
        self.places = torch.arange(count, device=self.at.device)
        self.chance, self.sides, self.query = chance, sides, 0

    def ask(self, classifier: nn.Module) -> None:
        self.logits = logits_of(classifier, self.at)

    def step(self) -> None:
        height = margin(self.logits, self.labels, self.threshold)
        better = height > self.best_height
        self.best = torch.where(better.view(-1, 1, 1, 1), self.at, self.best)
        self.best_height = torch.where(better, height, self.best_height)
        number, channels = self.query % AHEAD, self.at.shape[1]
        if number == 0:
            self.drawn = self.chance.fractions(AHEAD, 2 + channels)[self.places]
        up = self.drawn[:, number, 2:, None, None] < HALF
        square = _square(self.at, self.drawn[:, number, :2], self.sides[self.query])
        self.at = torch.where(square, torch.where(up, self.ball.upper, self.ball.lower), self.best)
        self.query += 1


def _square(pixels: Tensor, corner: Tensor, side: int) -> Tensor:
    """Where a square of each image is, bool [A, 1, H, W]; its corner [A, 2] in fractions of its room."""
    inside = []
    for axis, length in enumerate(pixels.shape[2:]):
        first = places_below(corner[:, axis, None], length - side + 1)
        line = torch.arange(length, device=pixels.device)
        inside.append((line >= first) & (line < first + side))
    tall, wide = inside
    return (tall.unsqueeze(2) & wide.unsqueeze(1)).unsqueeze(1)
