"""The trust checks: a sound classifier passes them all, and each known way of looking robust trips one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import pytest
import torch
from torch import Tensor, nn
from victims import SIDE, Rounding, classifier_of, cnn, decisions, radiographs

from cxr_gui.core import progress, trust
from cxr_gui.core.attacks import Batch, SingleStep, create_attack
from cxr_gui.core.attacks.gradient import logits_of
from cxr_gui.core.sweep import SweepResult, sweep
from cxr_gui.core.sweeping.sweep_result import SweepProgress

EPSILONS = [0.0, 0.005, 0.015, 0.03, 0.06]
ALL = {
    "same answer alone",
    "saturation",
    "success grows with epsilon",
    "noise is weaker than the attack",
    "zero gradients",
    "iterative at least as strong as single step",
    "a large epsilon reaches 0 %",
    "black box does not beat white box",
}


def swept(classifier: nn.Module, attack: object = "fgsm", count: int = 24) -> SweepResult:
    """A sweep with checks over images whose labels are the classifier's own clean decisions."""
    pixels = radiographs(count)
    labels = (logits_of(classifier, pixels) >= 0).long()
    return progress.run(sweep(classifier, [(pixels, labels)], attack, EPSILONS, noise=True, checked=16))


def failed(result: SweepResult) -> set[str]:
    return {check.name for check in result.checks if not check.passed}


def test_a_sound_classifier_passes_every_check() -> None:
    result = swept(cnn())
    assert {check.name for check in result.checks} == ALL
    assert failed(result) == set()
    for check in result.checks:
        assert np.isfinite(check.value)
        assert check.sentence.endswith(".")


def test_a_rounding_layer_hides_the_gradient() -> None:
    base = cnn()
    hidden = classifier_of(nn.Sequential(Rounding(), base.network))
    result = swept(hidden)
    assert "zero gradients" in failed(result)
    by_name = {check.name: check for check in result.checks}
    assert by_name["zero gradients"].value == 1.0
    assert "all of them in 16 of 16 images" in by_name["zero gradients"].sentence
    assert "a large epsilon reaches 0 %" in failed(result)


def test_a_classifier_saturated_behind_the_cross_entropy_is_told() -> None:
    result = swept(cnn(scale=1e5))
    assert failed(result) == {"saturation"}
    check = next(check for check in result.checks if check.name == "saturation")
    assert check.value > 0.3
    pixels = radiographs(24)
    labels = decisions(cnn(scale=1e5), pixels)
    leaf = pixels.clone().requires_grad_()
    loss = nn.functional.binary_cross_entropy_with_logits(
        cnn(scale=1e5)(leaf), labels.float(), reduction="sum"
    )
    (gradient,) = torch.autograd.grad(loss, leaf)
    stuck = int((gradient == 0).flatten(1).all(dim=1).sum())
    assert check.value == stuck / 24
    assert result.points[-1].attack_success > 0.8, "the attack here works all the same"


def test_batchnorm_left_in_train_mode_is_told() -> None:
    result = swept(cnn().train())
    assert failed(result) == {"same answer alone"}
    assert "Handed over in train mode" in result.checks[0].sentence


def test_batchnorm_without_statistics_is_told() -> None:
    classifier = cnn()
    classifier.network[1] = nn.BatchNorm2d(8, track_running_stats=False)
    assert "same answer alone" in failed(swept(classifier.eval()))


def test_the_check_of_the_mode_leaves_statistics_and_chance_alone() -> None:
    classifier = cnn().train()
    state = {name: value.clone() for name, value in classifier.state_dict().items()}
    random_state = torch.get_rng_state()
    trust.same_answer_alone(classifier, radiographs(8))
    assert all(torch.equal(state[name], value) for name, value in classifier.state_dict().items())
    assert torch.equal(torch.get_rng_state(), random_state)


def test_an_attack_that_overshoots_is_told() -> None:
    class Bump(nn.Module):
        """Wrong only in a narrow shell: success rises and falls again."""

        def forward(self, pixels: Tensor) -> Tensor:
            moved = 0.5 - pixels.mean(dim=(1, 2, 3))
            return (moved - 0.015).square() - 1e-5 - 1e-3 * moved

    pixels = torch.full((20, 3, SIDE, SIDE), 0.5)
    work = sweep(Bump(), [(pixels, torch.ones(20))], "fgsm", EPSILONS, checked=4)
    result = progress.run(work)
    assert [point.attack_success for point in result.points] == [0, 0, 1, 0, 0]
    check = next(check for check in result.checks if check.name == "success grows with epsilon")
    assert (check.passed, check.value) == (False, 1.0)
    assert "towards epsilon 0.06 (7.65/255)" in check.sentence


def test_an_attack_weaker_than_noise_is_told() -> None:
    @dataclass(frozen=True)
    class Lazy(SingleStep):
        name: ClassVar[str] = "lazy"
        title: ClassVar[str] = "Lazy"
        summary: ClassVar[str] = "Does nothing"

        def direction(self, classifier: nn.Module, batch: Batch) -> tuple[Tensor, Tensor]:
            return logits_of(classifier, batch.pixels), torch.zeros_like(batch.pixels)

    result = swept(cnn(scale=1.0), Lazy(), count=200)
    assert "noise is weaker than the attack" in failed(result)


def test_a_black_box_that_wins_is_told() -> None:
    class Blind(nn.Module):
        """Falls to any large change of the first pixel, which its gradient knows nothing of."""

        def forward(self, pixels: Tensor) -> Tensor:
            first, others = pixels[:, 0, 0, 0].detach(), pixels[:, :, 1:]
            return 0.05 - (first - 0.5).abs() + 1e-9 * others.mean(dim=(1, 2, 3))

    pixels = torch.full((12, 3, SIDE, SIDE), 0.5)
    attack = create_attack("fgsm")
    result = progress.run(sweep(Blind(), [(pixels, torch.ones(12))], attack, [0.0, 0.06], checked=12))
    assert "black box does not beat white box" in failed(result)
    check = next(check for check in result.checks if check.name.startswith("black box"))
    assert check.value > 0.5


def test_pgd_that_breaks_less_than_fgsm_is_told() -> None:
    epsilon = 0.06

    class Valley(nn.Module):
        """Small steps settle in a shallow valley at 0.3 epsilon; one large step leaps over its far side."""

        def forward(self, pixels: Tensor) -> Tensor:
            way = (0.5 - pixels.mean(dim=(1, 2, 3))) / epsilon
            return torch.where(way < 0.45, 1 - 0.5 * way + way.square() / 1.2, 4.5 - 5 * way)

    pixels = torch.full((6, 3, SIDE, SIDE), 0.5)
    result = progress.run(sweep(Valley(), [(pixels, torch.ones(6))], "fgsm", [0.0, epsilon], checked=6))
    check = next(check for check in result.checks if check.name.startswith("iterative"))
    assert (check.passed, check.value) == (False, -1.0)
    assert "PGD breaks 0 and FGSM 6 of 6 images at epsilon 0.12" in check.sentence


def test_a_classifier_without_a_gradient_can_only_be_attacked_blindly() -> None:
    class Detached(nn.Module):
        def forward(self, pixels: Tensor) -> Tensor:
            return (pixels.mean(dim=(1, 2, 3)) - 0.45).detach()

    pixels = torch.full((8, 3, SIDE, SIDE), 0.5)
    attack = create_attack("square", queries=400)
    result = progress.run(sweep(Detached(), [(pixels, torch.ones(8))], attack, [0.0, 0.02, 0.1], checked=8))
    assert result.points[-1].attack_success == 1
    assert "zero gradients" in failed(result)
    assert (
        "carries no gradient"
        in next(check for check in result.checks if check.name == "zero gradients").sentence
    )


def test_noise_is_not_compared_with_itself() -> None:
    assert "noise is weaker than the attack" not in {check.name for check in swept(cnn(), "noise").checks}


def test_the_telling_epsilon_is_where_every_second_image_falls() -> None:
    result = swept(cnn(), count=64)
    success = [abs(point.attack_success - 0.5) for point in result.points[1:]]
    assert trust.telling_epsilon(result) == EPSILONS[1 + int(np.argmin(success))]


def test_without_a_right_image_or_an_epsilon_the_attacks_are_left_out() -> None:
    pixels = radiographs(8)
    labels = 1 - decisions(cnn(), pixels)
    result = progress.run(sweep(cnn(), [(pixels, labels)], "fgsm", [0.0], checked=8))
    assert {check.name for check in result.checks} == {
        "same answer alone", "saturation", "success grows with epsilon", "zero gradients",
    }  # fmt: skip


@pytest.mark.parametrize("checked", [0, 5])
def test_the_checks_say_that_they_are_running(checked: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("cxr_gui.core.progress.Pace.__call__", lambda self: True)
    pixels = radiographs(8)
    events = list(sweep(cnn(), [(pixels, decisions(cnn(), pixels))], "fgsm", EPSILONS, checked=checked))
    stages = {event.stage for event in events if isinstance(event, SweepProgress)}
    assert ("Checking whether to trust it" in stages) is bool(checked)
