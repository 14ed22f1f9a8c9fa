"""Training on bounds: the logits that no attack within epsilon can get past (IBP; Gowal et al., 2018)."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from cxr_gui.core.base import units
from cxr_gui.core.certify import Interval, ball, read_network
from cxr_gui.core.models import Classifier, Reduction
from cxr_gui.core.training.recipes import Recipe


class Bounded(nn.Module):
    """A classifier that answers with the worst logits an attack could reach, as far as interval bounds know.

    pixels [B, 1 or 3, H, W], labels [B] of 0/1, epsilon in pixel units -> worst logits [B], and clean ones if
    asked for, with gradient to the weights. Raises UnboundedError for a layer that has no bounds.
    """

    def __init__(self, classifier: Classifier) -> None:
        super().__init__()
        self.classifier = classifier
        self._reduction = Reduction.of(classifier)
        self._normalises = any(
            isinstance(one, nn.BatchNorm1d | nn.BatchNorm2d) for one in classifier.modules()
        )
        self._network = read_network(classifier if self._reduction is None else self._reduction.classifier)

    def forward(
        self, pixels: Tensor, labels: Tensor, epsilon: float, clean: bool = False
    ) -> tuple[Tensor, Tensor | None]:
        if self._reduction is None:
            box = ball(pixels, epsilon)
        else:  # the same bounds: the box of block means is exact
            box = Interval(
                *self._reduction.box(pixels, epsilon, exactly=False), self._reduction.means(pixels)
            )
        clean |= self.training and self._normalises  # BatchNorm takes its statistics from clean images
        found = self._network.interval_bounds(box if clean else Interval(box.lower, box.upper))
        return torch.where(labels == 1, found.lower, found.upper), found.clean


@torch.no_grad()
def worst_logits(classifier: Classifier, pixels: Tensor, labels: Tensor, recipe: Recipe) -> Tensor:
    """Logits [B] that no attack gets past at the recipe's epsilon; in float32 as in training, so no proof."""
    worst: Tensor = Bounded(classifier).eval()(pixels, labels, units.to_pixel(recipe.epsilon, "model"))[0]
    return worst
