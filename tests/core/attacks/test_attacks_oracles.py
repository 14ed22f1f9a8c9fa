"""Attacks against their papers, written down once more: one image at a time, without cleverness."""

from __future__ import annotations

import math
from collections.abc import Callable

import pytest
import torch
from torch import Tensor, nn

from cxr_gui.core.attacks.apgd import APGD
from cxr_gui.core.attacks.fast_gradient import fgsm
from cxr_gui.core.attacks.gradient import loss_gradient
from cxr_gui.core.attacks.projected_gradient import PGD, pgd
from cxr_gui.core.attacks.random_fgsm import RandomFGSM
from cxr_gui.core.attacks.randomness import FRACTION, HALF, Chance
from cxr_gui.core.attacks.registry import attacks, create_attack
from cxr_gui.core.attacks.square import AHEAD, Square
from tests.support.victims import radiographs

EPSILON = 0.2
IMAGES = 12
LABELS = torch.arange(IMAGES) % 2
Height = Callable[[Tensor], float]


class Waves(nn.Module):
    """A bumpy logit, so that the gradient turns from step to step, near the threshold for some images.

    It ignores the first pixels, where the gradient is zero and no step goes anywhere.
    """

    threshold_logit = 0.04

    def __init__(self, offset: float = 0.0) -> None:
        super().__init__()
        self.offset = offset

    def forward(self, pixels: Tensor) -> Tensor:
        bent = torch.sin(17 * pixels + 3 * pixels.roll(1, -1)).flatten(1)
        return (bent * torch.linspace(-0.3, 1.0, bent.shape[1]).clamp(min=0)).mean(dim=1) + self.offset


class Hill:
    """How wrong one image of a label is, uphill from its clean pixels, within the ball."""

    def __init__(self, classifier: Waves, clean: Tensor, label: int) -> None:
        self.classifier, self.sign = classifier, 1 - 2 * label
        self.lower, self.upper = (clean - EPSILON).clamp(min=0), (clean + EPSILON).clamp(max=1)

    def height(self, at: Tensor) -> float:
        return self.sign * (float(self.classifier(at[None])) - self.classifier.threshold_logit)

    def uphill(self, at: Tensor) -> Tensor:
        leaf = at.clone().requires_grad_()
        (self.sign * self.classifier(leaf[None])).sum().backward()
        assert leaf.grad is not None
        return leaf.grad

    def project(self, at: Tensor) -> Tensor:
        return torch.minimum(torch.maximum(at, self.lower), self.upper)

    def is_wrong(self, at: Tensor) -> bool:
        height = self.height(at)
        return height >= 0 if self.sign > 0 else height > 0


def bumpy(offset: float = 0.0) -> tuple[Waves, Tensor, list[Hill]]:
    classifier, pixels = Waves(offset), radiographs(IMAGES, dtype=torch.float64)
    return classifier, pixels, [Hill(classifier, *pair) for pair in zip(pixels, LABELS.tolist(), strict=True)]


def starts(pixels: Tensor, seed: int) -> Tensor:
    return pixels + EPSILON * Chance(seed, range(len(pixels))).uniform(pixels)


def worst_of(hill: Hill, path: list[Tensor], *, early_stop: bool) -> Tensor:
    """Of the points of a path the first wrong one, or else the highest, the first of equals."""
    if early_stop:
        for at in path:
            if hill.is_wrong(at):
                return at
    return max(path, key=hill.height)


def ascent(hill: Hill, start: Tensor, steps: int, step: float, decay: float = 0.0) -> list[Tensor]:
    """Momentum I-FGSM (Dong et al., 2018, algorithm 1); without decay PGD and I-FGSM."""
    path, velocity = [hill.project(start)], torch.zeros_like(start)
    for _ in range(steps):
        gradient = hill.uphill(path[-1])
        velocity = decay * velocity + gradient / gradient.abs().sum()
        path.append(hill.project(path[-1] + step * velocity.sign()))
    return path


def auto_pgd(hill: Hill, start: Tensor, steps: int) -> list[Tensor]:
    """Croce and Hein, 2020, algorithm 1, with its conditions 1 and 2, rho and alpha 0.75."""
    shares = [0.0, 0.22]
    while shares[-1] < 1:
        shares.append(shares[-1] + max(shares[-1] - shares[-2] - 0.03, 0.06))
    checkpoints = [math.ceil(round(share * steps, 6)) for share in shares]
    path = [hill.project(start)]
    heights = [hill.height(path[0])]
    step, at, before = 2 * EPSILON, path[0], path[0]
    steps_then, best_then, last = None, -math.inf, 0
    for number in range(1, steps + 1):
        target = hill.project(at + step * hill.uphill(at).sign())
        if number > 1:
            target = hill.project(at + 0.75 * (target - at) + 0.25 * (at - before))
        at, before = target, at
        path.append(at)
        heights.append(hill.height(at))
        if number in checkpoints and number < steps:
            rises = sum(heights[i + 1] > heights[i] for i in range(last, number))
            best = max(heights)
            if rises < 0.75 * (number - last) or (step == steps_then and best <= best_then):
                steps_then, step = step, step / 2
                at = path[heights.index(best)]
            else:
                steps_then = step
            best_then, last = best, number
    return path


def test_fgsm_is_one_step_along_the_sign() -> None:
    classifier, pixels, hills = bumpy()
    for hill, clean, ours in zip(hills, pixels, fgsm(classifier, pixels, LABELS, EPSILON), strict=True):
        expected = hill.project(clean + EPSILON * hill.uphill(clean).sign())
        torch.testing.assert_close(ours, expected, atol=1e-12, rtol=0)


def test_the_loss_gradient_is_that_of_the_signed_logit() -> None:
    classifier, pixels, hills = bumpy()
    logits, gradient = loss_gradient(classifier, pixels, LABELS)
    torch.testing.assert_close(logits, classifier(pixels))
    expected = torch.stack([hill.uphill(clean) for hill, clean in zip(hills, pixels, strict=True)])
    torch.testing.assert_close(gradient, expected, atol=1e-15, rtol=0)


@pytest.mark.parametrize("early_stop", [False, True])
@pytest.mark.parametrize(("name", "decay"), [("ifgsm", 0.0), ("mifgsm", 1.0), ("mifgsm", 0.4)])
def test_ascents_without_chance(name: str, decay: float, early_stop: bool) -> None:
    classifier, pixels, hills = bumpy()
    parameters = {"decay": decay} if name == "mifgsm" else {}
    attack = create_attack(name, steps=9, step_size=0.3, early_stop=early_stop, **parameters)
    found = attack(classifier, pixels, LABELS, EPSILON)
    for hill, clean, ours in zip(hills, pixels, found, strict=True):
        expected = worst_of(hill, ascent(hill, clean, 9, 0.3 * EPSILON, decay), early_stop=early_stop)
        torch.testing.assert_close(ours, expected, atol=1e-12, rtol=0)


@pytest.mark.parametrize("early_stop", [False, True])
def test_pgd_from_its_random_starts(early_stop: bool) -> None:
    classifier, pixels, hills = bumpy(-0.05)
    found = pgd(classifier, pixels, LABELS, EPSILON, steps=7, early_stop=early_stop, seed=5)
    for hill, start, ours in zip(hills, starts(pixels, 5), found, strict=True):
        expected = worst_of(hill, ascent(hill, start, 7, 2.5 / 7 * EPSILON), early_stop=early_stop)
        torch.testing.assert_close(ours, expected, atol=1e-12, rtol=0)


@pytest.mark.parametrize("early_stop", [False, True])
def test_a_restart_is_for_images_that_resisted_or_for_all_when_none_stops_early(early_stop: bool) -> None:
    classifier, pixels, hills = bumpy(0.02)
    parameters = {"steps": 5, "early_stop": early_stop, "seed": 3}
    found = PGD(restarts=2, **parameters)(classifier, pixels, LABELS, EPSILON)  # type: ignore[arg-type]
    chance = Chance(3, range(IMAGES))
    begun = [pixels + EPSILON * chance.uniform(pixels) for _ in range(2)]
    for hill, *places, ours in zip(hills, *begun, found, strict=True):
        path = [at for start in places for at in ascent(hill, start, 5, 2.5 / 5 * EPSILON)]
        expected = worst_of(hill, path, early_stop=early_stop)
        torch.testing.assert_close(ours, expected, atol=1e-12, rtol=0)


def test_the_function_hands_every_parameter_on() -> None:
    classifier, pixels, _ = bumpy()
    several = {"steps": 4, "step_size": 0.9, "restarts": 3, "early_stop": False, "seed": 7}
    for random_start in (True, False):
        found = pgd(classifier, pixels, LABELS, EPSILON, **several, random_start=random_start)  # type: ignore[arg-type]
        attack = PGD(**several, random_start=random_start)  # type: ignore[arg-type]
        assert torch.equal(found, attack(classifier, pixels, LABELS, EPSILON))
    again = PGD(4, 0.9, early_stop=False, random_start=False)(classifier, pixels, LABELS, EPSILON)
    assert torch.equal(found, again), "from the clean image every restart and seed is the same"


def test_random_start_fgsm_is_one_step_of_its_size_from_a_random_point() -> None:
    classifier, pixels, hills = bumpy()
    found = RandomFGSM(step_size=0.6, seed=2)(classifier, pixels, LABELS, EPSILON)
    for hill, start, ours in zip(hills, starts(pixels, 2), found, strict=True):
        start = hill.project(start)
        expected = hill.project(start + 0.6 * EPSILON * hill.uphill(start).sign())
        torch.testing.assert_close(ours, expected, atol=1e-12, rtol=0)


@pytest.mark.parametrize("offset", [0.0, -3.0, 3.0])
@pytest.mark.parametrize("steps", [10, 40])
def test_auto_pgd(steps: int, offset: float) -> None:
    """At offset 3 one class resists and climbs to the end, the other is wrong from the start."""
    classifier, pixels, hills = bumpy(offset)
    found = APGD(steps=steps, seed=1)(classifier, pixels, LABELS, EPSILON)
    for hill, start, ours in zip(hills, starts(pixels, 1), found, strict=True):
        expected = worst_of(hill, auto_pgd(hill, start, steps), early_stop=True)
        torch.testing.assert_close(ours, expected, atol=1e-12, rtol=0)


@pytest.mark.parametrize(("queries", "area"), [(60, 0.8), (25, 0.3)])
def test_square(queries: int, area: float) -> None:
    """Andriushchenko et al., 2020, algorithms 1 and 2, with the random numbers that ours draws."""
    classifier, pixels, hills = bumpy(-0.02)
    found = Square(queries=queries, area=area, seed=4)(classifier, pixels, LABELS, EPSILON)
    channels, side, _ = pixels[0].shape
    for row, (hill, ours) in enumerate(zip(hills, found, strict=True)):
        chance = Chance(4, [row])
        white = chance.fractions(channels, 1, side)[0] < HALF
        at = torch.where(white, hill.upper, hill.lower)
        squares = chance.fractions(AHEAD, 2 + channels)[0].double() / 2**FRACTION
        for query in range(1, queries):
            if hill.is_wrong(at):
                break
            done = (query - 1) / queries * 10_000
            halvings = sum(done > limit for limit in (10, 50, 200, 500, 1000, 2000, 4000, 6000, 8000))
            length = max(1, round(math.sqrt(area / 2**halvings) * side))
            down, across, *colours = squares[query - 1].tolist()
            top, left = int(down * (side - length + 1)), int(across * (side - length + 1))
            white = [colour < 0.5 for colour in colours]
            tried = at.clone()
            for channel in range(channels):
                bound = hill.upper if white[channel] else hill.lower
                square = (channel, slice(top, top + length), slice(left, left + length))
                tried[square] = bound[square]
            if hill.height(tried) > hill.height(at):
                at = tried
        torch.testing.assert_close(ours, at, atol=1e-12, rtol=0)


@pytest.mark.parametrize("name", [name for name in attacks() if name not in ("autoattack", "noise")])
def test_the_scale_of_the_logit_changes_nothing(name: str) -> None:
    """Decisions and directions do not depend on it, however small the gradients get."""

    class Faint(Waves):
        threshold_logit = 2.0**-40 * Waves.threshold_logit

        def forward(self, pixels: Tensor) -> Tensor:
            return 2.0**-40 * super().forward(pixels)

    parameters = {
        "square": {"queries": 20},
        "apgd": {"steps": 8},
        "ensemble": {"steps": 5, "restarts": 1, "queries": 20},
        "fab": {"steps": 8},
    }.get(name, {})
    pixels = radiographs(IMAGES, dtype=torch.float64)
    plain, faint = (
        create_attack(name, **parameters)(classifier, pixels, LABELS, EPSILON)
        for classifier in (Waves(0.1), Faint(0.1))
    )
    torch.testing.assert_close(plain, faint, atol=1e-12, rtol=0)
