"""The exact reduction: what a classifier that begins with average pooling sees, and attacks among means."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor, nn

from cxr_gui.core.attacks.ball import LinfBall
from cxr_gui.core.attacks.fast_gradient import fgsm
from cxr_gui.core.attacks.gradient import logits_of, loss_gradient
from cxr_gui.core.attacks.ground import Ground
from cxr_gui.core.attacks.registry import create_attack
from cxr_gui.core.base.decisions import margin
from cxr_gui.core.base.intervals import bounds
from cxr_gui.core.demo.film import radiograph
from cxr_gui.core.models.checkpoint import load
from cxr_gui.core.models.classifier import Classifier
from cxr_gui.core.models.reduction import Reduction
from cxr_gui.core.models.registry import create
from tests.support.victims import classifier_of, radiographs

SHIPPED = sorted(Path("resources/models").glob("*.safetensors"))
EPSILONS = (0.0, 0.005, 0.05, torch.linspace(0, 0.05, 6))


def pooled(block: int | tuple[int, int] = 2, channels: int = 3) -> Classifier:
    """Means, convolution, ReLU, linear: half of `radiographs` are positive."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        network = nn.Sequential(
            nn.AvgPool2d(block),
            nn.Conv2d(channels, 4, 3, padding=1),
            nn.ReLU(),
            nn.Flatten(),
            nn.LazyLinear(1),
        )
        classifier = classifier_of(network, channels=channels).double()
        with torch.no_grad():
            median = classifier(radiographs(64, channels=channels, dtype=torch.float64)).median()
            network[4].bias -= median
    return classifier


def reduction_of(classifier: Classifier) -> Reduction:
    reduction = Reduction.of(classifier)
    assert reduction is not None
    return reduction


def full_size(classifier: Classifier) -> Classifier:
    """The same in a form that shows nothing of its first layer."""
    network = nn.Sequential(nn.Identity(), *classifier.network)
    twin = Classifier(
        network,
        architecture="test",
        input_size=classifier.input_size,
        normalisation=classifier.normalisation,
        threshold=classifier.threshold,
    )
    return twin.to(next(classifier.parameters()).dtype).train(classifier.training)


def films(channels: int, dtype: torch.dtype) -> Iterator[Tensor]:
    """Demo films as they are, with black and white in them, and the same without."""
    rendered = [radiograph(0, seed, positive=seed % 2 == 1, size=(224, 224)) for seed in range(6)]
    pixels = torch.from_numpy(np.stack(rendered)).to(dtype)[:, None].repeat(1, channels, 1, 1)
    yield pixels
    yield 0.2 + 0.6 * pixels


@pytest.mark.parametrize(
    ("first", "block"),
    [
        (nn.AvgPool2d(2), (2, 2)),
        (nn.AvgPool2d((2, 4)), (2, 4)),
        (nn.AvgPool2d(2, stride=1), None),
        (nn.AvgPool2d(3, stride=2), None),
        (nn.AvgPool2d(2, padding=1), None),
        (nn.AvgPool2d(2, ceil_mode=True), None),
        (nn.AvgPool2d(2, divisor_override=3), None),
        (nn.MaxPool2d(2), None),
    ],
)
def test_it_is_found_in_the_first_layer_alone(first: nn.Module, block: tuple[int, int] | None) -> None:
    found = Reduction.of(classifier_of(nn.Sequential(first, nn.Flatten())))
    assert (None if found is None else found.block) == block


@pytest.mark.parametrize(("name", "block"), [("level_cnn", 8), ("compact_cnn", 4), ("paper_cnn", None)])
def test_architectures_say_it_themselves(name: str, block: int | None) -> None:
    found = Reduction.of(create(name))
    assert (None if found is None else found.block[0]) == block


def test_another_module_has_none() -> None:
    assert Reduction.of(nn.Sequential(nn.AvgPool2d(2))) is None
    assert Reduction.of(classifier_of(nn.AvgPool2d(2))) is None


@pytest.mark.parametrize(("channels", "of_network"), [(1, 1), (3, 1), (1, 3), (3, 3)])
def test_the_logit_is_that_of_the_means(channels: int, of_network: int) -> None:
    classifier = pooled(channels=of_network)
    pixels = radiographs(5, channels=channels, dtype=torch.float64)
    reduction = reduction_of(classifier)
    means = reduction.means(pixels)
    assert means.shape == (5, min(channels, of_network), 4, 4)
    torch.testing.assert_close(reduction.classifier(means), classifier(pixels))
    assert reduction.classifier.threshold_logit == classifier.threshold_logit


def test_the_classifier_on_means_goes_on_being_trained() -> None:
    classifier = pooled()
    reduction = reduction_of(classifier)
    pixels = radiographs(3, dtype=torch.float64)
    before = reduction.classifier(reduction.means(pixels))
    with torch.no_grad():
        for weight in classifier.parameters():
            weight.mul_(2)
    after = reduction.classifier(reduction.means(pixels))
    torch.testing.assert_close(after, classifier(pixels))
    assert not torch.allclose(before, after)


@given(
    seed=st.integers(0, 999),
    epsilon=st.floats(0, 1),
    each=st.booleans(),
    channels=st.sampled_from([1, 3]),
    of_network=st.sampled_from([1, 3]),
    block=st.sampled_from([2, 3, (4, 2)]),
    precision=st.sampled_from([torch.float32, torch.float64]),
)
@settings(deadline=None)
def test_every_point_of_the_box_is_the_means_of_an_image_in_the_ball(
    seed: int,
    epsilon: float,
    each: bool,
    channels: int,
    of_network: int,
    block: int | tuple[int, int],
    precision: torch.dtype,
) -> None:
    reduction = reduction_of(pooled(block, of_network))
    pixels = radiographs(4, channels=channels, seed=seed, dtype=precision)
    radius = torch.linspace(0, epsilon, 4, dtype=precision) if each else epsilon
    lower, upper = reduction.box(pixels, radius)
    share = torch.rand(lower.shape, generator=torch.Generator().manual_seed(seed), dtype=precision)
    means = torch.lerp(lower, upper, (1.4 * share - 0.2).clamp(0, 1))
    lifted = reduction.lift(pixels, means, radius)
    within = bounds(pixels, radius)
    assert bool(((within[0] <= lifted) & (lifted <= within[1])).all())
    tolerance = 4 * torch.finfo(precision).eps
    torch.testing.assert_close(reduction.means(lifted), means, atol=tolerance, rtol=0)
    assert torch.equal(reduction.lift(pixels, reduction.means(pixels), radius), pixels)


def test_random_starts_are_as_near_as_the_means_of_random_pixels() -> None:
    classifier, pixels, epsilon = pooled(4, 1), torch.full((1, 3, 64, 64), 0.5), 0.1
    ground = Ground.of(LinfBall, classifier, pixels, epsilon)
    chance = 2 * torch.rand((500, *ground.clean.shape[1:]), generator=torch.Generator().manual_seed(0)) - 1
    means = ground.ball.start(ground.clean, epsilon, chance)
    draws = 2 * torch.rand((500, *pixels.shape[1:]), generator=torch.Generator().manual_seed(1)) - 1
    reduction = Reduction.of(classifier)
    assert reduction is not None
    expected = reduction.means(pixels + epsilon * draws)
    torch.testing.assert_close(means.std(), expected.std(), rtol=0.02, atol=0.0)
    one = torch.tensor([0])
    assert torch.equal(ground.ball[one].start(ground.clean, epsilon, chance), means)


@pytest.mark.parametrize("channels", [1, 3])
def test_the_gradient_is_that_of_the_pixels(channels: int) -> None:
    for of_network in (1, 3):
        classifier = pooled(3, of_network)
        pixels = radiographs(4, channels=channels, dtype=torch.float64)
        found, expected = (
            loss_gradient(one, pixels, torch.arange(4) % 2) for one in (classifier, full_size(classifier))
        )
        torch.testing.assert_close(found, expected)


@pytest.mark.parametrize(("channels", "precision"), [(1, torch.float32), (3, torch.float64)])
@pytest.mark.parametrize("file", SHIPPED, ids=lambda file: file.stem)
def test_fgsm_is_the_full_size_one_of_every_shipped_classifier(
    file: Path, channels: int, precision: torch.dtype
) -> None:
    classifier, labels = load(file).to(precision), torch.arange(6) % 2
    other = full_size(classifier)
    for pixels in films(channels, precision):
        for epsilon in EPSILONS:
            found, expected = (fgsm(one, pixels, labels, epsilon) for one in (classifier, other))
            logits, others = (logits_of(other, images) for images in (found, expected))
            torch.testing.assert_close(logits, others, atol=1e-4, rtol=1e-4)
            assert torch.equal(classifier.positive(logits), classifier.positive(others))
            if precision is torch.float64:
                assert torch.equal(found, expected)


@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("file", SHIPPED, ids=lambda file: file.stem)
def test_a_corner_of_the_box_is_lifted_to_the_image_of_fgsm(file: Path, channels: int) -> None:
    classifier, labels = load(file), torch.arange(6) % 2
    reduction = reduction_of(classifier)
    for pixels in films(channels, torch.float32):
        lower, upper = reduction.box(pixels, 0.02)
        _, gradient = loss_gradient(reduction.classifier, reduction.means(pixels), labels)
        corner = torch.where(gradient > 0, upper, torch.where(gradient < 0, lower, reduction.means(pixels)))
        expected = fgsm(classifier, pixels, labels, 0.02)
        torch.testing.assert_close(reduction.lift(pixels, corner, 0.02), expected, atol=2**-23, rtol=0)


@pytest.mark.parametrize("file", SHIPPED, ids=lambda file: file.stem)
def test_pgd_from_the_clean_film_decides_as_at_full_size(file: Path) -> None:
    """Where no pixel saturates both go the same way.

    Elsewhere pixels at 0 or 1 stop while the others of their block go on, so a mean of theirs moves less in a
    step than one among means: ways differ, and the shorter steps may not arrive. Then it is only asked that
    the attack among means does not break fewer.
    """
    classifier = load(file)
    other, attack = full_size(classifier), create_attack("ifgsm", steps=5, early_stop=False)
    for saturated, pixels in zip((True, False), films(3, torch.float32), strict=True):
        labels = classifier.positive(logits_of(classifier, pixels)).long()
        heights = [
            margin(logits_of(other, attack(one, pixels, labels, 0.02)), labels, classifier.threshold_logit)
            for one in (classifier, other)
        ]
        if saturated:
            assert int((heights[0] > 0).sum()) >= int((heights[1] > 0).sum())
        else:
            torch.testing.assert_close(*heights, atol=2e-2, rtol=0)
            assert torch.equal(heights[0] > 0, heights[1] > 0)


@pytest.mark.parametrize("name", ["ifgsm", "pgd", "mifgsm", "rfgsm", "apgd", "fab", "square"])
def test_attacks_that_search_a_ball_move_among_means(name: str) -> None:
    """Every image is one of those that `lift` makes: all pixels of a block go the same share of their way."""
    classifier, pixels = pooled(), radiographs(6, dtype=torch.float64)
    labels = classifier.positive(logits_of(classifier, pixels)).long()
    found = create_attack(name)(classifier, pixels, labels, 0.1)
    reduction = reduction_of(classifier)
    torch.testing.assert_close(found, reduction.lift(pixels, reduction.means(found), 0.1))
    before, after = (
        margin(logits_of(full_size(classifier), images), labels, 0.0) for images in (pixels, found)
    )
    assert bool((after > before).all())
