"""Random noise of the same size: the control every attack must beat."""

from __future__ import annotations

from dataclasses import dataclass

from torch import Tensor, nn

from cxr_gui.core.attacks.gradient import logits_of
from cxr_gui.core.attacks.protocol import Batch, SingleStep, parameter
from cxr_gui.core.attacks.randomness import random_signs, streams
from cxr_gui.core.attacks.registry import register


@register
@dataclass(frozen=True)
class Noise(SingleStep):
    """+epsilon or -epsilon at every pixel, by chance: as large as FGSM's perturbation, without its aim."""

    name = "noise"
    title = "Random noise"
    summary = "Plus or minus epsilon at every pixel by chance: the control"

    seed: int = parameter(0, "Seed of the random signs", minimum=0, maximum=2**31 - 1)

    def direction(self, classifier: nn.Module, batch: Batch) -> tuple[Tensor, Tensor]:
        return logits_of(classifier, batch.pixels), self.signs(batch)

    def signs(self, batch: Batch) -> Tensor:
        """-1 or +1 like the pixels, the same for an image whatever else is in the batch."""
        return random_signs(batch.pixels, streams(self.seed, batch.rows))
