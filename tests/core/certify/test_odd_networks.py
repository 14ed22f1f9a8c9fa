"""Networks drawn by chance, of layers with unusual sizes: their bounds hold, or a layer is named."""

from __future__ import annotations

import random
from collections.abc import Callable

import pytest
import torch
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from torch import nn

from cxr_gui.core.base.decisions import margin
from cxr_gui.core.certify import Prover, UnboundedError, ball, read_network
from tests.support.nets import shaken
from tests.support.victims import SIDE, classifier_of, radiographs

BENDS: tuple[Callable[[], nn.Module], ...] = (
    *(nn.ReLU, lambda: nn.ReLU(inplace=True), nn.ReLU6, lambda: nn.Hardtanh(-0.3, 0.2)),
    *(nn.SiLU, nn.GELU, nn.Sigmoid, nn.Tanh, nn.Identity, nn.Dropout),
)
UNKNOWN = (nn.LeakyReLU, nn.ELU, nn.Softplus)


def layer(draw: random.Random, channels: int) -> nn.Module:
    """Any of those with bounds, and now and then one that has none."""
    kind = draw.choice(["convolution", "norm", "bend", "mean", "maximum", "adaptive", "unknown"])
    size, stride, pad = draw.choice([1, 2, 3]), draw.choice([1, 2]), draw.choice([0, 1])
    if kind == "convolution":
        groups = draw.choice([1, 2]) if channels % 2 == 0 else 1
        more = {"dilation": draw.choice([1, 2]), "groups": groups, "bias": draw.random() < 0.5}
        return nn.Conv2d(channels, 4, size, stride, pad, **more)
    if kind == "norm":
        norm = nn.BatchNorm2d(channels, affine=draw.random() < 0.7)
        nn.init.normal_(norm.running_mean)
        nn.init.uniform_(norm.running_var, 0.5, 2.0)
        if norm.affine:
            nn.init.normal_(norm.weight)
        return norm
    if kind == "mean":
        how = {"ceil_mode": draw.random() < 0.5, "count_include_pad": draw.random() < 0.5}
        return nn.AvgPool2d(size + 1, stride, pad, **how, divisor_override=draw.choice([None, 3]))
    if kind == "maximum":
        return nn.MaxPool2d(size + 1, stride, pad, draw.choice([1, 2]), ceil_mode=draw.random() < 0.5)
    if kind == "adaptive":
        return nn.AdaptiveAvgPool2d(draw.choice([1, 2, 3, (2, 1)]))
    return draw.choice(BENDS)() if kind == "bend" else draw.choice(UNKNOWN)()


def network(draw: random.Random) -> nn.Module:
    layers: list[nn.Module] = []
    channels = 3
    for _ in range(draw.choice([1, 2, 3])):
        layers.append(layer(draw, channels))
        channels = 4 if isinstance(layers[-1], nn.Conv2d) else channels
    body = nn.Sequential(*layers, nn.Flatten()).eval()
    with torch.no_grad():
        width = body(torch.rand(2, 3, SIDE, SIDE)).shape[1]
    return nn.Sequential(*body, nn.Linear(width, 1, bias=draw.random() < 0.5))


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.filter_too_much])
@given(seed=st.integers(0, 10_000), epsilon=st.sampled_from([0.01, 0.1, 0.3]))
def test_no_place_of_the_ball_gets_past_their_bounds(seed: int, epsilon: float) -> None:
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        try:
            classifier = classifier_of(network(random.Random(seed))).double()
        except RuntimeError:  # a window larger than what is left
            assume(False)
    pixels, labels = radiographs(2, seed=seed).double(), torch.tensor([0, 1])
    if any(isinstance(each, UNKNOWN) for each in classifier.modules()):
        with pytest.raises(UnboundedError, match="LeakyReLU|ELU|Softplus"):
            read_network(classifier)
        return
    bounds = read_network(classifier).interval_bounds(ball(pixels, epsilon))
    ways = (("linear", 0), ("backward", 2))
    proven = torch.stack([Prover(classifier, *way).margins(pixels, labels, epsilon) for way in ways]).amax(
        dim=0
    )
    try:
        found = list(shaken(classifier, pixels, epsilon, seed))
    except RuntimeError:  # no gradient through what worked in place
        found = [classifier(pixels)]
    for logits in found:
        assert ((bounds.lower <= logits) & (logits <= bounds.upper)).all()
        assert (-margin(logits, labels, 0.0) >= proven).all()
