"""Several attacks that differ, one after another: what one of them cannot break, the next may."""

from __future__ import annotations

from dataclasses import dataclass

from torch import nn

from cxr_gui.core.attacks.apgd import APGD
from cxr_gui.core.attacks.ball import Epsilon, take
from cxr_gui.core.attacks.fab import FAB
from cxr_gui.core.attacks.gradient import logits_of
from cxr_gui.core.attacks.protocol import Attack, Batch, Iterative, Search, parameter
from cxr_gui.core.attacks.registry import register
from cxr_gui.core.attacks.resisting import Resisting
from cxr_gui.core.attacks.square import Square


@register
@dataclass(frozen=True)
class Ensemble(Iterative):
    """APGD, FAB and Square, each on the images that still resist.

    They are what AutoAttack (Croce and Hein, 2020) has for a single logit; with its numbers of steps, starts
    and queries. Square asks for no gradient, so that none that is hidden or wrong protects an image.
    """

    name = "ensemble"
    title = "Ensemble"
    summary = "APGD, then FAB, then Square, each on what still resists: the strongest, and the slowest"
    early_stop = True

    steps: int = parameter(100, "Gradient steps of each start of APGD and FAB", minimum=2, maximum=1000)
    restarts: int = parameter(5, "Starts of APGD and of FAB", minimum=1, maximum=100)
    queries: int = parameter(5000, "Forward passes of Square", minimum=1, maximum=20000)
    seed: int = parameter(0, "Seed of everything random in it", advanced=True)

    @property
    def members(self) -> tuple[Attack, ...]:
        """Its attacks, in their order."""
        return (
            APGD(self.steps, self.restarts, self.seed),
            FAB(self.steps, self.restarts, self.seed),
            Square(self.queries, seed=self.seed),
        )

    def search(self, classifier: nn.Module, batch: Batch, epsilon: Epsilon) -> Search:
        resisting = Resisting(batch, classifier)
        resisting.see(batch.pixels, logits_of(classifier, batch.pixels))
        for attack in self.members:
            resisting.leave()
            if not len(resisting):
                break
            images = resisting.places
            found = yield from attack.search(classifier, batch[images], take(epsilon, images))
            resisting.see(found, logits_of(classifier, found))
            yield
        return resisting.worst
