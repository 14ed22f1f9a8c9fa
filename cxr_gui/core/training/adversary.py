"""The attack inside robust training, and the PGD probe that watches whether it still teaches anything."""

from __future__ import annotations

import torch
from torch import Tensor

from cxr_gui.core.attacks import Ascent, Ground, as_threat, create_attack, frozen, pgd
from cxr_gui.core.base import units
from cxr_gui.core.models import Classifier, Reduction
from cxr_gui.core.training.recipes import Recipe


def risen(recipe: Recipe, done: float) -> float:
    """The share of its epsilon that a training has come to when the part `done` (0..1) of it is over.

    It rises along a line: attacked with all of it from the first step on, a network learns nothing.
    """
    return min(1.0, done / recipe.epsilon_warmup) if recipe.epsilon_warmup else 1.0


def training_epsilon(recipe: Recipe, done: float) -> float:
    """L-infinity radius, pixel units, when the part `done` (0..1) of the training is over."""
    return risen(recipe, done) * units.to_pixel(recipe.epsilon, "model")


def perturbable(classifier: Classifier, pixels: Tensor, recipe: Recipe) -> Tensor:
    """The clean pixels [B, 1 or 3, H, W] with as many channels as are perturbed on their own.

    One where the classifier averages the channels: it cannot tell three perturbations from their mean.
    """
    return as_threat(pixels, "grey" if classifier.normalisation.channels == 1 else recipe.threat)


def random_starts(classifier: Classifier, clean: Tensor, draws: torch.Generator) -> Tensor:
    """Uniform in [-1, 1), where each image's attack starts: like `clean`, or like its means (`Ground`)."""
    reduction = Reduction.of(classifier)
    points = clean if reduction is None else reduction.means(clean)
    return torch.empty_like(points).uniform_(-1, 1, generator=draws)


def attacked(
    classifier: Classifier, clean: Tensor, labels: Tensor, starts: Tensor, recipe: Recipe, epsilon: float
) -> Tensor:
    """The images a robust recipe trains on: like `clean`, which `perturbable` gave; epsilon in pixel units.

    The attack that the recipe names climbs on its `Ground`, from `starts` (see `random_starts`) where it is a
    random one. Its last point is the answer, not the worst one met: training needs speed and variety more
    than the strongest attack.
    """
    attack = create_attack(recipe.adversary)
    assert isinstance(attack, Ascent)  # noqa: S101  the recipe has seen to it
    with frozen(classifier):
        ground = Ground.of(attack.norm, classifier, clean, epsilon, exactly=False)
        at = ground.ball.start(ground.clean, epsilon, starts) if attack.random else ground.clean
        stride = recipe.step_size * epsilon
        return ground.lift(
            attack.climb(ground.classifier, at, labels, ground.ball, stride, recipe.attack_steps)
        )


def probed(classifier: Classifier, pixels: Tensor, labels: Tensor, recipe: Recipe, seed: int) -> Tensor:
    """Logits [B] of PGD images: the strong attack that tells a robust classifier from a collapsed one."""
    epsilon = units.to_pixel(recipe.epsilon, "model")
    clean = perturbable(classifier, pixels, recipe)
    adversarial = pgd(classifier, clean, labels, epsilon, steps=recipe.probe_steps, seed=seed)
    with torch.no_grad():
        logits: Tensor = classifier(adversarial)
    return logits
