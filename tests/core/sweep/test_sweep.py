"""Sweeps answer what the naive loop answers, find each image's critical epsilon, refuse what cannot be."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from cxr_gui.core.attacks.ball import Epsilon
from cxr_gui.core.attacks.fast_gradient import fgsm
from cxr_gui.core.attacks.gradient import logits_of
from cxr_gui.core.attacks.noise import SCALES
from cxr_gui.core.attacks.projected_gradient import PGD
from cxr_gui.core.attacks.protocol import Attack, Batch, move
from cxr_gui.core.attacks.registry import attacks, create_attack
from cxr_gui.core.attacks.threat import as_threat
from cxr_gui.core.base import progress
from cxr_gui.core.base.decisions import margin
from cxr_gui.core.base.errors import ArgumentError, SettingsError
from cxr_gui.core.base.roots import TOLERANCE
from cxr_gui.core.sweep.sweeping import sweep, sweep_store
from tests.support.made_data import EPSILONS, batches, finished
from tests.support.victims import SIDE, cnn, decisions, linear, radiographs

AUTO = {"steps": 3, "restarts": 1, "queries": 5}
QUICK: dict[str, dict[str, Any]] = {
    "square": {"queries": 15},
    "apgd": {"steps": 8},
    "pgd": {"steps": 6},
    "autoattack": AUTO,
    "ensemble": AUTO,
    "fab": {"steps": 6},
}


# -- the answers --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("threat", ["rgb", "grey", None])
@pytest.mark.parametrize("name", attacks())
def test_a_sweep_is_the_naive_loop(name: str, threat: str | None) -> None:
    classifier, given = cnn().double(), batches(20, channels=1, dtype=torch.float64)
    attack = create_attack(name, **QUICK.get(name, {}))
    result = finished(classifier, given, attack, EPSILONS, threat=threat)
    start = 0
    for pixels, labels in given:
        images = as_threat(pixels, threat or "grey")
        rows = range(start, start + len(labels))
        start = rows.stop
        for k, epsilon in enumerate(EPSILONS):
            expected = logits_of(classifier, attack(classifier, images, labels, epsilon, rows))
            np.testing.assert_allclose(result.logits[k, rows.start : rows.stop], expected, atol=1e-9)
        np.testing.assert_array_equal(result.labels[rows.start : rows.stop], labels)
    assert result.threat == (threat or "grey")
    assert result.logits.shape == (5, 20)
    np.testing.assert_array_equal(result.clean_logits, result.logits[0])


def test_descending_attacks_each_image_down_to_the_epsilon_it_resists(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """What resists is shrunk: to images that are inside the smaller balls, and that the sweep decides of."""
    found: dict[tuple[int, float], Tensor] = {}
    real = PGD.search

    def search(self: PGD, classifier: nn.Module, batch: Batch, epsilon: float) -> Any:
        adversarial = yield from real(self, classifier, batch, epsilon)
        found.update({(row, epsilon): image for row, image in zip(batch.rows, adversarial, strict=True)})
        return adversarial

    classifier, given, epsilons = cnn(), batches(20), [0.0, 0.002, 0.004, 0.006, 0.008]
    attack = create_attack("pgd", steps=4)
    plain = finished(classifier, given, attack, epsilons)
    monkeypatch.setattr(PGD, "search", search)
    result = finished(classifier, given, attack, epsilons, descending=True)
    assert result.descending
    assert not plain.descending
    spared = 0
    pixels = torch.cat([images for images, _ in given])
    for row in range(20):
        resisted = max((k for k in range(5) if not k or plain.correct[k, row]), default=0)
        assert [epsilon for one, epsilon in found if one == row] == epsilons[: max(resisted, 1) - 1 : -1]
        np.testing.assert_allclose(result.logits[resisted:, row], plain.logits[resisted:, row], atol=1e-6)
        for epsilon, logit in zip(epsilons[1:resisted], result.logits[1:resisted, row], strict=True):
            spared += 1
            change = found[row, epsilons[resisted]] - pixels[row]
            shrunk = (pixels[row] + epsilon * change / change.abs().max()).clamp(0, 1)
            assert logit == pytest.approx(float(logits_of(classifier, shrunk[None])), abs=1e-5)
    assert spared > 10


def test_a_single_step_is_taken_at_every_epsilon() -> None:
    plain, down = (finished(cnn(), batches(10), "fgsm", EPSILONS, descending=d) for d in (False, True))
    np.testing.assert_array_equal(down.logits, plain.logits)
    assert not down.descending


@pytest.mark.parametrize("threat", ["rgb", "grey"])
def test_the_shortest_way_to_call_it(threat: str) -> None:
    result = finished(cnn(), batches(10), "fgsm", np.array(EPSILONS), threat=None)
    assert result.points[0].n == 10
    assert result.complete
    assert result.checks == ()
    assert result.noise_logits is None
    assert result.critical is None
    assert math.isnan(result.points[1].noise_accuracy)


def test_epsilons_in_any_order_twice_and_without_zero() -> None:
    given = batches(20)
    mixed = finished(cnn(), given, "fgsm", [0.025, 0.005, 0.025], critical=True)
    plain = finished(cnn(), given, "fgsm", [0.0, 0.005, 0.025], critical=True)
    np.testing.assert_array_equal(mixed.logits, plain.logits[[2, 1, 2]])
    np.testing.assert_array_equal(mixed.clean_logits, plain.logits[0])
    np.testing.assert_array_equal(mixed.critical, plain.critical)
    assert mixed.points[0].attack_success == plain.points[2].attack_success


def test_a_single_step_attack_takes_one_gradient_and_a_forward_for_each_further_epsilon() -> None:
    calls: list[bool] = []

    class Counting(nn.Module):
        def forward(self, pixels: Tensor) -> Tensor:
            calls.append(torch.is_grad_enabled())
            return pixels.sum(dim=(1, 2, 3)) - 96

    finished(Counting(), batches(14, size=7), "fgsm", EPSILONS)
    assert calls == [True, False, False, False, False] * 2
    calls.clear()
    finished(Counting(), batches(7), "fgsm", EPSILONS, noise=True)
    tried = 1 + 4 * len(SCALES)
    assert calls == [False] * tried + [True] + [False] * 8


def test_noise_is_the_noise_attack_of_the_kind_that_was_chosen() -> None:
    given = batches(20)
    result = finished(cnn(), given, "fgsm", EPSILONS, noise=True, seed=5)
    assert result.noise_scales[0] == 1
    for k, scale in enumerate(result.noise_scales):
        noise = finished(cnn(), given, create_attack("noise", seed=5, scale=scale), EPSILONS)
        np.testing.assert_array_equal(result.noise_logits[k], noise.logits[k])
        assert result.points[k].noise_scale == scale


def test_nothing_of_the_callers_is_touched_even_between_two_events() -> None:
    classifier = cnn().train()
    state = {name: value.clone() for name, value in classifier.state_dict().items()}
    given = batches(20)
    clean = [pixels.clone() for pixels, _ in given]
    for _ in sweep(classifier, given, "pgd", EPSILONS, noise=True, critical=True, checked=4):
        assert all(module.training for module in classifier.modules())
        assert all(weight.requires_grad for weight in classifier.parameters())
    assert all(torch.equal(state[name], value) for name, value in classifier.state_dict().items())
    assert all(torch.equal(pixels, before) for (pixels, _), before in zip(given, clean, strict=True))


@dataclass(frozen=True)
class Brightest(Attack):
    """An attack that has nothing but `run`: as bright or as dark as epsilon allows, the worse."""

    name = "brightest"
    title = "Brightest"
    summary = "One grey level for all"

    def run(self, classifier: nn.Module, batch: Batch, epsilon: Epsilon) -> Tensor:
        ones = torch.ones_like(batch.pixels)
        ways = [move(batch.pixels, ones, sign * epsilon) for sign in (1, -1)]
        one, other = (margin(logits_of(classifier, way), batch.labels, 0.0) for way in ways)
        return torch.where((one > other).view(-1, 1, 1, 1), *ways)


def test_an_attack_that_has_only_run_is_swept_with_all_that_belongs_to_it() -> None:
    classifier, given, attack = cnn(), batches(20), Brightest()
    result = finished(classifier, given, attack, EPSILONS, noise=True, critical=True, checked=4)
    pixels, labels = (torch.cat(parts) for parts in zip(*given, strict=True))
    for k, epsilon in enumerate(EPSILONS):
        expected = logits_of(classifier, attack(classifier, pixels, labels, epsilon))
        np.testing.assert_allclose(result.logits[k], expected, atol=1e-6)
    assert result.critical is not None
    flipped = ~result.correct.all(axis=0)
    np.testing.assert_array_equal(np.isfinite(result.critical), flipped)
    assert 0 < flipped.sum() < len(flipped)
    assert {check.name: check.verdict for check in result.checks}["more steps break no more"] != "Not made"


# -- critical epsilon ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["fgsm", "ifgsm"])
def test_critical_epsilon_is_the_closed_form_on_a_linear_classifier(name: str) -> None:
    classifier = linear()
    pixels = 0.3 + 0.4 * radiographs(60, dtype=torch.float64)
    labels = decisions(classifier, pixels)
    labels[0] ^= 1
    weight = classifier.network[1].weight.detach()
    expected = (classifier(pixels).detach().abs() / weight.abs().sum()).numpy()
    grid = np.linspace(0, np.sort(expected[1:])[-8:-6].mean(), 6)
    assert grid[-1] < 0.3, "no pixel may reach black or white: that is not in the closed form"
    result = finished(classifier, [(pixels, labels)], name, grid, critical=True)
    critical = result.critical
    assert critical is not None
    assert critical[0] == 0
    inside = expected[1:] <= grid[-1] - TOLERANCE
    assert inside.sum() >= 50
    assert np.isinf(critical[1:][expected[1:] > grid[-1] + TOLERANCE]).all()
    error = critical[1:][inside] - expected[1:][inside]
    assert error.max() <= TOLERANCE
    assert error.min() >= -1e-9
    assert np.isinf(critical).sum() == 7
    order = np.sort(expected[1:])
    assert result.median_critical == pytest.approx(order[(len(order) - 1) // 2], abs=TOLERANCE)


def test_at_its_critical_epsilon_the_image_flips_and_just_below_it_does_not() -> None:
    classifier, given = cnn().double(), batches(40, size=40, dtype=torch.float64)
    result = finished(classifier, given, "fgsm", EPSILONS, critical=True)
    [(pixels, labels)] = given
    assert result.critical is not None
    chosen = torch.from_numpy(np.flatnonzero(np.isfinite(result.critical) & (result.critical > 0)))
    assert len(chosen) > 5
    radius = torch.from_numpy(result.critical)[chosen]
    at = fgsm(classifier, pixels[chosen], labels[chosen], radius)
    below = fgsm(classifier, pixels[chosen], labels[chosen], radius - TOLERANCE)
    assert (decisions(classifier, at) != labels[chosen]).all()
    assert (decisions(classifier, below) == labels[chosen]).all()


def test_an_iterative_attacks_critical_epsilon_is_that_of_an_image_it_found() -> None:
    classifier = linear()
    pixels = 0.3 + 0.4 * radiographs(40, dtype=torch.float64)
    labels = decisions(classifier, pixels)
    smallest = (classifier(pixels).detach().abs() / classifier.network[1].weight.detach().abs().sum()).numpy()
    result = finished(classifier, [(pixels, labels)], "pgd", EPSILONS, critical=True)
    assert result.critical is not None
    first = np.array(EPSILONS)[(~result.correct).argmax(axis=0)]
    before = np.array(EPSILONS)[(~result.correct).argmax(axis=0) - 1]
    flipped = ~result.correct[-1]
    assert flipped.sum() > 30
    assert (smallest <= result.critical)[flipped].all()
    assert (before < result.critical)[flipped].all()
    assert (result.critical <= first)[flipped].all()
    assert (result.critical < first)[flipped].mean() > 0.9
    assert np.isinf(result.critical[~flipped]).all()


def test_only_the_first_crossing_counts() -> None:
    class Wave(nn.Module):
        """Flips at epsilon 0.1, comes back at 0.3, flips again at 0.5: z = cos(5 pi d), d = mean change."""

        def forward(self, pixels: Tensor) -> Tensor:
            return torch.cos(5 * math.pi * (0.7 - pixels.mean(dim=(1, 2, 3)))) + 1e-12

    pixels = torch.full((1, 1, SIDE, SIDE), 0.69, dtype=torch.float64)
    result = finished(Wave(), [(pixels, torch.ones(1))], "fgsm", [0.0, 0.05, 0.2, 0.4, 0.6], critical=True)
    assert result.correct[:, 0].tolist() == [True, True, False, True, False]
    assert result.critical == pytest.approx([0.09], abs=TOLERANCE)
    assert [point.broken_by_smaller for point in result.points] == [0, 0, 1, 1, 1]


# -- what is refused ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("epsilons", "message"),
    [
        ([], "epsilons: is empty"),
        ([0.0, -0.1], r"epsilons: contains -0\.1"),
        ([float("nan")], "epsilons: contains nan"),
        ([float("inf")], "epsilons: contains inf"),
        (0.1, r"epsilons: is 0\.1"),
        (["a"], r"epsilons: is \['a'\]"),
    ],
)
def test_epsilons_are_checked_before_any_work(epsilons: Any, message: str) -> None:
    def untouched() -> Any:
        raise AssertionError("work was done")
        yield

    with pytest.raises(ValueError, match=message):
        finished(cnn(), untouched(), "fgsm", epsilons)


def test_other_arguments_are_checked(store: Any) -> None:
    with pytest.raises(SettingsError, match="no attack 'magic'"):
        finished(cnn(), batches(2), "magic", EPSILONS)
    with pytest.raises(ValueError, match="threat: is 'blue'"):
        finished(cnn(), batches(2), "fgsm", EPSILONS, threat="blue")
    with pytest.raises(ValueError, match="batches: is empty"):
        finished(cnn(), [], "fgsm", EPSILONS)
    with pytest.raises(ValueError, match="pixels: ranges"):
        finished(cnn(), [(3 * radiographs(2), torch.zeros(2))], "fgsm", EPSILONS)
    with pytest.raises(ValueError, match=r"labels: has shape \[3\]"):
        finished(cnn(), [(radiographs(2), torch.zeros(3))], "fgsm", EPSILONS)
    with pytest.raises(ArgumentError, match="batch_size: is 0"):
        progress.run(sweep_store(cnn(), store, "fgsm", EPSILONS, batch_size=0))
    with pytest.raises(ArgumentError, match="limit: is -3"):
        progress.run(sweep_store(cnn(), store, "fgsm", EPSILONS, limit=-3))


def test_a_classifier_that_answers_nan_is_named() -> None:
    class Mad(nn.Module):
        def forward(self, pixels: Tensor) -> Tensor:
            return pixels.sum(dim=(1, 2, 3)) / torch.where(pixels.amax(dim=(1, 2, 3)) > 1.5, 1.0, torch.nan)

    with pytest.raises(ValueError, match="classifier: answered NaN"):
        finished(Mad(), batches(4), "fgsm", EPSILONS)


def test_a_result_may_be_changed_in_part() -> None:
    result = finished(cnn(), batches(10), "fgsm", EPSILONS)
    assert replace(result, seconds=1.0).points == result.points or math.isnan(result.points[0].noise_accuracy)
