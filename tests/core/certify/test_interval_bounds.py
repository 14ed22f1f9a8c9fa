"""Interval bounds: nothing in the box gets past them, and training can follow their gradient."""

from __future__ import annotations

import itertools
from collections.abc import Callable

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor, nn
from torch.nn import functional

from cxr_gui.core.certify import UnboundedError, ball, read_network
from cxr_gui.core.models import architectures, create
from tests.support.nets import NETWORKS, Residual, network_of, shaken
from tests.support.victims import SIDE, classifier_of, linear, radiographs

BOUNDED = {"paper_cnn", "bounded_cnn", "compact_cnn", "level_cnn", "resnet18", "resnet50", "densenet121"}
REFUSED = {"convnext_tiny": "GELU|layer_norm|stochastic|permute", "efficientnet_b0": "mul|stochastic"}
REFUSED |= {"vit_b_16": "vit_b_16|getattr|MultiheadAttention", "xrv_densenet121": "the function 'size'"}


class Function(nn.Module):
    """What a person writes in a forward, with a weight [3, 8, 8] at hand."""

    def __init__(self, do: Callable[[Tensor, Tensor], Tensor]) -> None:
        super().__init__()
        self.do = do
        self.weight = nn.Parameter(torch.rand(3, SIDE, SIDE) + 0.5)

    def forward(self, values: Tensor) -> Tensor:
        return self.do(values, self.weight)


@pytest.mark.parametrize("name", NETWORKS)
@settings(max_examples=8, deadline=None)
@given(seed=st.integers(0, 10_000), epsilon=st.floats(0.0, 0.3))
def test_nothing_in_the_box_gets_past_the_bounds(name: str, seed: int, epsilon: float) -> None:
    classifier = network_of(name, seed)
    pixels = radiographs(2, seed=seed).double()
    bounds = read_network(classifier).interval_bounds(ball(pixels, epsilon))
    for values in shaken(classifier, pixels, epsilon, seed):
        assert (bounds.lower <= values).all()
        assert (values <= bounds.upper).all()


@pytest.mark.parametrize("channels", [1, 3])
def test_a_linear_network_meets_the_closed_form(channels: int) -> None:
    classifier = linear(3, channels=channels)
    pixels = radiographs(5)[:, :channels].double()
    box = ball(pixels, 0.07)
    bounds = read_network(classifier).interval_bounds(box)
    weight = classifier.network[1].weight[0].view(1, channels, SIDE, SIDE)
    reach = (weight.abs() * box.radius).flatten(1).sum(dim=1)
    middle = classifier(box.centre)
    torch.testing.assert_close(bounds.upper, middle + reach)
    torch.testing.assert_close(bounds.lower, middle - reach)


@pytest.mark.parametrize("name", NETWORKS)
def test_bounds_widen_with_epsilon_from_the_logit_itself(name: str) -> None:
    classifier = network_of(name, 5)
    network, pixels = read_network(classifier), radiographs(3).double()
    ladder = [network.interval_bounds(ball(pixels, epsilon)) for epsilon in (0.0, 0.01, 0.05, 0.2)]
    torch.testing.assert_close(ladder[0].lower, classifier(pixels), atol=2e-4, rtol=0)
    for narrow, wide in itertools.pairwise(ladder):
        assert (wide.lower <= narrow.lower).all()
        assert (wide.upper >= narrow.upper).all()


def test_the_clean_images_share_the_pass_and_the_weights_get_a_gradient() -> None:
    classifier = create("level_cnn", width=4)
    pixels = torch.rand(4, 1, 224, 224)
    network = read_network(classifier)
    with torch.random.fork_rng():
        bounds = network.interval_bounds(ball(pixels, 0.01))  # in train mode: by the clean images' statistics
    assert bounds.clean is not None
    assert bounds.lower.dtype == torch.float32
    (bounds.clean + bounds.upper - bounds.lower).sum().backward()
    gradients = [weight.grad for weight in classifier.parameters()]
    assert all(gradient is not None and gradient.isfinite().all() for gradient in gradients)
    assert classifier.network[2][1].num_batches_tracked == 1


def test_clean_logits_in_train_mode_are_the_classifiers_own() -> None:
    classifier = create("compact_cnn", width=4)
    for module in classifier.modules():
        if isinstance(module, nn.Dropout):
            module.p = 0.0
    pixels = torch.rand(4, 1, 224, 224)
    bounds = read_network(classifier).interval_bounds(ball(pixels, 0.0))
    assert bounds.clean is not None
    torch.testing.assert_close(bounds.clean, classifier(pixels))
    torch.testing.assert_close(bounds.lower, bounds.clean, atol=1e-5, rtol=1e-4)


@pytest.mark.parametrize("train", [False, True])
@pytest.mark.parametrize("name", NETWORKS)
def test_the_clean_images_pass_every_layer(name: str, train: bool) -> None:
    classifier = network_of(name, 3).train(train)
    for module in classifier.modules():
        if isinstance(module, nn.Dropout):
            module.p = 0.0
    pixels = radiographs(3).double()
    bounds = read_network(classifier).interval_bounds(ball(pixels, 0.01))
    assert bounds.clean is not None
    torch.testing.assert_close(bounds.clean, classifier(pixels))


@pytest.mark.parametrize("name", sorted(BOUNDED | REFUSED.keys()))
def test_every_architecture_is_bounded_or_its_layer_named(name: str) -> None:
    if name == "xrv_densenet121":
        pytest.importorskip("torchxrayvision")
    with torch.device("meta"):
        classifier = create(name).eval()
    if name in REFUSED:
        with pytest.raises(UnboundedError, match=REFUSED[name]):
            read_network(classifier)
    else:
        box = ball(torch.rand(1, 3, 224, 224, device="meta"), 0.01)
        assert read_network(classifier).interval_bounds(box).lower.shape == (1,)


def test_no_architecture_is_forgotten() -> None:
    assert set(architectures()) == BOUNDED | REFUSED.keys()


@pytest.mark.parametrize(
    ("network", "said"),
    [
        (nn.Sequential(nn.Softmax(1), nn.Flatten(), nn.Linear(192, 1)), r"'0' \(Softmax\)"),
        (nn.Sequential(nn.Conv2d(3, 3, 3, padding=1, padding_mode="circular")), "padding by circular"),
        (
            nn.Sequential(nn.BatchNorm2d(3, track_running_stats=False)),
            "BatchNorm without running statistics is",
        ),
        (nn.Sequential(nn.GELU("tanh")), "GELU by an approximation"),
        (Function(lambda values, _: values * values.flatten(1).mean()), "function '(mean|mul)'"),
        (Function(lambda values, _: values * values), "the function 'mul' with these arguments"),
        (Function(lambda values, _: 1.0 - values), "the function 'sub' of a constant"),
        (Function(lambda values, _: torch.add(values, values, alpha=2)), "'add' with these arguments"),
        (Function(lambda values, _: values + torch.ones(3, SIDE, SIDE)), "more than weights and pixels"),
        (
            Function(lambda values, constant: values * functional.relu(constant)),
            "more than weights and pixels",
        ),
        (Function(lambda values, constant: constant), "a value that is not computed from the pixels"),
    ],
)
def test_a_layer_without_bounds_is_named(network: nn.Module, said: str) -> None:
    with pytest.raises(UnboundedError, match=said):
        read_network(classifier_of(network))


@pytest.mark.parametrize(
    "do",
    [
        lambda values, constant: values + constant,
        lambda values, constant: constant + values,
        lambda values, constant: values - constant,
        lambda values, constant: values * constant,
        lambda values, constant: values / constant,
        lambda values, constant: torch.div(values, constant),
        lambda values, constant: constant * values,
        lambda values, constant: -2.0 * values.add(constant).div(3.0),
        lambda values, _: values / -4.0,
    ],
)
def test_weights_that_are_added_or_multiplied_are_in_the_bounds(
    do: Callable[[Tensor, Tensor], Tensor],
) -> None:
    classifier = classifier_of(nn.Sequential(Function(do), nn.Flatten(), nn.Linear(192, 1))).double()
    pixels = radiographs(2).double()
    bounds = read_network(classifier).interval_bounds(ball(pixels, 0.0))
    torch.testing.assert_close(bounds.lower, classifier(pixels))
    torch.testing.assert_close(bounds.upper, classifier(pixels))


def test_the_reduction_keeps_what_the_network_sees() -> None:
    network = read_network(create("level_cnn").eval())
    reduced = network.reduced(ball(torch.rand(2, 3, 224, 224, dtype=torch.float64), 0.01))
    assert reduced.lower.shape == (2, 1, 28, 28)
    assert float((reduced.upper - reduced.lower).max()) <= 0.04 + 1e-6


def test_a_shortcut_from_the_pixels_is_no_part_of_the_reduction() -> None:
    classifier = classifier_of(nn.Sequential(Residual(nn.AvgPool2d(1)), nn.Flatten(), nn.Linear(192, 1)))
    network, pixels = read_network(classifier.double()), radiographs(2).double()
    assert len(network.reduction) == 2, "the mean of channels and the normalisation"
    bounds = network.interval_bounds(ball(pixels, 0.1))
    for values in shaken(classifier, pixels, 0.1, 0):
        assert ((bounds.lower <= values) & (values <= bounds.upper)).all()
