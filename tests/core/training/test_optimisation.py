"""The step, the schedule, the attack inside training, and what is decided on validation."""

from __future__ import annotations

import itertools
import subprocess
import sys

import numpy as np
import pytest
import torch

from cxr_gui.core.attacks.projected_gradient import pgd
from cxr_gui.core.attacks.registry import create_attack
from cxr_gui.core.base.distributed import World
from cxr_gui.core.base.errors import TrainingError
from cxr_gui.core.base.randomness import Purpose, generator
from cxr_gui.core.models.reduction import Reduction
from cxr_gui.core.models.registry import create
from cxr_gui.core.training.adam import Adam
from cxr_gui.core.training.adversary import attacked, perturbable, random_starts, training_epsilon
from cxr_gui.core.training.data_parallel import parts
from cxr_gui.core.training.learner import Learner, class_weights
from cxr_gui.core.training.recipes import RECIPES, Recipe
from cxr_gui.core.training.validation import (
    balanced_accuracy,
    best_threshold,
    probe_order,
    sensitive_threshold,
)
from tests.support.small_study import weights

CPU = torch.device("cpu")


def learner(recipe: Recipe, steps: int = 100) -> Learner:
    return Learner(
        create("compact_cnn", width=4), recipe, seed=0, steps=steps, weights=torch.ones(2), device=CPU
    )


def test_adam_is_pytorchs_and_goes_on_from_its_moments() -> None:
    torch.manual_seed(0)
    start = [torch.randn(4, 3, 3, 3).to(memory_format=torch.channels_last), torch.randn(5), torch.randn(2)]
    ours, theirs = ([torch.nn.Parameter(weight.clone()) for weight in start] for _ in range(2))
    adam = Adam(ours, weight_decay=0.1)
    adamw = torch.optim.AdamW(theirs, weight_decay=0.1, fused=True)
    for number in range(6):
        rate = 0.01 / (1 + number)
        adamw.param_groups[0]["lr"] = rate
        for weight, same in zip(ours[:2], theirs[:2], strict=True):  # the last one takes no part
            weight.grad = torch.randn_like(weight)
            same.grad = weight.grad.clone()
        adam.step(rate)
        adamw.step()
        if number == 2:
            moments = {key: value.contiguous() for key, value in adam.tensors().items()}
            adam = Adam(ours, weight_decay=0.1)
            adam.restore(moments)
    for weight, same in zip(ours, theirs, strict=True):
        assert torch.equal(weight, same)


def test_training_does_not_wait_for_pytorchs_compiler() -> None:
    code = (
        "import sys, torch; from cxr_gui.core.training.learner import Learner; "
        "from cxr_gui.core.models import create; from cxr_gui.core.training.recipes import PAPER; "
        "learner = Learner(create('compact_cnn', width=4), PAPER, seed=0, steps=9, weights=torch.ones(2), "
        "device=torch.device('cpu')); learner.step(torch.rand(2, 1, 224, 224), torch.ones(2), 0); "
        "sys.exit(any(name in sys.modules for name in ('torch._dynamo', 'sympy')))"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_a_step_is_adam_on_binary_cross_entropy() -> None:
    """Loss, gradient and first move of the weights are the published step's, written out plainly."""
    torch.manual_seed(0)
    ours, plain = learner(RECIPES["paper"].changed(flip=0.0)), create("compact_cnn", width=4).train()
    plain.load_state_dict(ours.classifier.state_dict())
    for module in (*ours.classifier.modules(), *plain.modules()):
        if isinstance(module, torch.nn.Dropout):  # its masks are not the matter here
            module.train(False)
    before = [parameter.detach().clone() for parameter in ours.classifier.parameters()]
    pixels, labels = torch.rand(6, 1, 224, 224), torch.tensor([0.0, 1, 1, 0, 1, 0])
    loss, right = ours.step(pixels, labels, 0).tolist()
    logits = plain(pixels)
    expected = -torch.where(labels == 1, torch.sigmoid(logits), torch.sigmoid(-logits)).log().mean()
    assert loss == pytest.approx(expected.item(), abs=1e-5)
    assert right == int(((logits >= 0) == (labels == 1)).sum())
    gradients = torch.autograd.grad(expected, list(plain.parameters()))
    for was, now, gradient in zip(before, ours.classifier.parameters(), gradients, strict=True):
        torch.testing.assert_close(now.grad, gradient, atol=1e-5, rtol=1e-3)
        assert now.grad is not None
        move = 1e-4 * now.grad / (now.grad.abs() + 1e-8)  # Kingma and Ba (2015), at step 1
        torch.testing.assert_close(now.detach(), was - move, atol=1e-7, rtol=1e-4)


def test_the_running_mean_is_what_is_judged_and_survives_a_restart() -> None:
    recipe = RECIPES["paper"].changed(averaging=0.4, learning_rate=0.01)
    ours = learner(recipe)
    mean = [weight.detach().clone() for weight in ours.classifier.parameters()]
    pixels, labels = torch.rand(4, 1, 224, 224), torch.tensor([0.0, 1, 1, 0])
    for number, kept in enumerate([1 / 10, 2 / 11, 3 / 12, 4 / 13, 5 / 14, 6 / 15, 0.4]):
        ours.step(pixels, labels, number)
        mean = [kept * m + (1 - kept) * w for m, w in zip(mean, ours.classifier.parameters(), strict=True)]
    for weight, expected in zip(ours.snapshot().parameters(), mean, strict=True):
        torch.testing.assert_close(weight, expected.detach())
    other = learner(recipe)
    other.restore(ours.tensors())
    for one, same in ((other.judged, ours.judged), (other.classifier, ours.classifier)):
        for weight, expected in zip(one.state_dict().values(), same.state_dict().values(), strict=True):
            assert torch.equal(weight, expected)


def test_without_averaging_the_weights_themselves_are_judged() -> None:
    ours = learner(RECIPES["paper"])
    assert ours.judged is ours.classifier
    assert not [name for name in ours.tensors() if name.startswith("mean.")]


def test_class_weighting_makes_both_classes_count_alike() -> None:
    labels = np.array([0] * 25 + [1] * 75)
    balance = class_weights(labels, RECIPES["balanced"])
    assert float(balance[0] * 25) == pytest.approx(float(balance[1] * 75))
    assert float((balance[labels]).mean()) == pytest.approx(1.0)
    assert class_weights(labels, RECIPES["paper"]).tolist() == [1.0, 1.0]


def test_the_cosine_schedule_warms_up_and_ends_near_zero() -> None:
    recipe = RECIPES["balanced"].changed(learning_rate=1.0, warmup=0.1)
    rates = [learner(recipe).learning_rate(number) for number in range(100)]
    assert rates[0] < rates[5] < rates[10] == max(rates) == 1.0
    assert rates[10:] == sorted(rates[10:], reverse=True)
    assert 0.0 < rates[-1] < 1e-3
    assert learner(RECIPES["paper"]).learning_rate(99) == 1e-4


@pytest.mark.parametrize(("architecture", "channels"), [("compact_cnn", 1), ("paper_cnn", 3)])
def test_the_training_attack_stays_within_epsilon_and_hurts(architecture: str, channels: int) -> None:
    torch.manual_seed(0)
    recipe = RECIPES["robust-pgd"]
    classifier = create(architecture).train()
    state = weights(classifier).clone()
    pixels, labels = torch.rand(8, 1, 224, 224), torch.arange(8) % 2.0
    clean = perturbable(classifier, pixels, recipe)
    starts = random_starts(classifier, clean, generator(0, Purpose.ATTACK))
    adversarial = attacked(classifier, clean, labels, starts, recipe, 0.05)
    assert adversarial.shape == (8, channels, 224, 224)
    assert float((adversarial - pixels).abs().max()) <= 0.05 + 1e-6
    assert float(adversarial.min()) >= 0.0
    assert float(adversarial.max()) <= 1.0
    torch.testing.assert_close(weights(classifier), state, atol=0, rtol=0)
    assert classifier.training
    classifier.eval().requires_grad_(False)
    towards = (1 - 2 * labels) * (classifier(adversarial) - classifier(pixels))
    assert bool((towards > 0).all())
    strongest = pgd(classifier, clean, labels, 0.05, steps=10, early_stop=False)
    reached = (1 - 2 * labels) * (classifier(strongest) - classifier(pixels))
    assert float(towards.mean()) > 0.6 * float(reached.mean())


@pytest.mark.parametrize(
    ("recipe", "steps"),
    [("robust-fgsm", 1), ("robust-pgd", 3)],
)
def test_the_published_adversaries_are_signed_steps_from_a_random_start_to_the_last_bit(
    recipe: str, steps: int
) -> None:
    torch.manual_seed(0)
    classifier = create("paper_cnn").eval().requires_grad_(False)
    clean, labels, epsilon = torch.rand(3, 3, 224, 224), torch.tensor([0.0, 1, 1]), 0.05
    starts = random_starts(classifier, clean, generator(0, Purpose.ATTACK))
    at = (clean + epsilon * starts).clamp(0, 1)
    for _ in range(steps):
        leaf = at.clone().requires_grad_()
        ((1 - 2 * labels) * classifier(leaf)).sum().backward()
        assert leaf.grad is not None
        at = at + RECIPES[recipe].step_size * epsilon * leaf.grad.sign()
        at = torch.clamp(at, (clean - epsilon).clamp(min=0), (clean + epsilon).clamp(max=1))
    assert torch.equal(attacked(classifier, clean, labels, starts, RECIPES[recipe], epsilon), at)


@pytest.mark.parametrize("adversary", ["ifgsm", "mifgsm"])
def test_a_recipe_may_name_an_attack_that_starts_from_the_clean_image(adversary: str) -> None:
    torch.manual_seed(0)
    classifier = create("compact_cnn", width=4).double().eval().requires_grad_(False)
    clean, labels = torch.rand(3, 1, 224, 224, dtype=torch.float64), torch.tensor([0, 1, 1])
    recipe = RECIPES["robust-pgd"].changed(adversary=adversary, attack_steps=2, step_size=0.5)
    starts = random_starts(classifier, clean, generator(0, Purpose.ATTACK))
    found = attacked(classifier, clean, labels.double(), starts, recipe, 0.05)
    attack = create_attack(adversary, steps=2, step_size=0.5, early_stop=False)
    towards, theirs = (
        (1 - 2 * labels) * classifier(pixels) for pixels in (found, attack(classifier, clean, labels, 0.05))
    )
    torch.testing.assert_close(towards, theirs)  # of a network this smooth the last point is the worst


@pytest.mark.parametrize("architecture", ["compact_cnn", "level_cnn"])
@pytest.mark.parametrize("saturated", [False, True])
def test_the_adversary_among_means_costs_a_step_the_loss_of_the_one_among_pixels(
    architecture: str, saturated: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """FGSM training from clean films, whose way does not depend on where it is taken."""
    recipe = RECIPES["robust-pgd"].changed(adversary="ifgsm", attack_steps=1, step_size=1.0, averaging=0.0)
    pixels, labels = torch.rand(4, 1, 224, 224), torch.tensor([0.0, 1, 1, 0])
    pixels = pixels if saturated else 0.3 + 0.4 * pixels
    losses = []
    for looked_for in (Reduction.of, lambda classifier: None):
        monkeypatch.setattr(Reduction, "of", looked_for)
        torch.manual_seed(0)
        judge = Learner(
            create(architecture),
            recipe,
            seed=0,
            steps=100,
            weights=torch.ones(2),
            device=torch.device("cpu"),
        )
        losses.append(judge.step(pixels, labels, 99)[0])
    torch.testing.assert_close(*losses)


def test_epsilon_rises_along_a_line_and_stays() -> None:
    recipe = RECIPES["robust-pgd"].changed(epsilon=0.2, epsilon_warmup=0.5)
    assert [training_epsilon(recipe, done) for done in (0.0, 0.25, 0.5, 1.0)] == [0.0, 0.05, 0.1, 0.1]
    assert training_epsilon(recipe.changed(epsilon_warmup=0.0), 0.0) == 0.1


def test_the_first_step_of_a_warm_up_sees_clean_images() -> None:
    recipe = RECIPES["robust-pgd"].changed(averaging=0.0)
    robust, clean = learner(recipe), learner(recipe.changed(adversary="none"))
    clean.classifier.load_state_dict(robust.classifier.state_dict())
    pixels, labels = torch.rand(4, 1, 224, 224), torch.tensor([0.0, 1, 1, 0])
    expected = clean.step(pixels, labels, 0)
    torch.testing.assert_close(robust.step(pixels, labels, 0), expected)
    assert float(robust.step(pixels, labels, 50)[0]) != float(clean.step(pixels, labels, 50)[0])


def test_a_process_attacks_its_part_as_one_would_the_whole() -> None:
    torch.manual_seed(0)
    classifier = create("compact_cnn", width=4).double().train()
    clean, labels = torch.rand(5, 1, 224, 224, dtype=torch.float64), torch.tensor([0.0, 1, 1, 0, 1])
    recipe = RECIPES["robust-fgsm"]
    starts = random_starts(classifier, clean, generator(0, Purpose.ATTACK))
    whole = attacked(classifier, clean, labels, starts, recipe, 0.05)
    for world in (World(0, 2), World(1, 2)):
        [rows] = parts(world, 5, pieces=1)
        part = attacked(classifier, clean[rows], labels[rows], starts[rows], recipe, 0.05)
        torch.testing.assert_close(part, whole[rows])


def test_the_parts_of_a_batch_cover_it_once_and_none_is_missing() -> None:
    for count, size, pieces in itertools.product((1, 2, 5, 32), (1, 2, 3), (1, 2)):
        rows = [list(parts(World(rank, size), count, pieces)) for rank in range(size)]
        assert [index for some in rows for part in some for index in range(count)[part]] == list(range(count))
        assert all(some for some in rows)  # every process takes part in averaging the gradients


def test_two_halves_have_the_gradient_of_the_whole() -> None:
    whole, halves = learner(RECIPES["paper"]), learner(RECIPES["paper"])
    halves.classifier.load_state_dict(whole.classifier.state_dict())
    halves.pieces.count = 2
    for module in (*whole.classifier.modules(), *halves.classifier.modules()):
        if isinstance(module, (torch.nn.BatchNorm2d, torch.nn.Dropout)):  # they do see the pieces
            module.train(False)
    pixels, labels = torch.rand(5, 1, 224, 224), torch.tensor([0.0, 1, 1, 0, 1])
    expected = whole.step(pixels, labels, 0).tolist()
    assert halves.step(pixels, labels, 0).tolist() == pytest.approx(expected, rel=1e-5)
    for one, two in zip(whole.classifier.parameters(), halves.classifier.parameters(), strict=True):
        torch.testing.assert_close(one.grad, two.grad, atol=1e-6, rtol=1e-4)


def test_weights_that_are_not_finite_are_never_written() -> None:
    broken = learner(RECIPES["paper"])
    next(iter(broken.classifier.parameters())).data[0] = float("nan")
    with pytest.raises(TrainingError, match="stopped being finite"):
        broken.tensors()


def test_the_best_threshold_separates_what_can_be_separated() -> None:
    logits, labels = np.array([-1.0, 0.5, 1.5, 2.0], np.float32), np.array([0, 0, 1, 1])
    assert best_threshold(logits, labels) == pytest.approx(1 / (1 + np.exp(-1.0)))
    assert best_threshold(logits - 1.0, labels) == pytest.approx(0.5)
    confident = best_threshold(np.array([90.0, 100.0], np.float32), np.array([0, 1]))
    assert 0.5 < confident < 1.0


def test_the_robust_threshold_weighs_clean_and_attacked_images_alike() -> None:
    labels = np.array([0, 0, 1, 1])
    clean, attacked = np.array([-3, -2, 2, 3], np.float32), np.array([-1, 0, -1.5, 1], np.float32)
    assert best_threshold(attacked, labels) > 0.5  # of those alone: above 0, where one of four is wrong
    best = best_threshold(clean, labels, attacked, labels)
    at = np.log(best / (1 - best))
    sums = {
        value: balanced_accuracy(clean, labels, value) + balanced_accuracy(attacked, labels, value)
        for value in np.linspace(-4, 4, 801)
    }
    assert balanced_accuracy(clean, labels, at) + balanced_accuracy(attacked, labels, at) == max(
        sums.values()
    )


def test_the_sensitive_threshold_is_the_highest_that_finds_its_share() -> None:
    """Of 20 positives 19 must be found, or all, or half; whatever the negatives do."""
    random = np.random.default_rng(0)
    logits = np.concatenate([random.normal(2, 1, 20), random.normal(-2, 1, 30)]).astype(np.float32)
    labels = np.repeat([1, 0], [20, 30])
    for share in (0.95, 1.0, 0.5):
        threshold = sensitive_threshold(logits, labels, share)
        assert threshold is not None
        at = np.log(threshold / (1 - threshold))
        found = logits[labels == 1] >= at
        assert found.sum() == np.ceil(share * 20)
        above = np.sort(logits[labels == 1][found])[0]
        higher = np.nextafter(above, np.float32(np.inf))
        assert (logits[labels == 1] >= higher).sum() < np.ceil(share * 20), "no higher one finds as many"
    assert sensitive_threshold(logits[20:], labels[20:], 0.95) is None


def test_the_probe_takes_both_classes_and_always_the_same_images() -> None:
    labels = np.array([0] * 10 + [1] * 90)
    chosen = probe_order(labels, 30, seed=5)
    assert np.bincount(labels[chosen]).tolist() == [10, 20]
    assert (chosen == probe_order(labels, 30, seed=5)).all()
    assert len(set(chosen.tolist())) == 30
    assert (probe_order(labels, 1000, seed=5) == np.arange(100)).all()
