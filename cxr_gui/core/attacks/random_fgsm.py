"""Random-start FGSM: one FGSM step from a random point of the ball."""

from __future__ import annotations

from dataclasses import dataclass

from torch import nn

from cxr_gui.core.attacks.ascent import Ascent
from cxr_gui.core.attacks.ball import Ball, Epsilon
from cxr_gui.core.attacks.protocol import Batch, Search, parameter
from cxr_gui.core.attacks.registry import register


@register
@dataclass(frozen=True)
class RandomFGSM(Ascent):
    """Fast adversarial step (Wong et al., 2020): the gradient is taken at a random point, so it escapes the
    flat spot that training against plain FGSM can leave around each clean image.
    """

    name = "rfgsm"
    title = "Random-start FGSM"
    summary = "One FGSM step from a random point of the ball"

    step_size: float = parameter(1.25, "Size of the step as a share of epsilon", minimum=0.0, maximum=2.0)
    seed: int = parameter(0, "Seed of the random starts", advanced=True)

    def within(self, ball: Ball, classifier: nn.Module, batch: Batch, epsilon: Epsilon) -> Search:
        at = ball.start(batch.pixels, epsilon, batch.chance(self.seed).uniform(batch.pixels))
        found = self.climb(classifier, at, batch.labels, ball, self.step_size * epsilon, steps=1)
        yield
        return found
