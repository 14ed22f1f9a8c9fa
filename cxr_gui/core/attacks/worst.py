"""What an iterative attack remembers of each image: the worst point it met."""

from __future__ import annotations

import torch
from torch import Tensor

from cxr_gui.core.attacks.protocol import Batch
from cxr_gui.core.base.decisions import margin, wrong


class Worst:
    """For each image of a batch the point farthest on the wrong side of the threshold so far.

    pixels   those points, like `batch.pixels`; the clean ones until something was seen
    margins  [B], how far on the wrong side they are (see `decisions.margin`); -inf until something was seen
    broken   bool [B], whether any point seen was classified wrongly
    """

    def __init__(self, batch: Batch, threshold: float) -> None:
        self.pixels = batch.pixels.clone()
        precision = torch.promote_types(batch.pixels.dtype, torch.float32)
        self.margins = torch.full(batch.labels.shape, -torch.inf, device=batch.pixels.device, dtype=precision)
        self.broken = torch.zeros_like(batch.labels, dtype=torch.bool)
        self._labels, self._threshold = batch.labels, threshold

    def see(self, images: Tensor, pixels: Tensor, logits: Tensor) -> Tensor:
        """Take note of one point for each of `images` (indices); return which of them are broken by now.

        A logit that is not finite is the worst there is: whoever decides of that point is to meet it.
        """
        margins = margin(logits, self._labels[images], self._threshold).to(self.margins.dtype)
        finite = torch.isfinite(logits)
        margins = torch.where(finite, margins, torch.inf)
        better = margins > self.margins[images]
        self.pixels[images[better]] = pixels[better]
        self.margins[images[better]] = margins[better]
        self.broken[images] |= wrong(logits, self._labels[images], self._threshold) | ~finite
        return self.broken[images]

    def all(self) -> Tensor:
        """The indices of all images."""
        return torch.arange(len(self._labels), device=self.broken.device)

    def unbroken(self) -> Tensor:
        """The indices of the images that resisted so far."""
        return torch.nonzero(~self.broken).flatten()
