"""What FGSM's relatives have in common: steps uphill, each projected back into the ball of a norm."""

from __future__ import annotations

from dataclasses import dataclass

from torch import Tensor, nn

from cxr_gui.core.attacks.ball import Ball, Epsilon
from cxr_gui.core.attacks.gradient import loss_gradient
from cxr_gui.core.attacks.ground import Grounded


@dataclass(frozen=True)
class Ascent(Grounded):
    """An attack that climbs. Training climbs the same way, without a look at what was reached."""

    @property
    def random(self) -> bool:
        """Whether it starts at a random point of the ball, not at the clean image."""
        return True

    def update(self, gradient: Tensor, velocity: Tensor | None) -> Tensor:  # noqa: ARG002
        """The direction that is followed, from the gradient and the last such direction."""
        return gradient

    def climb(
        self, classifier: nn.Module, at: Tensor, labels: Tensor, ball: Ball, stride: Epsilon, steps: int
    ) -> Tensor:
        """Where so many steps of a size lead from the points `at`: the last point, not the worst one met."""
        velocity = None
        for _ in range(steps):
            _, gradient = loss_gradient(classifier, at, labels)
            velocity = self.update(gradient, velocity)
            at = ball.project(at + stride * ball.uphill(velocity))
        return at
