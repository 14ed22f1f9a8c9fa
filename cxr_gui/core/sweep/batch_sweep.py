"""One batch of a sweep: every image of it at every epsilon."""

from __future__ import annotations

import math
from collections.abc import Generator, Sequence
from dataclasses import dataclass, replace

import numpy as np
import torch
from torch import Tensor, nn

from cxr_gui.core.attacks import (
    Attack,
    Ball,
    Batch,
    Noise,
    SingleStep,
    create_attack,
    logits_of,
    move,
    threat_of,
    threshold_logit,
)
from cxr_gui.core.base.decisions import wrong
from cxr_gui.core.base.device import finest
from cxr_gui.core.base.errors import ArgumentError
from cxr_gui.core.base.roots import RootBracket
from cxr_gui.core.sweep.critical import first_crossing, heights, narrowed
from cxr_gui.core.sweep.proof import Proof
from cxr_gui.core.sweep.tally import Found

RETRIES = 3
"""How often an attack of many steps is run again to find how little is enough."""


@dataclass(frozen=True)
class Plan:
    """What to do to each image.

    epsilons    as they were asked for, pixel units
    noise_seed  of the random-noise control, or None to leave it out
    critical    whether to look for each image's critical epsilon
    noise_scales  the kind of noise at each epsilon of the ladder, see `noise_control`; empty: pixel noise
    proof       of each image's certified radius, or None to leave it out
    descending  whether what resists an attack of many steps is spared it at smaller epsilons
    """

    attack: Attack
    epsilons: tuple[float, ...]
    noise_seed: int | None
    critical: bool
    noise_scales: tuple[int, ...] = ()
    proof: Proof | None = None
    descending: bool = False

    @property
    def ladder(self) -> list[float]:
        """0 and each epsilon once, ascending."""
        return sorted({0.0, *self.epsilons})

    @property
    def asked(self) -> list[int]:
        """The place of each asked epsilon on the ladder."""
        return [self.ladder.index(epsilon) for epsilon in self.epsilons]

    def with_noise_scales(self, scales: Sequence[int]) -> Plan:
        """The same with these kinds of noise at the asked epsilons; there is none at 0."""
        known = dict(zip(self.asked, scales, strict=True))
        return replace(self, noise_scales=tuple(known.get(place, 1) for place in range(len(self.ladder))))


def make_plan(
    attack: str | Attack,
    epsilons: Sequence[float],
    *,
    noise_seed: int | None,
    critical: bool,
    descending: bool = False,
) -> Plan:
    """A Plan from what a person says. Raises ArgumentError for epsilons that are not accepted."""
    accepted = "Accepted: at least one finite number >= 0 in pixel units."
    try:
        values = tuple(float(epsilon) for epsilon in epsilons)
    except (TypeError, ValueError) as error:
        raise ArgumentError(f"is {epsilons!r}.", where="epsilons", hint=accepted) from error
    if not values:
        raise ArgumentError("is empty.", where="epsilons", hint=accepted)
    for value in values:
        if not (math.isfinite(value) and value >= 0):
            raise ArgumentError(f"contains {value}.", where="epsilons", hint=accepted)
    chosen = create_attack(attack) if isinstance(attack, str) else attack
    return Plan(chosen, values, noise_seed, critical, descending=descending and not chosen.single_step)


@dataclass(frozen=True, eq=False)
class Ray:
    """From each image, a direction shaped like its pixels that an attack goes, up to a reach [B, 1, 1, 1]."""

    direction: Tensor
    reach: Tensor

    @classmethod
    def to(cls, change: Tensor, norm: type[Ball]) -> Ray:
        """The ray to pixels + change: its reach is the change's size."""
        reach = norm.size(change)
        return cls(torch.where(reach > 0, change / reach, 0.0), reach)

    def walk(self, batch: Batch, images: Tensor, epsilon: Tensor) -> Tensor:
        """Some images of the batch (indices [A]), each at an epsilon of its own [A, 1, 1, 1]."""
        epsilon = torch.minimum(epsilon, self.reach[images])
        return move(batch.pixels[images], self.direction[images], epsilon)


def sweep_batch(classifier: nn.Module, batch: Batch, plan: Plan) -> Generator[None, None, Found]:
    """Attack one batch at every epsilon; yields after every forward and every step of it."""
    if isinstance(plan.attack, SingleStep):
        clean, direction = plan.attack.checked_direction(classifier, batch)
        yield
        attacked = yield from _climb(classifier, batch, direction, clean, plan)
        ray = Ray(direction, torch.full_like(direction[:, :1, :1, :1], torch.inf))
    else:
        clean = logits_of(classifier, batch.pixels)
        yield
        search = _descend if plan.descending else _search
        attacked, ray = yield from search(classifier, batch, plan.attack, clean, plan)
    noise = None
    if plan.noise_seed is not None:
        noise = yield from _noise(classifier, batch, clean, plan)
    critical = None
    if plan.critical:
        critical = yield from _critical(classifier, batch, ray, attacked, plan)
    certified = None
    if plan.proof is not None:
        certified = yield from plan.proof.radii(batch)
    return Found(
        rows=np.array(batch.rows, dtype=np.int64),
        labels=batch.labels,
        clean=clean,
        logits=attacked[plan.asked],
        noise=None if noise is None else noise[plan.asked],
        noise_scales=tuple(plan.noise_scales[place] for place in plan.asked) if plan.noise_scales else (),
        critical=critical,
        certified=certified,
        threat=threat_of(batch.pixels),
    )


def _climb(
    classifier: nn.Module, batch: Batch, direction: Tensor, clean: Tensor, plan: Plan
) -> Generator[None, None, Tensor]:
    """Logits [ladder, B] along one direction; epsilon 0 is the clean image."""
    logits = [clean]
    for epsilon in plan.ladder[1:]:
        logits.append(logits_of(classifier, move(batch.pixels, direction, epsilon)))
        yield
    return torch.stack(logits)


def _noise(classifier: nn.Module, batch: Batch, clean: Tensor, plan: Plan) -> Generator[None, None, Tensor]:
    """Logits [ladder, B] under the noise of each epsilon's kind."""
    scales = plan.noise_scales or (1,) * len(plan.ladder)
    signs = {scale: Noise(plan.noise_seed or 0, scale).signs(batch) for scale in set(scales[1:])}
    logits = [clean]
    for epsilon, scale in zip(plan.ladder[1:], scales[1:], strict=True):
        logits.append(logits_of(classifier, move(batch.pixels, signs[scale], epsilon)))
        yield
    return torch.stack(logits)


def _search(
    classifier: nn.Module, batch: Batch, attack: Attack, clean: Tensor, plan: Plan
) -> Generator[None, None, tuple[Tensor, Ray]]:
    """Logits [ladder, B] of the points an attack finds, classified anew, and the ray to
    the first wrong one of each image.
    """
    threshold = threshold_logit(classifier)
    logits, change = [clean], torch.zeros_like(batch.pixels)
    waiting = ~wrong(clean, batch.labels, threshold)
    for epsilon in plan.ladder[1:]:
        adversarial = yield from attack.attacked(classifier, batch, epsilon)
        logits.append(logits_of(classifier, adversarial))
        yield
        now = waiting & wrong(logits[-1], batch.labels, threshold)
        change = torch.where(now.view(-1, 1, 1, 1), adversarial - batch.pixels, change)
        waiting &= ~now
    return torch.stack(logits), Ray.to(change, attack.norm)


def _descend(
    classifier: nn.Module, batch: Batch, attack: Attack, clean: Tensor, plan: Plan
) -> Generator[None, None, tuple[Tensor, Ray]]:
    """As `_search`, from the largest epsilon down to the one that an image resists.

    Each smaller ball lies inside, and what breaks an image there would have here. So an image that resists,
    which costs a long attack all that it has, is spared it from there on: the worst image that was found of
    it is shrunk instead.
    """
    threshold, every = threshold_logit(classifier), torch.arange(len(batch), device=clean.device)
    logits, resisted = [], torch.zeros_like(batch.labels, dtype=torch.bool)
    change = worst = torch.zeros_like(batch.pixels)
    for epsilon in reversed(plan.ladder[1:]):
        ray = Ray.to(worst, attack.norm)
        adversarial = ray.walk(batch, every, torch.full_like(ray.reach, epsilon))
        tried = every[~resisted]
        if len(tried):
            adversarial[tried] = yield from attack.attacked(classifier, batch[tried], epsilon)
        logits.append(logits_of(classifier, adversarial))
        yield
        broken = wrong(logits[-1], batch.labels, threshold)
        held = ~broken & ~resisted
        change = torch.where(broken.view(-1, 1, 1, 1), adversarial - batch.pixels, change)
        worst = torch.where(held.view(-1, 1, 1, 1), adversarial - batch.pixels, worst)
        resisted |= held
    return torch.stack([clean, *reversed(logits)]), Ray.to(change, attack.norm)


def _critical(
    classifier: nn.Module, batch: Batch, ray: Ray, logits: Tensor, plan: Plan
) -> Generator[None, None, Tensor]:
    """The critical epsilon of each image.

    Exact for single-step attacks, whose ray is the attack itself. Another would have to be run
    anew at every epsilon; it is run a few times, and then the last image it found is shrunk along the
    ray to it. So its critical epsilon is that of an image that exists: an upper bound.
    """
    threshold, labels, device = threshold_logit(classifier), batch.labels, batch.pixels.device
    ladder = torch.tensor(plan.ladder, dtype=finest(device), device=device)
    critical, images, bracket = first_crossing(labels, ladder, logits, threshold)
    if not isinstance(plan.attack, SingleStep):
        ray = yield from _shorten(classifier, batch, plan.attack, ray, images, bracket)

    def logits_at(some: Tensor, epsilons: Tensor) -> Tensor:
        return logits_of(classifier, ray.walk(batch, some, _radii(epsilons, batch)))

    critical[images] = yield from narrowed(logits_at, images, labels[images], bracket, threshold)
    return critical


def _shorten(
    classifier: nn.Module, batch: Batch, attack: Attack, ray: Ray, images: Tensor, bracket: RootBracket
) -> Generator[None, None, Ray]:
    """Bisect with the attack itself, RETRIES times; returns the ray to the smallest success of each image."""
    if not len(images):
        return ray
    some, threshold = batch[images], threshold_logit(classifier)
    direction, reach = ray.direction.clone(), ray.reach.clone()
    for _ in range(RETRIES):
        middle = (bracket.low + bracket.high) / 2
        adversarial = yield from attack.attacked(classifier, some, _radii(middle, batch))
        logits = logits_of(classifier, adversarial)
        yield
        flipped = wrong(logits, some.labels, threshold) & torch.isfinite(logits)
        shorter, pick = Ray.to(adversarial - some.pixels, attack.norm), flipped.view(-1, 1, 1, 1)
        direction[images] = torch.where(pick, shorter.direction, direction[images])
        reach[images] = torch.where(pick, shorter.reach, reach[images])
        bracket.narrow(middle, heights(logits.to(middle.dtype), some.labels, threshold), flipped)
    bracket.restart()
    return Ray(direction, reach)


def _radii(epsilons: Tensor, batch: Batch) -> Tensor:
    """Epsilons [A] as [A, 1, 1, 1] like the pixels."""
    return epsilons.to(batch.pixels.dtype).view(-1, 1, 1, 1)
