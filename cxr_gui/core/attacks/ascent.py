"""What FGSM's relatives have in common: steps uphill, each projected back into the ball of a norm."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from torch import Tensor, nn

from cxr_gui.core.attacks.ball import Ball, Epsilon
from cxr_gui.core.attacks.ground import Grounded
from cxr_gui.core.attacks.resisting import Walk

Update = Callable[[Tensor, Tensor | None], Tensor]
"""(gradient, the last direction that was followed) -> the next one."""


class Uphill(Walk):
    """Projected steps of one size along the gradient, or along what an update makes of it."""

    def __init__(self, at: Tensor, labels: Tensor, ball: Ball, stride: Epsilon, update: Update) -> None:
        super().__init__(at, labels)
        self.ball, self.stride, self.update = ball, stride, update
        self.velocity: Tensor | None = None

    def step(self) -> None:
        self.velocity = self.update(self.gradient, self.velocity)
        self.at = self.ball.project(self.at + self.stride * self.ball.uphill(self.velocity))


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
        walk = Uphill(at, labels, ball, stride, self.update)
        for _ in range(steps):
            walk.ask(classifier)
            walk.step()
        return walk.at
