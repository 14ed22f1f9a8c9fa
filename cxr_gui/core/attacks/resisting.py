"""The images that still resist an attack of many steps, and the worst point that it met of each.

Every such attack goes on alike: ask the classifier about a point of each image, take note of it, choose the
next. Only how the next is chosen is its own, and is a Walk. No step waits for the device: all shapes stay as
they are, and what is broken walks on unseen until, every few steps, it is left behind.
"""

from __future__ import annotations

import copy
from abc import ABC, abstractmethod
from typing import Self

import torch
from torch import Tensor, nn

from cxr_gui.core.attacks.ball import Ball
from cxr_gui.core.attacks.gradient import logits_of, loss_gradient, threshold_logit
from cxr_gui.core.attacks.protocol import Batch, Search
from cxr_gui.core.base.decisions import margin, wrong
from cxr_gui.core.base.device import between_looks

SELDOM = 8
"""Steps that an accelerator takes with images that may be broken by now."""


class Walk(ABC):
    """Where A images are on the way of an attack, and all that it remembers of them.

    at      [A, C, H, W], the points to ask about next          labels    [A]
    logits  [A], the last answer                                gradient  like `at`, that of the signed logit

    Every attribute that is a Tensor or a Ball has the images first and is replaced, never written into; all
    others are of no image.
    """

    logits: Tensor
    gradient: Tensor

    def __init__(self, at: Tensor, labels: Tensor) -> None:
        self.at, self.labels = at, labels

    def ask(self, classifier: nn.Module) -> None:
        """Ask the classifier about the points."""
        self.logits, self.gradient = loss_gradient(classifier, self.at, self.labels)

    @abstractmethod
    def step(self) -> None:
        """Go on to the next points, by the last answer."""

    def counts(self) -> Tensor | None:
        """Which of the points may be the attack's answer, bool [A]; None: all of them."""
        return None

    def of(self, images: Tensor) -> Self:
        """The same for some of the images, indices."""
        some = copy.copy(self)
        for name, value in vars(self).items():
            if isinstance(value, Tensor | Ball):
                setattr(some, name, value[images])
        return some


class Resisting:
    """The images of a batch that an attack has not broken, or not left behind yet.

    places        [A], where they are in the batch
    until_broken  whether an image is done with at its first wrong point; otherwise all of them stay
    """

    def __init__(self, batch: Batch, classifier: nn.Module, *, until_broken: bool = True) -> None:
        device = batch.pixels.device
        self.places = torch.arange(len(batch), device=device)
        self._labels, self._threshold = batch.labels, threshold_logit(classifier)
        self._worst, self._pixels = batch.pixels.clone(), batch.pixels
        precision = torch.promote_types(batch.pixels.dtype, torch.float32)
        self._margins = torch.full(batch.labels.shape, -torch.inf, device=device, dtype=precision)
        self._broken = torch.zeros_like(batch.labels, dtype=torch.bool)
        self._until_broken = until_broken

    def __len__(self) -> int:
        return len(self.places)

    def see(self, points: Tensor, logits: Tensor, counts: Tensor | None = None) -> None:
        """Take note of one point of each image [A, C, H, W], where it counts, bool [A].

        A logit that is not finite is the worst there is: whoever decides of that point is to meet it.
        """
        finite = torch.isfinite(logits)
        margins = margin(logits, self._labels, self._threshold).to(self._margins.dtype)
        margins = torch.where(finite, margins, torch.inf)
        broken = wrong(logits, self._labels, self._threshold) | ~finite
        worse = margins > self._margins
        if self._until_broken:
            worse = worse & ~self._broken
        if counts is not None:
            worse, broken = worse & counts, broken & counts
        self._pixels = torch.where(worse.view(-1, 1, 1, 1), points, self._pixels)
        self._margins = torch.where(worse, margins, self._margins)
        self._broken = self._broken | broken

    def leave(self) -> Tensor | None:
        """Leave behind what is broken. Returns which go on, as indices of those that were there before; None
        when all do. Nothing else in an attack of many steps waits for the device.
        """
        if not self._until_broken:
            return None
        on = torch.nonzero(~self._broken).flatten()
        if len(on) == len(self):
            return None
        self._worst[self.places] = self._pixels
        self.places, self._labels, self._broken = self.places[on], self._labels[on], self._broken[on]
        self._pixels, self._margins = self._pixels[on], self._margins[on]
        return on

    def follow(self, classifier: nn.Module, walk: Walk, steps: int) -> Search:
        """Take so many steps of a walk of all images, with those that resist; yields after every answer.

        Returns the worst points so far, see `worst`.
        """
        every = between_looks(walk.at.device, SELDOM)
        self.leave()
        if len(self) < len(walk.at):
            walk = walk.of(self.places)
        for step in range(1, steps + 1):
            if not len(self):
                return self.worst
            walk.ask(classifier)
            self.see(walk.at, walk.logits, walk.counts())
            yield
            if step % every == 0 and (on := self.leave()) is not None:
                walk = walk.of(on)
            walk.step()
        if len(self):
            self.see(walk.at, logits_of(classifier, walk.at), walk.counts())
            yield
        return self.worst

    @property
    def worst(self) -> Tensor:
        """For each image of the batch the point farthest on the wrong side of the threshold so far; the clean
        one where none was seen, and of an image that was done with at its first wrong point that one.
        """
        self._worst[self.places] = self._pixels
        return self._worst
