"""Random noise of the same size: the control every attack must beat."""

from __future__ import annotations

from dataclasses import dataclass

from torch import Tensor, nn

from cxr_gui.core.attacks.gradient import logits_of
from cxr_gui.core.attacks.protocol import Batch, SingleStep, parameter
from cxr_gui.core.attacks.registry import register

SCALES = (1, 2, 4, 8, 16, 32, 0)
"""Sides of the blocks that a control tries, in pixels; 0 is the whole film."""


@register
@dataclass(frozen=True)
class Noise(SingleStep):
    """+epsilon or -epsilon by chance: as large as FGSM's perturbation, without its aim.

    At scale 1 each pixel of each channel has a sign of its own, which a network that begins with averages
    hardly sees. So it may be a sign for each block of all channels, or one for the whole film.
    """

    name = "noise"
    title = "Random noise"
    summary = "Plus or minus epsilon by chance, at every pixel or in blocks: the control"

    seed: int = parameter(0, "Seed of the random signs", advanced=True)
    scale: int = parameter(
        1, "Side of the blocks that share a sign, in pixels", minimum=0, maximum=1024, zero="the whole film"
    )

    def direction(self, classifier: nn.Module, batch: Batch) -> tuple[Tensor, Tensor]:
        return logits_of(classifier, batch.pixels), self.signs(batch)

    def signs(self, batch: Batch) -> Tensor:
        """-1 or +1 like the pixels, the same for an image whatever else is in the batch."""
        pixels, chance = batch.pixels, batch.chance(self.seed)
        if self.scale == 1:
            return chance.signs(pixels)
        height, width = pixels.shape[-2:]
        side = self.scale or max(height, width)
        blocks = chance.signs(pixels[:, :1, ::side, ::side])
        film = blocks.repeat_interleave(side, dim=2).repeat_interleave(side, dim=3)
        return film[:, :, :height, :width].expand_as(pixels)
