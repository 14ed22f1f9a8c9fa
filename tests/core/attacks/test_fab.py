"""FAB: its projection is the linear program's, its path the paper's, and its reach the authors' own."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import linprog
from torch import Tensor, nn

from cxr_gui.core.attacks.fab import FAB, least_change
from cxr_gui.core.attacks.gradient import logits_of
from cxr_gui.core.attacks.randomness import Chance
from tests.support.peers import peer
from tests.support.victims import TwoLogits, cnn, decisions, radiographs

fab_pt = peer("pyautoattack.fab_pt")


def program(
    point: np.ndarray, normal: np.ndarray, rise: float, floor: np.ndarray, ceiling: np.ndarray
) -> float:
    """The largest number of the least change, by a linear program; infinity where there is none."""
    count = len(point)
    away = np.hstack([np.eye(count), -np.ones((count, 1))])  # change <= amount, and -change <= amount
    found = linprog(
        np.append(np.zeros(count), 1),
        A_ub=np.vstack([away, away * np.append(-np.ones(count), 1)]),
        b_ub=np.zeros(2 * count),
        A_eq=np.append(normal, 0)[None],
        b_eq=[rise],
        bounds=[*zip(floor - point, ceiling - point, strict=True), (0, None)],
    )
    return float(found.fun) if found.success else math.inf


@settings(max_examples=150, deadline=None)
@given(seed=st.integers(0, 10**6), far=st.sampled_from([0.0, 0.2, 1.0, 3.0]))
def test_the_least_change_is_the_linear_programs(seed: int, far: float) -> None:
    """With numbers that are at a bound already, that are alike, and that the plane does not depend on."""
    random = np.random.default_rng(seed)
    floor, ceiling = 0.3 * random.random((2, 7)), 1 - 0.3 * random.random((2, 7))
    points = floor + random.choice([0, 0.25, 0.5, 0.8, 1], (2, 7)) * (ceiling - floor)
    normal, rise = random.choice([-2.0, -0.5, 0, 0.5, 1, 3], (2, 7)), far * random.normal(size=2)
    given = [torch.from_numpy(values) for values in (points, normal, rise, floor, ceiling)]
    for change, *one in zip(least_change(*given).numpy(), points, normal, rise, floor, ceiling, strict=True):
        point, across, wanted, low, high = one
        assert (point + change >= low - 1e-12).all()
        assert (point + change <= high + 1e-12).all()
        amount = program(point, across, wanted, low, high)
        if math.isinf(amount):
            corner = np.where(across * wanted > 0, high, np.where(across * wanted < 0, low, point))
            np.testing.assert_allclose(point + change, corner, atol=1e-12)
        else:
            assert across @ change == pytest.approx(wanted, abs=1e-9)
            assert abs(change).max() == pytest.approx(amount, abs=1e-9)


class Waves(nn.Module):
    """A bumpy logit that ignores some pixels."""

    threshold_logit = 0.1

    def forward(self, pixels: Tensor) -> Tensor:
        bent = torch.sin(9 * pixels + 2 * pixels.roll(1, -1)).flatten(1)
        return (bent * torch.linspace(-0.3, 1.0, bent.shape[1]).clamp(min=0)).mean(dim=1)


def projected(point: Tensor, normal: Tensor, rise: Tensor) -> Tensor:
    """The change towards normal . change = rise inside [0, 1], by bisecting its amount."""
    sign = (normal * rise).sign()
    low, high = 0.0, 1.0
    for _ in range(60):
        amount = (low + high) / 2
        change = (point + sign * amount).clamp(0, 1) - point
        enough = abs(float((normal * change).sum())) >= abs(float(rise))
        low, high = (low, amount) if enough else (amount, high)
    return (point + sign * high).clamp(0, 1) - point


def fast_adaptive_boundary(
    classifier: Waves, clean: Tensor, label: int, start: Tensor, steps: int
) -> list[Tensor]:
    """Croce and Hein, 2020, algorithm 1: every point where the classifier was asked."""
    sign, at, path = 1 - 2 * label, start, []
    for _ in range(steps):
        path.append(at)
        leaf = at.clone().requires_grad_()
        height = sign * (classifier(leaf[None])[0] - classifier.threshold_logit)
        (normal,) = torch.autograd.grad(height, leaf)
        if height >= 0:
            at = clean + 0.9 * (at - clean)
            continue
        height = height.detach()
        one = projected(at, normal, -height)
        other = projected(clean, normal, -(height + (normal * (clean - at)).sum()))
        near, far = (change.abs().max().clamp(min=1e-8) for change in (one, other))
        share = torch.minimum(near / (near + far), torch.tensor(0.1))
        at = ((1 - share) * (at + 1.05 * one) + share * (clean + 1.05 * other)).clamp(0, 1)
    return [*path, at]


@pytest.mark.parametrize("epsilon", [0.02, 0.05, 0.15])
def test_its_path_is_the_papers(epsilon: float) -> None:
    """Of the points inside the ball the first wrong one, or else the one that is nearest to being wrong."""
    classifier, pixels, labels = Waves(), radiographs(12, dtype=torch.float64), torch.arange(12) % 2
    found = FAB(steps=12, restarts=2, seed=3)(classifier, pixels, labels, epsilon)
    random = Chance(3, range(12)).uniform(pixels)
    for clean, label, chance, ours in zip(pixels, labels.tolist(), random, found, strict=True):
        starts = clean, (clean + epsilon / 2 * chance).clamp(0, 1)
        paths = [fast_adaptive_boundary(classifier, clean, label, start, 12) for start in starts]
        inside = [at for path in paths for at in path if (at - clean).abs().max() <= epsilon]
        heights = [(1 - 2 * label) * (float(classifier(at[None])) - 0.1) for at in inside]
        first = next((number for number, height in enumerate(heights) if height >= 0), np.argmax(heights))
        torch.testing.assert_close(ours, inside[first], atol=1e-9, rtol=0)


def test_it_reaches_what_the_authors_own_reaches() -> None:
    classifier, pixels = cnn(1), radiographs(24)
    labels = decisions(classifier, pixels)
    theirs = fab_pt.FABAttack_PT(TwoLogits(classifier).eval(), n_restarts=1, n_iter=25, eps=1.0, device="cpu")
    distance = (theirs.perturb(pixels, labels) - pixels).abs().amax(dim=(1, 2, 3))
    reached = distance > 0
    assert reached.sum() > 20
    for share, broken in ((1.01, True), (0.9, False)):
        found = FAB(steps=50)(classifier, pixels, labels, share * distance)
        assert ((decisions(classifier, found) != labels)[reached] == broken).all()


def test_a_classifier_without_slope_leaves_every_image_alone() -> None:
    class Flat(nn.Module):
        def forward(self, pixels: Tensor) -> Tensor:
            return (0 * pixels).sum(dim=(1, 2, 3)) + 1.0

    pixels = radiographs(2)
    found = FAB(steps=5)(Flat(), pixels, torch.ones(2), 0.1)
    assert torch.equal(found, pixels)
    assert bool((logits_of(Flat(), found) > 0).all())
