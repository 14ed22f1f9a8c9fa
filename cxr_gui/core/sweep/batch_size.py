"""How many images a sweep attacks at once: what keeps a device busy, as far as its memory goes."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from cxr_gui.core.attacks import logits_of
from cxr_gui.core.base.device import memory_free

ON_CPU = 32
"""On the CPU images are computed a few at a time (see `gradient.PORTION`): more of them gain nothing."""

LARGEST = 256
"""So many images an accelerator is given at most: a sweep is shown, paused and stopped between batches."""

SHARE = 0.4
"""Of the memory that is free: the rest is for the kernels' own and for whoever comes later."""

LAYERS, POINTS = 2, 16
"""How often a step holds each number that a layer answers with, and each pixel: values, gradients, and the
points, bounds and directions that an attack remembers.
"""


def chosen_batch_size(classifier: nn.Module, image: Tensor, most: int = LARGEST) -> int:
    """For attacks on images like `image` [1, C, H, W], which is where the classifier is.

    most  images there are, of which an accelerator gets no more at once
    """
    if image.device.type == "cpu":
        return ON_CPU
    return min(most, fitting(classifier, image, memory_free(image.device)))


def fitting(classifier: nn.Module, image: Tensor, free: int) -> int:
    """How many images at once so many bytes hold, from 1 to LARGEST."""
    numbers = LAYERS * _answered(classifier, image) + POINTS * image.numel()
    return max(1, min(LARGEST, int(SHARE * free / (numbers * image.element_size()))))


def _answered(classifier: nn.Module, image: Tensor) -> int:
    """How many numbers all its layers answer with."""
    answered = 0

    def count(_layer: nn.Module, _given: object, answer: object) -> None:
        nonlocal answered
        if isinstance(answer, torch.Tensor):
            answered += answer.numel()

    hooks = [layer.register_forward_hook(count) for layer in classifier.modules()]
    try:
        logits_of(classifier, image)
    finally:
        for hook in hooks:
            hook.remove()
    return answered
