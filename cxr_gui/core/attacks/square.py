"""Square attack: random search that asks for logits only, so that no gradient can mislead it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn

from cxr_gui.core.attacks.ball import Epsilon, LinfBall
from cxr_gui.core.attacks.gradient import logits_of, threshold_logit
from cxr_gui.core.attacks.protocol import Batch, Iterative, Search, parameter
from cxr_gui.core.attacks.randomness import streams
from cxr_gui.core.attacks.registry import register
from cxr_gui.core.attacks.worst import Worst

HALVINGS = (10, 50, 200, 500, 1000, 2000, 4000, 6000, 8000)
"""Queries of 10,000 after which the squares' area is halved (Andriushchenko et al., 2020)."""


@register
@dataclass(frozen=True)
class Square(Iterative):
    """Square attack in the L-infinity ball (Andriushchenko et al., 2020), without any gradient.

    Starts from vertical stripes of +-epsilon; each further query sets a random square of every channel to
    +epsilon or -epsilon and keeps it where it brought the image closer to a wrong decision. An image stops at
    its first wrong decision.
    """

    name = "square"
    title = "Square"
    summary = "Black box: random squares, kept where they help; needs no gradient"

    queries: int = parameter(1000, "Forward passes allowed for each image", minimum=1, maximum=20000)
    area: float = parameter(0.8, "Share of the image the first squares cover", minimum=0.0, maximum=1.0)
    seed: int = parameter(0, "Seed of the squares", advanced=True)

    def search(self, classifier: nn.Module, batch: Batch, epsilon: Epsilon) -> Search:
        ball = LinfBall.around(batch.pixels, epsilon)
        worst = Worst(batch, threshold_logit(classifier))
        random = streams(self.seed, batch.rows)
        stripes = torch.stack([_stripes(batch.pixels[0], stream) for stream in random])
        proposal = torch.where(stripes.to(batch.pixels.device) > 0, ball.upper, ball.lower)
        active = worst.all()
        for query in range(self.queries):
            worst.see(active, proposal, logits_of(classifier, proposal))
            yield
            active = worst.unbroken()
            if not len(active):
                break
            chosen = [random[image] for image in active.tolist()]
            proposal = worst.pixels[active].clone()
            for image, square in zip(range(len(active)), self._squares(proposal, chosen, query), strict=True):
                rows, columns, signs = square
                bound = ball[active[image]]
                proposal[image, :, rows, columns] = torch.where(
                    signs.to(proposal.device), bound.upper[:, rows, columns], bound.lower[:, rows, columns]
                )
        return worst.pixels

    def _squares(
        self, pixels: Tensor, random: Sequence[np.random.Generator], query: int
    ) -> list[tuple[slice, slice, Tensor]]:
        """For each image a square's rows and columns, and a sign for each channel: bool [C, 1, 1]."""
        channels, height, width = pixels.shape[1:]
        area = self.area / 2 ** sum(query * 10000 > limit * self.queries for limit in HALVINGS)
        side = max(1, min(round((area * height * width) ** 0.5), height, width))
        squares = []
        for stream in random:
            top, left = int(stream.integers(height - side + 1)), int(stream.integers(width - side + 1))
            signs = torch.from_numpy(stream.random(channels) < 0.5).view(-1, 1, 1)
            squares.append((slice(top, top + side), slice(left, left + side), signs))
        return squares


def _stripes(image: Tensor, stream: np.random.Generator) -> Tensor:
    """A random sign for each channel and column of one image [C, H, W]."""
    channels, height, width = image.shape
    signs = np.where(stream.random((channels, 1, width)) < 0.5, -1.0, 1.0)
    return torch.from_numpy(signs).expand(channels, height, width)
