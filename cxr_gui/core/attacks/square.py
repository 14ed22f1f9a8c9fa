"""Square attack: random search that asks for logits only, so that no gradient can mislead it."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn

from cxr_gui.core.attacks.ball import Ball, Epsilon, LinfBall
from cxr_gui.core.attacks.gradient import logits_of, threshold_logit
from cxr_gui.core.attacks.ground import Grounded
from cxr_gui.core.attacks.protocol import Batch, Search, parameter
from cxr_gui.core.attacks.randomness import streams
from cxr_gui.core.attacks.registry import register
from cxr_gui.core.attacks.worst import Worst

HALVINGS = (10, 50, 200, 500, 1000, 2000, 4000, 6000, 8000)
"""Queries of 10,000 after which the squares' area is halved (Andriushchenko et al., 2020)."""

AHEAD = 100
"""Squares that are drawn at a time, so that Python is asked once an image for them, and not once a query."""


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
        worst = Worst(batch, threshold_logit(classifier))
        random = streams(self.seed, batch.rows)
        proposal = torch.where(_stripes(batch.pixels, random), ball.upper, ball.lower)
        active = worst.all()
        for query in range(self.queries):
            worst.see(active, proposal, logits_of(classifier, proposal))
            yield
            standing = worst.unbroken()
            if not len(standing):
                break
            if len(standing) < len(active):
                ball = ball[torch.isin(active, standing)]
            active = standing
            if query % AHEAD == 0:
                sides = [self._side(batch.pixels, query + number) for number in range(AHEAD)]
                squares = _Squares.drawn(batch.pixels, random, sides)
            inside, up = squares.of(active, query % AHEAD)
            proposal = torch.where(inside, torch.where(up, ball.upper, ball.lower), worst.pixels[active])
        return worst.pixels

    def _side(self, pixels: Tensor, query: int) -> int:
        """That of the squares tried after a query."""
        height, width = pixels.shape[-2:]
        area = self.area * 0.5 ** sum(query * 10000 > limit * self.queries for limit in HALVINGS)
        return max(1, min(round(math.sqrt(area * height * width)), height, width))


@dataclass(frozen=True, eq=False)
class _Squares:
    """The next squares of each of B images: sides [AHEAD], of all images alike.

    corner  [B, AHEAD, 2], row and column of the top left one
    up      bool [B, AHEAD, C], whether a channel goes to its upper bound, not to its lower
    """

    rows: Tensor
    columns: Tensor
    sides: Sequence[int]
    corner: Tensor
    up: Tensor

    @classmethod
    def drawn(cls, pixels: Tensor, random: Sequence[np.random.Generator], sides: Sequence[int]) -> _Squares:
        """From each image's stream: two numbers, and one for each channel of `pixels`, for a square."""
        (channels, *shape), device = pixels.shape[1:], pixels.device
        chance = np.stack([stream.random((len(sides), 2 + channels)) for stream in random])
        places = np.array(shape) - np.array(sides)[:, None] + 1
        return cls(
            torch.arange(shape[0], device=device).view(-1, 1),
            torch.arange(shape[1], device=device),
            sides,
            torch.from_numpy((chance[..., :2] * places).astype(np.int64)).to(device),
            torch.from_numpy(chance[..., 2:] < 0.5).to(device),
        )

    def of(self, images: Tensor, number: int) -> tuple[Tensor, Tensor]:
        """Square `number` of some images [A]: where it is, bool [A, 1, H, W], and its `up`, [A, C, 1, 1]."""
        top, left = self.corner[images, number, :, None, None, None].unbind(1)
        side = self.sides[number]
        tall = (self.rows >= top) & (self.rows < top + side)
        wide = (self.columns >= left) & (self.columns < left + side)
        return tall & wide, self.up[images, number, :, None, None]


def _stripes(pixels: Tensor, random: Sequence[np.random.Generator]) -> Tensor:
    """Whether each column of each channel of `pixels` goes to its upper bound: bool [B, C, 1, W]."""
    channels, _, width = pixels.shape[1:]
    chance = np.stack([stream.random((channels, 1, width)) for stream in random])
    return torch.from_numpy(chance >= 0.5).to(pixels.device)
