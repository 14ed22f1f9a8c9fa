"""Exact reduction: a classifier that begins with average pooling sees of the pixels their block means alone.

The affine normalisation and the mean over channels commute with the means over blocks. So the L-infinity ball
of radius epsilon inside [0, 1] is, for the logit, the box between mean(max(x - epsilon, 0)) and
mean(min(x + epsilon, 1)), and each point of that box is the means of an image in the ball.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property

import torch
from torch import Tensor, nn
from torch.nn import functional

from cxr_gui.core.base.intervals import bounds
from cxr_gui.core.models.classifier import Classifier


@dataclass(frozen=True, eq=False)
class Reduction:
    """A classifier as a function of block means.

    block  height and width, in pixels, of the blocks whose means the network begins with
    rest   what the network does with the means

    Means are [B, C, H / block, W / block], with one channel where the classifier or the pixels have one.
    Rows and columns that fill no block are seen by nobody.
    """

    full: Classifier
    block: tuple[int, int]
    rest: nn.Sequential

    @classmethod
    def of(cls, classifier: nn.Module) -> Reduction | None:
        """That of a Classifier whose first layer averages blocks side by side; None for any other."""
        if type(classifier) is not Classifier or type(classifier.network) is not nn.Sequential:
            return None
        first, rest = classifier.network[0], classifier.network[1:]
        if type(first) is not nn.AvgPool2d or first.ceil_mode or first.divisor_override:
            return None
        block, stride, padding = map(_pair, (first.kernel_size, first.stride, first.padding))
        return cls(classifier, block, rest) if block == stride and padding == (0, 0) else None

    @cached_property
    def classifier(self) -> Classifier:
        """The same classifier on means: of the same weights, which go on being trained."""
        full = self.full
        (height, width), (rows, columns) = full.input_size, self.block
        reduced = Classifier(
            self.rest,
            architecture=f"{full.architecture} of means",
            input_size=(height // rows, width // columns),
            normalisation=full.normalisation,
            classes=full.classes,
            threshold=full.threshold,
        )
        reduced.mean, reduced.std = full.mean, full.std  # where they are, as precise as they are
        reduced.training = reduced.network.training = full.training
        return reduced

    def means(self, pixels: Tensor) -> Tensor:
        """The block means of pixels [B, 1 or 3, H, W], of all channels where the network sees but one."""
        if pixels.shape[1] > self.full.normalisation.channels:
            pixels = pixels.mean(dim=1, keepdim=True)
        return functional.avg_pool2d(pixels, self.block)

    def box(self, pixels: Tensor, epsilon: float | Tensor, *, exactly: bool = True) -> tuple[Tensor, Tensor]:
        """(lower, upper) means of all images within epsilon (pixel units, or [B]) of `pixels`, inside [0, 1].

        Each bound is rounded as the means of an image are; whoever proves something widens it or asks in
        float64. `exactly` as in `bounds`.
        """
        lower, upper = bounds(pixels, epsilon, exactly=exactly)
        return self.means(lower), self.means(upper)

    def lift(self, pixels: Tensor, means: Tensor, epsilon: float | Tensor, *, exactly: bool = True) -> Tensor:
        """The image like `pixels`, within epsilon of them and inside [0, 1], that has these means of the box.

        All pixels of a block go the same share of their way to a bound: none where its mean stays, and all of
        it at a corner of the box, where the image is that of the fast gradient sign method.
        """
        lower, upper = bounds(pixels, epsilon, exactly=exactly)
        clean, bottom, top = map(self.means, (pixels, lower, upper))
        room = torch.where(means > clean, top - clean, clean - bottom)
        share = self.spread(torch.where(room > 0, (means - clean) / room, 0.0).clamp_(-1, 1), pixels)
        return torch.lerp(pixels, torch.where(share > 0, upper, lower), share.abs_())

    def spread(self, means: Tensor, pixels: Tensor) -> Tensor:
        """Means [B, C, h, w] at each pixel of their block: [B, C, H, W]; 0 where there is no block."""
        (rows, columns), (height, width) = self.block, means.shape[-2:]
        wide = means[:, :, :, None, :, None].expand(-1, -1, -1, rows, -1, columns)
        film = wide.reshape(*means.shape[:2], height * rows, width * columns)
        below, beside = pixels.shape[-2] - film.shape[-2], pixels.shape[-1] - film.shape[-1]
        return functional.pad(film, (0, beside, 0, below)) if below or beside else film

    def averaged(self, pixels: Tensor) -> int:
        """Of how many numbers of `pixels` [B, C, H, W] each mean is."""
        channels = pixels.shape[1] if pixels.shape[1] > self.full.normalisation.channels else 1
        return math.prod(self.block) * channels

    def gradient(self, gradient: Tensor, pixels: Tensor) -> Tensor:
        """The gradient to `pixels`, like them, of what has this gradient to their means."""
        return self.spread(gradient / self.averaged(pixels), pixels).expand_as(pixels)


def _pair(size: int | tuple[int, int]) -> tuple[int, int]:
    return (size, size) if isinstance(size, int) else (size[0], size[1])
