"""Every attack of the registry keeps the promises of the family, and each does what its paper says."""

from __future__ import annotations

import inspect
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor, nn

from cxr_gui.core.attacks.apgd import APGD, checkpoints
from cxr_gui.core.attacks.ball import Ball, L2Ball, LinfBall
from cxr_gui.core.attacks.fast_gradient import FGSM, fgsm
from cxr_gui.core.attacks.gradient import logits_of
from cxr_gui.core.attacks.projected_gradient import IFGSM, PGD, pgd
from cxr_gui.core.attacks.protocol import Attack, Batch, Iterative, SingleStep
from cxr_gui.core.attacks.registry import ATTACKS, attacks, create_attack, describe_parameters, register
from cxr_gui.core.attacks.square import Square
from cxr_gui.core.base.decisions import margin
from cxr_gui.core.base.errors import SettingsError
from tests.support.peers import peer
from tests.support.victims import SIDE, TwoLogits, cnn, decisions, linear, radiographs

foolbox = peer("foolbox")

QUICK: dict[str, dict[str, Any]] = {
    "square": {"queries": 40},
    "apgd": {"steps": 15},
    "autoattack": {"steps": 3, "restarts": 1, "queries": 5},
    "ensemble": {"steps": 5, "restarts": 2, "queries": 5},
    "fab": {"steps": 8, "restarts": 2},
}
LARGEST_NORM = [name for name, kind in attacks().items() if kind.norm is LinfBall]
ASCENTS = ("ifgsm", "pgd", "mifgsm", "apgd")


def quick(name: str, **parameters: Any) -> Attack:
    return create_attack(name, **{**QUICK.get(name, {}), **parameters})


def test_the_family_is_complete() -> None:
    assert list(attacks())[:3] == ["fgsm", "noise", "pgd"]
    assert set(attacks()) >= {
        "fgsm",
        "rfgsm",
        "ifgsm",
        "pgd",
        "mifgsm",
        "apgd",
        "fab",
        "square",
        "ensemble",
        "noise",
        "fgsm_l2",
        "pgd_l2",
    }


@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("epsilon", [0.0, 0.01, 0.4])
@pytest.mark.parametrize("name", attacks())
def test_inside_the_ball_and_the_range_and_like_the_input(name: str, epsilon: float, channels: int) -> None:
    classifier, pixels = cnn().train(), radiographs(5, channels=channels)
    state, random_state = dict(classifier.state_dict()), torch.get_rng_state()
    adversarial = quick(name)(classifier, pixels, torch.arange(5) % 2, epsilon)
    assert (adversarial.shape, adversarial.dtype) == (pixels.shape, pixels.dtype)
    assert 0 <= adversarial.min() <= adversarial.max() <= 1
    change = adversarial - pixels
    if name in LARGEST_NORM:
        assert change.abs().max() <= epsilon + 2**-24
    assert change.square().mean(dim=(1, 2, 3)).sqrt().max() <= epsilon * (1 + 1e-5)
    if epsilon == 0:
        assert torch.equal(adversarial, pixels)
    assert classifier.training
    assert all(torch.equal(state[key], value) for key, value in classifier.state_dict().items())
    assert torch.equal(torch.get_rng_state(), random_state)


@pytest.mark.parametrize("name", [name for name in LARGEST_NORM if issubclass(attacks()[name], Iterative)])
def test_iterative_attacks_stay_inside_to_the_last_bit(name: str) -> None:
    pixels = radiographs(5)
    for epsilon in (0.005, 0.015, 0.1):
        change = quick(name)(cnn(), pixels, torch.arange(5) % 2, epsilon) - pixels
        assert change.abs().max() <= torch.tensor(epsilon)


@pytest.mark.parametrize("name", attacks())
def test_the_same_call_gives_the_same_images(name: str) -> None:
    classifier, pixels, labels = cnn(), radiographs(5), torch.arange(5) % 2
    once, again = (quick(name)(classifier, pixels, labels, 0.05) for _ in range(2))
    assert torch.equal(once, again)


@pytest.mark.parametrize("name", attacks())
def test_a_batch_is_its_images_one_by_one_by_their_numbers(name: str) -> None:
    classifier, labels = cnn(scale=0.1).double(), torch.arange(6) % 2
    pixels, rows = radiographs(6, dtype=torch.float64), [7, 3, 0, 11, 12, 5]
    epsilons = torch.tensor([0.0, 0.01, 0.02, 0.05, 0.1, 0.3], dtype=torch.float64)
    together = quick(name)(classifier, pixels, labels, epsilons, rows)
    for place, (row, epsilon) in enumerate(zip(rows, epsilons.tolist(), strict=True)):
        one = slice(place, place + 1)
        alone = quick(name)(classifier, pixels[one], labels[one], epsilon, [row])
        torch.testing.assert_close(together[one], alone, atol=1e-12, rtol=0)


@pytest.mark.parametrize("name", [name for name in attacks() if "seed" in attacks()[name]().parameters()])
def test_chance_follows_the_seed(name: str) -> None:
    """At an epsilon that breaks all, or at one that some resist: FAB's first start knows no chance."""
    classifier, pixels = cnn(scale=0.01), radiographs(4)
    labels = decisions(classifier, pixels)
    pairs = [
        [quick(name, seed=seed)(classifier, pixels, labels, epsilon) for seed in (0, 1)]
        for epsilon in (0.005, 0.05)
    ]
    assert any(not torch.equal(*pair) for pair in pairs)


@pytest.mark.parametrize("name", [*ASCENTS, "rfgsm", "fab", "square", "ensemble"])
def test_a_linear_classifier_leaves_iterative_attacks_nothing_better_than_the_corner(name: str) -> None:
    classifier, epsilon = linear(), 0.02
    pixels = radiographs(6, dtype=torch.float64)
    labels = decisions(classifier, pixels)
    threshold = 0.0
    corner = margin(classifier(fgsm(classifier, pixels, labels, epsilon)), labels, threshold)
    parameters = {"early_stop": False} if name in ("ifgsm", "pgd", "mifgsm") else {}
    found = margin(
        logits_of(classifier, quick(name, **parameters)(classifier, pixels, labels, epsilon)),
        labels,
        threshold,
    )
    assert (found <= corner + 1e-9).all()
    if "early_stop" in parameters:
        torch.testing.assert_close(found, corner.detach(), atol=1e-9, rtol=0)


@pytest.mark.parametrize("name", ["ifgsm", "pgd", "mifgsm"])
@pytest.mark.parametrize("seed", range(4))
def test_stopping_early_breaks_the_same_images(name: str, seed: int) -> None:
    classifier, pixels = cnn(seed), radiographs(24)
    labels = decisions(classifier, pixels)
    broken = [
        decisions(classifier, quick(name, early_stop=early)(classifier, pixels, labels, 0.02)) != labels
        for early in (True, False)
    ]
    assert torch.equal(*broken)
    assert 0 < broken[0].sum() < 24, "an epsilon at which some images break and some resist"


@pytest.mark.parametrize("name", ASCENTS)
def test_iterative_attacks_are_at_least_as_strong_as_fgsm(name: str) -> None:
    for seed in range(4):
        classifier, pixels = cnn(seed), radiographs(24, seed=seed)
        labels = decisions(classifier, pixels)
        by_fgsm = decisions(classifier, fgsm(classifier, pixels, labels, 0.015)) != labels
        broken = decisions(classifier, create_attack(name)(classifier, pixels, labels, 0.015)) != labels
        assert broken.sum() >= by_fgsm.sum()


def test_pgd_is_foolboxs_without_chance_where_no_step_was_worse() -> None:
    """Foolbox returns the last point, ours the worst; on a linear classifier these are the same."""
    classifier = linear().float()
    pixels, labels = radiographs(6), torch.arange(6) % 2
    model = foolbox.PyTorchModel(TwoLogits(classifier).eval(), bounds=(0, 1), device="cpu")
    attack = foolbox.attacks.LinfPGD(rel_stepsize=0.25, steps=10, random_start=False)
    _, theirs, _ = attack(model, pixels, labels, epsilons=0.02)
    ours = pgd(
        classifier, pixels, labels, 0.02, steps=10, step_size=0.25, random_start=False, early_stop=False
    )
    torch.testing.assert_close(ours, theirs, atol=2e-7, rtol=0)


def test_fgsm_l2_is_foolboxs_of_the_same_energy() -> None:
    classifier, pixels, labels = cnn(), radiographs(6), torch.arange(6) % 2
    model = foolbox.PyTorchModel(TwoLogits(classifier).eval(), bounds=(0, 1), device="cpu")
    radius = 0.02 * pixels[0].numel() ** 0.5
    _, theirs, _ = foolbox.attacks.L2FastGradientAttack()(model, pixels, labels, epsilons=radius)
    ours = create_attack("fgsm_l2")(classifier, pixels, labels, 0.02)
    torch.testing.assert_close(ours, theirs, atol=1e-6, rtol=0)


def test_pgd_l2_is_foolboxs_of_the_same_energy() -> None:
    classifier = linear().float()
    pixels, labels = radiographs(6), torch.arange(6) % 2
    model = foolbox.PyTorchModel(TwoLogits(classifier).eval(), bounds=(0, 1), device="cpu")
    attack = foolbox.attacks.L2PGD(rel_stepsize=0.25, steps=10, random_start=False)
    _, theirs, _ = attack(model, pixels, labels, epsilons=0.02 * pixels[0].numel() ** 0.5)
    parameters = {"steps": 10, "step_size": 0.25, "random_start": False, "early_stop": False}
    ours = create_attack("pgd_l2", **parameters)(classifier, pixels, labels, 0.02)
    torch.testing.assert_close(ours, theirs, atol=1e-6, rtol=0)


@pytest.mark.parametrize("seed", range(3))
def test_pgd_l2_breaks_at_least_what_fgsm_l2_does_of_the_same_energy(seed: int) -> None:
    classifier, pixels = cnn(seed), radiographs(24, seed=seed)
    labels = decisions(classifier, pixels)
    single, several = (
        (decisions(classifier, create_attack(name)(classifier, pixels, labels, 0.01)) != labels).sum()
        for name in ("fgsm_l2", "pgd_l2")
    )
    assert several >= single > 0


def test_fgsm_l2_leaves_an_image_without_gradient_alone() -> None:
    class Flat(nn.Module):
        def forward(self, pixels: Tensor) -> Tensor:
            return (0 * pixels).sum(dim=(1, 2, 3))

    pixels = radiographs(2)
    assert torch.equal(create_attack("fgsm_l2")(Flat(), pixels, torch.tensor([0, 1]), 0.1), pixels)


def test_momentum_is_a_running_mean_of_normalised_gradients() -> None:
    attack = create_attack("mifgsm", decay=0.5)
    gradient = torch.tensor([1.0, -3.0, 0.0, 4.0]).view(1, 1, 2, 2)
    velocity = attack.update(gradient, None)  # type: ignore[attr-defined]
    assert torch.equal(velocity, gradient / 8)
    assert torch.allclose(attack.update(1e-9 * gradient, None), velocity)  # type: ignore[attr-defined]
    turned = attack.update(-gradient, velocity)  # type: ignore[attr-defined]
    assert torch.equal(turned, -gradient / 16)


def test_autopgd_looks_at_its_step_when_the_paper_does() -> None:
    assert checkpoints(100) == [0, 22, 41, 57, 70, 80, 87, 93, 99]


def test_autopgd_breaks_more_than_fgsm_on_a_curved_classifier() -> None:
    class Curved(nn.Module):
        """The distance from a sphere: its gradient turns with every step."""

        def forward(self, pixels: Tensor) -> Tensor:
            centred = 2 * pixels - 1
            waves = torch.sin(12 * centred.flatten(1)).mean(dim=1)
            return waves + 0.3

    pixels = radiographs(40)
    classifier = Curved()
    labels = (logits_of(classifier, pixels) >= 0).long()
    assert labels.all()
    counts = [
        int((logits_of(classifier, attack(classifier, pixels, labels, 0.2)) < 0).sum())
        for attack in (FGSM(), APGD())
    ]
    assert counts[1] > counts[0]


def test_square_needs_no_gradient_and_keeps_to_its_budget() -> None:
    calls = []

    class BlackBox(nn.Module):
        def forward(self, pixels: Tensor) -> Tensor:
            calls.append(len(pixels))
            return (torch.round(40 * pixels).mean(dim=(1, 2, 3)) - 19.5).detach()

    pixels = torch.full((3, 1, SIDE, SIDE), 0.5)
    adversarial = Square(queries=60)(BlackBox(), pixels, torch.ones(3), 0.1)
    assert (BlackBox()(adversarial) < 0).all()
    calls.clear()
    Square(queries=25)(BlackBox(), pixels, torch.ones(3), 1e-4)
    assert calls == [3] * 25


def test_more_restarts_break_at_least_as_many() -> None:
    classifier, pixels = cnn(2), radiographs(32)
    labels = decisions(classifier, pixels)
    counts = [
        int(
            (
                decisions(classifier, PGD(3, restarts=restarts)(classifier, pixels, labels, 0.01)) != labels
            ).sum()
        )
        for restarts in (1, 4)
    ]
    assert counts[1] >= counts[0] > 0


def test_images_that_are_wrong_already_stay_as_they_are() -> None:
    classifier, pixels = cnn(), radiographs(4)
    labels = 1 - decisions(classifier, pixels)
    assert torch.equal(IFGSM()(classifier, pixels, labels, 0.1), pixels)


def test_the_threshold_decides_when_an_image_is_broken() -> None:
    classifier = linear(threshold=0.9)
    pixels = radiographs(40, dtype=torch.float64)
    labels = decisions(classifier, pixels)
    broken = decisions(classifier, IFGSM()(classifier, pixels, labels, 0.05)) != labels
    corner = decisions(classifier, fgsm(classifier, pixels, labels, 0.05)) != labels
    assert torch.equal(broken, corner)


@settings(max_examples=40, deadline=None)
@given(
    epsilon=st.floats(0, 2),
    seed=st.integers(0, 10**6),
    precision=st.sampled_from([torch.float32, torch.float64]),
)
def test_the_ball_holds_in_its_own_arithmetic(epsilon: float, seed: int, precision: torch.dtype) -> None:
    pixels = radiographs(2, seed=seed, dtype=precision)
    ball = LinfBall.around(pixels, epsilon)
    far = torch.tensor(epsilon, dtype=precision)
    assert (ball.upper - pixels <= far).all()
    assert (pixels - ball.lower <= far).all()
    assert (ball.lower <= pixels).all()
    assert (pixels <= ball.upper).all()
    assert torch.equal(ball.project(pixels), pixels)


@settings(max_examples=40, deadline=None)
@given(epsilon=st.floats(1e-4, 2), seed=st.integers(0, 10**6), norm=st.sampled_from([LinfBall, L2Ball]))
def test_a_norm_is_its_size_its_way_up_and_its_way_in(epsilon: float, seed: int, norm: type[Ball]) -> None:
    """A step of size 1 has it, projected points are inside to stay, and none climbs more than uphill."""
    clean, there, other = (radiographs(3, seed=seed + k, dtype=torch.float64) for k in range(3))
    gradient = there - other
    up = norm.uphill(gradient)
    torch.testing.assert_close(norm.size(up).flatten(), torch.ones(3, dtype=torch.float64))
    elsewhere = (other - clean) / norm.size(other - clean)
    assert ((gradient * elsewhere).sum(dim=(1, 2, 3)) <= (gradient * up).sum(dim=(1, 2, 3)) + 1e-9).all()
    ball = norm.around(clean, epsilon)
    far = clean + 3 * epsilon * up
    found = ball.project(far)
    assert norm.size(found - clean).max() <= epsilon * (1 + 1e-12)
    assert 0 <= found.min() <= found.max() <= 1
    torch.testing.assert_close(ball.project(found), found, atol=1e-12, rtol=0)
    some = torch.tensor([2, 0])
    torch.testing.assert_close(ball[some].project(far[some]), found[some])
    near = (clean + 0.5 * epsilon * up).clamp(0, 1)
    assert torch.equal(ball.project(near), near)


# -- the registry -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", attacks())
def test_every_attack_describes_itself(name: str) -> None:
    attack = attacks()[name]
    assert attack.name == name
    assert attack.title
    assert attack.summary
    assert attack.single_step is issubclass(attack, SingleStep)
    created = create_attack(name)
    assert create_attack(name, **created.parameters()) == created
    for description in describe_parameters(name):
        assert description.meaning[0].isupper()
        assert getattr(created, description.name) == description.default
        if description.kind in ("integer", "number"):
            assert description.minimum <= description.default <= description.maximum
            for bad in (description.minimum - 1, description.maximum + 1, float("nan"), "1", True):
                with pytest.raises(SettingsError, match=f"{description.name}: is .*Accepted: "):
                    create_attack(name, **{description.name: bad})


def test_unknown_names_are_told_what_is_known() -> None:
    with pytest.raises(SettingsError, match="no attack 'magic'.*fgsm"):
        create_attack("magic")
    with pytest.raises(SettingsError, match="'pgd' has no parameter 'speed'.*steps"):
        create_attack("pgd", speed=3)


def test_pgd_takes_the_parameters_it_describes() -> None:
    described = {description.name for description in describe_parameters("pgd")}
    assert described == set(inspect.signature(pgd).parameters) - {"classifier", "pixels", "labels", "epsilon"}


def test_a_new_attack_is_one_class(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ATTACKS, "_entries", dict(ATTACKS))

    @register
    @dataclass(frozen=True)
    class Darken(SingleStep):
        name: ClassVar[str] = "darken"
        title: ClassVar[str] = "Darken"
        summary: ClassVar[str] = "Darker everywhere"

        def direction(self, classifier: nn.Module, batch: Batch) -> tuple[Tensor, Tensor]:
            return logits_of(classifier, batch.pixels), -torch.ones_like(batch.pixels)

    pixels = radiographs(2)
    darker = create_attack("darken")(cnn(), pixels, torch.tensor([0, 1]), 0.25)
    np.testing.assert_array_equal(darker.numpy(), (pixels - 0.25).clamp(0, 1).numpy())


@pytest.mark.parametrize(("height", "width", "side"), [(20, 20, 18), (20, 5, 5), (5, 20, 5), (1, 1, 1)])
def test_the_first_squares_cover_their_share_and_fit_into_a_film_that_is_none(
    height: int, width: int, side: int
) -> None:
    assert Square(area=0.8)._side(torch.empty(1, 3, height, width), 0) == side
