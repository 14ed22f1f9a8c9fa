"""The attack inside robust training, and the PGD probe that watches whether it still teaches anything."""

from __future__ import annotations

import torch
from torch import Tensor

from cxr_gui.core.attacks import Ascent, as_threat, create_attack, frozen, pgd
from cxr_gui.core.base import units
from cxr_gui.core.models import Classifier
from cxr_gui.core.training.recipes import Recipe


def training_epsilon(recipe: Recipe, done: float) -> float:
    """L-infinity radius, pixel units, when the part `done` (0..1) of the training is over.

    It rises along a line: attacked with all of it from the first step on, a network learns nothing.
    """
    risen = min(1.0, done / recipe.epsilon_warmup) if recipe.epsilon_warmup else 1.0
    return risen * units.to_pixel(recipe.epsilon, "model")


def perturbable(classifier: Classifier, pixels: Tensor, recipe: Recipe) -> Tensor:
    """The clean pixels [B, 1 or 3, H, W] with as many channels as are perturbed on their own.

    One where the classifier averages the channels: it cannot tell three perturbations from their mean.
    """
    return as_threat(pixels, "grey" if classifier.normalisation.channels == 1 else recipe.threat)


def random_starts(clean: Tensor, epsilon: float, draws: torch.Generator) -> Tensor:
    """Where each image's attack starts: a perturbation like `clean` inside the epsilon ball (pixel units)."""
    return torch.empty_like(clean).uniform_(-epsilon, epsilon, generator=draws)


def attacked(
    classifier: Classifier, clean: Tensor, labels: Tensor, starts: Tensor, recipe: Recipe, epsilon: float
) -> Tensor:
    """The images a robust recipe trains on: like `clean`, which `perturbable` gave; epsilon in pixel units.

    The attack that the recipe names climbs, from `starts` (see `random_starts`) where it is a random one. Its
    last point is the answer, not the worst one met: training needs speed and variety more than the strongest
    attack.
    """
    attack = create_attack(recipe.adversary)
    assert isinstance(attack, Ascent)  # noqa: S101  the recipe has seen to it
    ball = attack.norm.around(clean, epsilon, exactly=False)
    at = ball.project(clean + starts) if attack.random else clean
    with frozen(classifier):
        return attack.climb(classifier, at, labels, ball, recipe.step_size * epsilon, recipe.attack_steps)


def probed(classifier: Classifier, pixels: Tensor, labels: Tensor, recipe: Recipe, seed: int) -> Tensor:
    """Logits [B] of PGD images: the strong attack that tells a robust classifier from a collapsed one."""
    epsilon = units.to_pixel(recipe.epsilon, "model")
    clean = perturbable(classifier, pixels, recipe)
    adversarial = pgd(classifier, clean, labels, epsilon, steps=recipe.probe_steps, seed=seed)
    with torch.no_grad():
        logits: Tensor = classifier(adversarial)
    return logits
