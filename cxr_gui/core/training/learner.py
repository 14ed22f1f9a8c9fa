"""A classifier being trained: the loss, the optimiser, and the step that changes them."""

from __future__ import annotations

import copy
import math
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

from cxr_gui.core.base.decisions import wrong
from cxr_gui.core.base.distributed import world
from cxr_gui.core.base.errors import TrainingError
from cxr_gui.core.base.pieces import Pieces
from cxr_gui.core.base.randomness import Purpose, generator, seeded
from cxr_gui.core.models import Classifier
from cxr_gui.core.training.adam import Adam
from cxr_gui.core.training.adversary import attacked, perturbable, random_starts, risen, training_epsilon
from cxr_gui.core.training.augmentation import augment, view_draws
from cxr_gui.core.training.bounding import Bounded
from cxr_gui.core.training.data_parallel import WholeBatchDropout, parts, shared
from cxr_gui.core.training.recipes import Recipe
from cxr_gui.core.training.replay import Replay, capturing


class Learner:
    """A private classifier with its optimiser; of several processes each works on its part of every batch.

    steps    optimiser steps of the whole training, which the schedule spans
    weights  of a negative and a positive image in the loss [2]; see `class_weights`
    rate     factor on the recipe's learning rate
    judged   what is validated and kept: the classifier, or the running mean of its weights
    pieces   micro-batches a step is made of; the gradient is the whole batch's (BatchNorm sees the pieces)
    sound    False while a step is at work and after one that went wrong: then the state is not worth keeping
    """

    def __init__(
        self,
        classifier: Classifier,
        recipe: Recipe,
        *,
        seed: int,
        steps: int,
        weights: Tensor,
        device: torch.device,
    ) -> None:
        self.world = world()
        self.classifier = classifier.to(device).to(memory_format=torch.channels_last).train()
        network = Bounded(self.classifier) if recipe.bounded else self.classifier
        self.network = shared(network, device, self.world)
        self.judged = copy.deepcopy(self.classifier) if recipe.averaging else self.classifier
        self.recipe = recipe
        self.seed = seed
        self.steps = steps
        self.weights = weights.to(device)
        self.device = device
        self.rate = 1.0
        self.pieces = Pieces(most=2)
        self.sound = True
        self.forget()

    def forget(self) -> None:
        """Begin with fresh moments."""
        self.replay = Replay(capturing(self.device))  # what was captured moves the old ones
        self.optimiser = Adam(self.classifier.parameters(), weight_decay=self.recipe.weight_decay)

    def step(self, pixels: Tensor, labels: Tensor, number: int) -> Tensor:
        """Take step `number` (from 0) on pixels [B, 1, H, W] in 0..1 and labels [B] of 0/1.

        Returns the loss, the batch's mean, and how many images were classified rightly on the way [2], on
        the device. When that runs out of memory, this step and the following are taken in two halves; when
        a half is still too much, TrainingError.
        """
        self.sound = False
        while True:
            with self.pieces.attempt(len(pixels) if self.world.size == 1 else 1, self._refusal):
                outcome = self._step(pixels, labels, number)
                self.sound = True
                return outcome

    def _refusal(self, count: int) -> TrainingError:  # noqa: ARG002
        return TrainingError(
            f"The {self.device.type} device has not enough memory for this training.",
            hint="Choose a smaller batch size or architecture, or close other programs that use it.",
        )

    def _step(self, pixels: Tensor, labels: Tensor, number: int) -> Tensor:
        with seeded(self.device, self.seed, Purpose.DROPOUT, number):
            draws = view_draws(len(pixels), generator(self.seed, Purpose.AUGMENTATION, number))
            uniform = draws.to(self.device, non_blocking=True)
            numbers = (self.learning_rate(number), self._following(number))
            if self.pieces.count > 1:
                self.replay.refuse("Memory is short.")
            if self._repeats:
                there = (torch.full((), value, device=self.device) for value in numbers)
                outcome = self.replay(self._take, pixels, labels, uniform, *there)
            else:
                outcome = self._take(pixels, labels, uniform, *numbers, number)
        return self.world.sum(outcome)

    @property
    def _repeats(self) -> bool:
        """Whether every step is the same work on other tensors, and this device can capture that."""
        same = not (self.recipe.robust or self.recipe.bounded) and self.world.size == 1
        return same and self.replay.possible

    def _take(
        self,
        pixels: Tensor,
        labels: Tensor,
        uniform: Tensor,
        rate: float | Tensor,
        following: float | Tensor,
        number: int = 0,
    ) -> Tensor:
        """A step's work on the device; `number` says how far attacks and bounds have risen, and seeds."""
        count = len(pixels)
        pixels = augment(pixels, labels, self.recipe, uniform)
        epsilon, starts = training_epsilon(self.recipe, number / self.steps), None
        if self.recipe.robust:
            pixels = perturbable(self.classifier, pixels, self.recipe)
            draws = generator(self.seed, Purpose.ATTACK, number, self.device)
            starts = random_starts(self.classifier, pixels, draws)
        self.optimiser.forget_gradients()
        outcome = torch.zeros(2, device=self.device)
        for rows in parts(self.world, count, self.pieces.count):
            some, truth = pixels[rows], labels[rows]
            if starts is not None:
                some = attacked(self.classifier, some, truth, starts[rows], self.recipe, epsilon)
            some = some.contiguous(memory_format=torch.channels_last)
            with precision(self.device), self._dropout(rows, count):
                losses, logits = self._losses(some, truth, epsilon, number)
            loss = (losses * self.weights[truth.long()]).sum() / count
            torch.autograd.backward(loss * self.world.size)  # whose mean over the processes is the sum
            right = (~wrong(logits.detach(), truth, 0.0)).sum()
            outcome += torch.stack([loss.detach(), right.float()])
        self.optimiser.step(rate)
        if self.recipe.averaging:
            self._average(following)
        return outcome

    def _losses(self, pixels: Tensor, labels: Tensor, epsilon: float, number: int) -> tuple[Tensor, Tensor]:
        """The losses [B] of images as they are trained on, and the logits [B] that were judged.

        With bounds those are the worst within epsilon, and the clean images' share of the loss falls while
        epsilon rises: a new network's bounds are too wide to learn from.
        """
        if not self.recipe.bounded:
            logits = self.network(pixels).float()
            return _cross_entropies(logits, labels), logits
        share = 1.0 - (1.0 - self.recipe.clean_share) * risen(self.recipe, number / self.steps)
        worst, clean = self.network(pixels, labels, epsilon, share > 0.0)
        losses = (1.0 - share) * _cross_entropies(worst.float(), labels)
        if clean is not None:
            losses = losses + share * _cross_entropies(clean.float(), labels)
        return losses, worst.float()

    def _following(self, number: int) -> float:
        """By how much the running mean follows step `number`: more at first, when the weights are far off."""
        return 1.0 - min(self.recipe.averaging, (1 + number) / (10 + number))

    @torch.no_grad()
    def _average(self, following: float | Tensor) -> None:
        now = self.classifier.state_dict()
        for name, mean in self.judged.state_dict().items():
            if mean.is_floating_point():
                mean.lerp_(now[name], following)
            else:
                mean.copy_(now[name])  # a count of batches

    def _dropout(self, rows: slice, count: int) -> AbstractContextManager[object]:
        return WholeBatchDropout(rows, count) if self.world.size > 1 else nullcontext()

    def learning_rate(self, number: int) -> float:
        """The rate of step `number` (from 0): a linear warm-up, then constant or half a cosine down to 0."""
        recipe, done = self.recipe, number / self.steps
        rate = recipe.learning_rate * self.rate
        if done < recipe.warmup:
            return rate * (number + 1) / (recipe.warmup * self.steps + 1)
        if recipe.schedule == "cosine":
            return rate * 0.5 * (1.0 + math.cos(math.pi * (done - recipe.warmup) / (1.0 - recipe.warmup)))
        return rate

    def snapshot(self) -> Classifier:
        """A copy of what is judged that nothing will change: on the CPU, in eval mode, frozen."""
        copied: Classifier = copy.deepcopy(self.judged)
        return copied.cpu().eval().requires_grad_(False)

    def tensors(self) -> dict[str, Tensor]:
        """Everything the next step depends on, on the CPU. Raises TrainingError if a weight is not finite."""
        state = {f"classifier.{key}": value for key, value in self.classifier.state_dict().items()}
        for key, value in state.items():
            if not bool(torch.isfinite(value).all()):
                raise TrainingError(
                    f"The weights stopped being finite ({key.removeprefix('classifier.')}).",
                    hint=NOT_FINITE_HINT,
                )
        if self.judged is not self.classifier:
            state |= {f"mean.{key}": value for key, value in self.judged.state_dict().items()}
        state |= {f"optimiser.{key}": value for key, value in self.optimiser.tensors().items()}
        return {key: value.detach().cpu().contiguous() for key, value in state.items()}

    def restore(self, tensors: dict[str, Tensor]) -> None:
        """Take over what `tensors` returned. Raises RuntimeError when it is another classifier's."""
        self.classifier.load_state_dict(_within(tensors, "classifier."))
        if self.judged is not self.classifier:
            self.judged.load_state_dict(_within(tensors, "mean."))
        self.forget()
        self.optimiser.restore(_within(tensors, "optimiser."))

    def go_back(self, kept: Classifier) -> None:
        """Begin again from the weights that were kept, with fresh moments and half the learning rate."""
        for one in {self.classifier, self.judged}:
            one.load_state_dict(kept.state_dict())
        self.forget()
        self.rate *= 0.5


def _cross_entropies(logits: Tensor, labels: Tensor) -> Tensor:
    return functional.binary_cross_entropy_with_logits(logits, labels, reduction="none")


def _within(tensors: dict[str, Tensor], part: str) -> dict[str, Tensor]:
    """The tensors whose keys begin with `part`, under the rest of their keys."""
    return {key.removeprefix(part): value for key, value in tensors.items() if key.startswith(part)}


NOT_FINITE_HINT = "Lower the learning rate and begin again; the last good checkpoint is kept."


def class_weights(labels: NDArray[np.int64], recipe: Recipe) -> Tensor:
    """Weights of a negative and a positive image [2]: both classes count alike, the mean weight is 1."""
    if not recipe.class_weighting:
        return torch.ones(2)
    counts = np.bincount(labels, minlength=2)
    return torch.tensor(len(labels) / (2.0 * counts), dtype=torch.float32)


@contextmanager
def precision(device: torch.device) -> Iterator[None]:
    """bfloat16 where it pays: on CUDA. Elsewhere float32."""
    with torch.autocast(device.type, dtype=torch.bfloat16, enabled=device.type == "cuda"):
        yield
