"""The trust checks: a sound classifier passes them all, and each known way of looking robust trips one."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from cxr_gui.core.attacks.gradient import logits_of, loss_gradient, threshold_logit
from cxr_gui.core.attacks.protocol import Batch, Epsilon, Iterative, Search, SingleStep, move, parameter
from cxr_gui.core.attacks.registry import create_attack
from cxr_gui.core.attacks.resisting import Resisting
from cxr_gui.core.base import progress
from cxr_gui.core.sweep import trust
from cxr_gui.core.sweep.events import SweepProgress
from cxr_gui.core.sweep.files import read_sweep, write_sweep
from cxr_gui.core.sweep.result import SweepResult
from cxr_gui.core.sweep.sweeping import CHECKING, sweep
from cxr_gui.core.sweep.trust.check import Check
from tests.support.victims import (
    SIDE,
    Chancy,
    Masked,
    Purifying,
    Rounding,
    classifier_of,
    cnn,
    decisions,
    radiographs,
)

EPSILONS = [0.0, 0.005, 0.015, 0.03, 0.06]


@pytest.fixture(autouse=True, scope="module")
def brief_checks() -> None:
    """Here they are asked in full."""


def swept(
    classifier: nn.Module, attack: object = "fgsm", count: int = 24, wrong_labels: int = 0
) -> SweepResult:
    """A sweep with checks over images whose labels are the classifier's own decisions, some excepted."""
    pixels = radiographs(count)
    labels = (logits_of(classifier, pixels) >= threshold_logit(classifier)).long()
    labels[:wrong_labels] ^= 1
    return progress.run(sweep(classifier, [(pixels, labels)], attack, EPSILONS, noise=True, checked=16))


def failed(result: SweepResult) -> set[str]:
    return {check.name for check in result.checks if not check.passed}


def named(result: SweepResult, name: str) -> Check:
    return next(check for check in result.checks if check.name == name)


@pytest.mark.parametrize("attack", ["fgsm", "pgd"])
def test_a_sound_classifier_passes_every_check(attack: str) -> None:
    result = swept(cnn(), attack)
    asked = [name for name in trust.QUESTIONS if name != "the certificate holds"]
    assert [check.name for check in result.checks] == asked
    assert failed(result) == set()
    for check in result.checks:
        assert np.isfinite(check.value)
        assert check.sentence.endswith(".")
        assert check.meaning == trust.QUESTIONS[check.name].meaning


# -- each known way of looking robust, and the check that catches it -----------------------------------------


def answering_by_chance() -> SweepResult:
    with torch.random.fork_rng():
        torch.manual_seed(0)
        return swept(Chancy(cnn(scale=150.0)))


def with_a_sigmoid() -> SweepResult:
    network = nn.Sequential(cnn().network, nn.Sigmoid())
    return swept(classifier_of(network, threshold=float(torch.tensor(0.5).sigmoid())))


def learning_at_inference() -> SweepResult:
    return swept(Purifying(cnn()))


def worse_than_a_coin() -> SweepResult:
    return swept(cnn(), wrong_labels=14)


def with_another_gradient() -> SweepResult:
    """Near enough to the right one for attacks to succeed all the same."""
    other = cnn()
    with torch.no_grad(), torch.random.fork_rng():
        torch.manual_seed(0)
        for weight in other.parameters():
            weight += 0.2 * weight.std(correction=0) * torch.randn_like(weight)
    return swept(Masked(cnn(), other))


def with_too_few_steps() -> SweepResult:
    return swept(cnn(), create_attack("pgd", steps=3, step_size=0.15))


def with_a_lucky_start() -> SweepResult:
    return swept(cnn(), Careless(seed=2))


def with_the_statistics_of_the_batch() -> SweepResult:
    classifier = cnn()
    classifier.network[7] = nn.Identity()  # no dropout
    return swept(classifier.train())


@pytest.mark.parametrize(
    ("plant", "name"),
    [
        (with_the_statistics_of_the_batch, "same answer alone"),
        (answering_by_chance, "same answer twice"),
        (with_a_sigmoid, "answers are logits"),
        (learning_at_inference, "no optimisation at inference"),
        (worse_than_a_coin, "accuracy above chance"),
        (with_another_gradient, "gradient matches finite differences"),
        (with_too_few_steps, "more steps break no more"),
        (with_a_lucky_start, "more restarts break no more"),
    ],
)
def test_what_is_planted_is_caught_by_its_check_alone(plant: Callable[[], SweepResult], name: str) -> None:
    result = plant()
    assert failed(result) == {name}, [check.sentence for check in result.checks if not check.passed]


@dataclass(frozen=True)
class Careless(Iterative):
    """Follows the gradient's sign where a coin says so, and how often it does is a matter of its start."""

    name: ClassVar[str] = "careless"
    title: ClassVar[str] = "Careless"
    summary: ClassVar[str] = "Sometimes looks at the gradient"

    restarts: int = parameter(1, "Starts", minimum=1, maximum=100)
    seed: int = parameter(0, "Seed", minimum=0, maximum=2**31 - 1)

    def search(self, classifier: nn.Module, batch: Batch, epsilon: Epsilon) -> Search:
        seen, chance = Resisting(batch, classifier), batch.chance(self.seed)
        _, gradient = loss_gradient(classifier, batch.pixels, batch.labels)
        for _ in range(self.restarts):
            share = 0.55 + 0.45 * chance.uniform(batch.pixels[:, :1, :1, :1])
            follows = (chance.uniform(batch.pixels) + 1) / 2 < share
            way = torch.where(follows, gradient.sign(), chance.signs(batch.pixels))
            proposal = move(batch.pixels, way, epsilon)
            seen.see(proposal, logits_of(classifier, proposal))
            yield
        return seen.worst


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


def test_batchnorm_without_statistics_is_told() -> None:
    classifier = cnn()
    classifier.network[1] = nn.BatchNorm2d(8, track_running_stats=False)
    assert "same answer alone" in failed(swept(classifier.eval()))


def test_the_mode_it_was_handed_over_in_is_named() -> None:
    check = named(with_the_statistics_of_the_batch(), "same answer alone")
    assert "Handed over in train mode" in check.sentence


def test_dropout_left_on_is_chance_and_not_company() -> None:
    classifier = cnn()
    classifier.network[7].train()
    assert failed(swept(classifier)) == {"same answer twice"}


def test_the_check_of_the_mode_leaves_statistics_and_chance_alone() -> None:
    classifier = cnn().train()
    state = {name: value.clone() for name, value in classifier.state_dict().items()}
    random_state = torch.get_rng_state()
    images = Batch(radiographs(8), torch.zeros(8, dtype=torch.int64), range(8))
    evidence = trust.Evidence(classifier, classifier, images, swept(cnn()))
    for ask in (trust.same_answer_alone, trust.QUESTIONS["same answer twice"].find):
        ask(evidence)
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
    assert check.value == 5 / 12, "all five that it was tried on"


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
    assert "carries no gradient" in named(result, "zero gradients").sentence
    assert named(result, "zero gradients").verdict == "Failed"
    for name in (*SEARCHES, "gradient matches finite differences"):
        assert (
            named(result, name).sentence
            == "Could not be made: the classifier carries no gradient to its pixels."
        )


def test_noise_is_not_compared_with_itself() -> None:
    check = named(swept(cnn(), "noise"), "noise is weaker than the attack")
    assert check.verdict == "Not made"
    assert check.sentence == "Could not be made: the attack is random noise itself."


def test_the_telling_epsilon_is_where_every_second_image_falls() -> None:
    result = swept(cnn(), count=64)
    success = [abs(point.attack_success - 0.5) for point in result.points[1:]]
    assert trust.telling_epsilon(result) == EPSILONS[1 + int(np.argmin(success))]


SEARCHES = {
    "iterative at least as strong as single step", "more steps break no more", "more restarts break no more",
    "a large epsilon reaches 0 %", "black box does not beat white box",
}  # fmt: skip


def test_a_check_that_could_not_be_made_says_so_and_has_not_passed() -> None:
    """Of a classifier whose labels are swapped no image is right: that is no reason to pass anything."""
    pixels = radiographs(8)
    labels = 1 - decisions(cnn(), pixels)
    result = progress.run(sweep(cnn(), [(pixels, labels)], "fgsm", EPSILONS, noise=True, checked=8))
    not_made = {check.name: check.sentence for check in result.checks if check.verdict == "Not made"}
    assert set(not_made) == {*SEARCHES, "success grows with epsilon", "noise is weaker than the attack"}
    assert not_made["more steps break no more"].endswith(
        "none of the 8 images looked at is right at epsilon 0."
    )
    assert named(result, "accuracy above chance").verdict == "Failed"
    assert failed(result) == {*not_made, "accuracy above chance"}


@pytest.mark.parametrize(
    ("epsilons", "noise", "name", "why"),
    [
        ([0.0], True, "success grows with epsilon", "the sweep has a single epsilon."),
        ([0.0], True, "noise is weaker than the attack", "the sweep has no epsilon above 0."),
        (EPSILONS, False, "noise is weaker than the attack", "the sweep ran without the noise control."),
    ],
)
def test_why_it_could_not_be_made(epsilons: list[float], noise: bool, name: str, why: str) -> None:
    pixels = radiographs(8)
    work = sweep(cnn(), [(pixels, decisions(cnn(), pixels))], "fgsm", epsilons, noise=noise, checked=8)
    assert named(progress.run(work), name).sentence == f"Could not be made: {why}"


def test_images_of_one_class_say_nothing_about_chance() -> None:
    pixels = radiographs(24)
    pixels = pixels[decisions(cnn(), pixels) == 1]
    work = sweep(cnn(), [(pixels, torch.ones(len(pixels)))], "fgsm", EPSILONS, checked=8)
    check = named(progress.run(work), "accuracy above chance")
    assert (check.passed, check.verdict) == (False, "Not made")
    assert f"all {len(pixels)} images are of one class" in check.sentence


def test_a_check_that_was_not_made_survives_the_disk(tmp_path: Path) -> None:
    result = swept(cnn(), "noise")
    again = read_sweep(write_sweep(result, tmp_path))
    assert [check.verdict for check in again.checks] == [check.verdict for check in result.checks]
    assert "Not made" in {check.verdict for check in again.checks}


@pytest.mark.parametrize("checked", [0, 5])
def test_the_checks_say_that_they_are_running(checked: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("cxr_gui.core.base.progress.Pace.__call__", lambda self: True)
    pixels = radiographs(8)
    events = list(sweep(cnn(), [(pixels, decisions(cnn(), pixels))], "fgsm", EPSILONS, checked=checked))
    told = [event for event in events if isinstance(event, SweepProgress) and event.stage == CHECKING]
    begun = list(dict.fromkeys(event.done for event in told))
    assert begun == list(range(len(begun)))
    assert {event.total for event in told} == ({len(begun)} if checked else set())
    assert bool(begun) is bool(checked)
    assert all(event.images == len(event.partial().labels) == 8 for event in told)
