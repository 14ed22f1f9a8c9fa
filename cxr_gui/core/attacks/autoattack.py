"""AutoAttack's parts that need no third class, by the authors' own package, where that is installed."""

from __future__ import annotations

import importlib.util
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

from cxr_gui.core.attacks.ball import Epsilon, LinfBall, take
from cxr_gui.core.attacks.gradient import frozen, logits_of, threshold_logit
from cxr_gui.core.attacks.protocol import Batch, Iterative, Search, parameter
from cxr_gui.core.attacks.registry import register
from cxr_gui.core.attacks.resisting import Resisting


class TwoLogits(nn.Module):
    """A classifier of one logit as one of two, [-z/2, z/2] with z measured from the threshold."""

    def __init__(self, classifier: nn.Module, dtype: torch.dtype) -> None:
        super().__init__()
        self.classifier = classifier
        self.dtype = dtype  # the package works in float32
        self.threshold = threshold_logit(classifier)

    def forward(self, pixels: Tensor) -> Tensor:
        half = (self.classifier(pixels.to(self.dtype)) - self.threshold) / 2
        return torch.stack([-half, half], dim=1).float()


@dataclass(frozen=True)
class AutoAttack(Iterative):
    """APGD on cross-entropy, FAB and Square of AutoAttack (Croce and Hein, 2020), each on what still resists.

    Every image is attacked alone: the package shares its random numbers and its epsilon among a batch.
    """

    name = "autoattack"
    title = "AutoAttack"
    summary = "The ensemble of its authors, less what needs three classes; minutes an image"
    early_stop = True

    steps: int = parameter(100, "Gradient steps of each start of APGD and FAB", minimum=1, maximum=1000)
    restarts: int = parameter(5, "Starts of APGD and FAB", minimum=1, maximum=100)
    queries: int = parameter(5000, "Forward passes of Square", minimum=1, maximum=20000)
    seed: int = parameter(0, "Seed of everything random in it", advanced=True)

    def search(self, classifier: nn.Module, batch: Batch, epsilon: Epsilon) -> Search:
        adversarial = batch.pixels.clone()
        for place in torch.arange(len(batch), device=batch.pixels.device).view(-1, 1):
            adversarial[place] = yield from self._alone(classifier, batch[place], float(take(epsilon, place)))
        return adversarial

    def _alone(self, classifier: nn.Module, image: Batch, epsilon: float) -> Search:
        """The attack on one image."""
        ball, resisting = LinfBall.around(image.pixels, epsilon), Resisting(image, classifier)
        resisting.see(image.pixels, logits_of(classifier, image.pixels))
        seed = int(image.chance(self.seed).fractions())
        for part in self._parts(classifier, image.pixels, epsilon, seed) if epsilon else ():
            resisting.leave()
            if not len(resisting):
                break
            found = ball.project(_perturb(part, classifier, image))
            resisting.see(found, logits_of(classifier, found))
            yield
        return resisting.worst

    def _parts(self, classifier: nn.Module, pixels: Tensor, epsilon: float, seed: int) -> list[Any]:
        """The parts as AutoAttack sets them up; its DLR losses and targets need three classes."""
        from pyautoattack.autopgd_base import APGDAttack
        from pyautoattack.fab_pt import FABAttack_PT
        from pyautoattack.square import SquareAttack

        model = TwoLogits(classifier, pixels.dtype)
        common = {"eps": epsilon, "norm": "Linf", "seed": seed, "device": pixels.device, "verbose": False}
        starts = {"n_restarts": self.restarts, "n_iter": self.steps}
        return [
            APGDAttack(model, loss="ce", rho=0.75, **starts, **common),
            FABAttack_PT(model, **starts, **common),
            SquareAttack(model, p_init=0.8, n_queries=self.queries, n_restarts=1, **common),
        ]


def _perturb(part: Any, classifier: nn.Module, image: Batch) -> Tensor:
    """What one part makes of one image: [1, C, H, W]."""
    pixels, label = image.pixels, image.labels
    devices = [pixels.device] if pixels.device.type == "cuda" else []
    with torch.random.fork_rng(devices=devices), torch.inference_mode(False), frozen(classifier):
        found: Tensor = part.perturb(pixels.float(), label)
    return found.detach().to(pixels.dtype)


if importlib.util.find_spec("pyautoattack"):
    register(AutoAttack)
