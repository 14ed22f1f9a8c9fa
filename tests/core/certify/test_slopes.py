"""Slopes that are improved: each step proves no less, they end near the best there are, and stay sound."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from cxr_gui.core.certify import Interval, Network, ball, read_network
from cxr_gui.core.certify.descent import descended
from cxr_gui.core.certify.linear import linear_bound
from cxr_gui.core.certify.operations import Clamp
from tests.support.nets import network_of, shaken
from tests.support.victims import radiographs

BENT = ["relu", "hardtanh", "relu6", "batch norm", "residual", "dense", "reduced", "deep"]
EPSILON = 0.08


def case(name: str, seed: int) -> tuple[Network, list[Interval], Tensor]:
    """A network, its intervals over the balls around two images, and their signs."""
    network = read_network(network_of(name, seed))
    box = network.reduced(ball(radiographs(2, seed=seed).double(), EPSILON))
    with torch.no_grad():
        return network, network.intervals(box), torch.tensor([1.0, -1.0], dtype=torch.float64)


GAIN = ["relu", "hardtanh", "relu6", "residual", "reduced", "deep"]
"""Networks whose first slopes, all or nothing, are not the best for these images."""


@pytest.mark.parametrize("name", BENT)
def test_no_step_proves_less_and_many_prove_more(name: str) -> None:
    network, intervals, signs = case(name, 1)
    with torch.no_grad():
        proven = torch.stack([linear_bound(network, intervals, signs, steps) for steps in (0, 1, 2, 5, 20)])
    assert (proven.diff(dim=0) >= 0).all()
    assert (proven[-1] > proven[0] + 1e-3).any() or name not in GAIN


@pytest.mark.parametrize("name", ["relu", "reduced", "deep", "hardtanh"])
def test_no_slopes_drawn_by_chance_prove_more(name: str) -> None:
    network, intervals, signs = case(name, 2)
    form = signs.view(1, -1, *[1] * (intervals[-1].lower.ndim - 1))
    inputs = {n: step.inputs[0] for n, step in enumerate(network.steps) if isinstance(step.operation, Clamp)}
    generator = torch.Generator().manual_seed(0)

    def drawn(place: int) -> Tensor:
        shape = intervals[place].lower.shape
        return torch.rand(shape, generator=generator, dtype=torch.float64).round(decimals=1)

    with torch.no_grad():
        found = linear_bound(network, intervals, signs, 60)
        for _ in range(200):
            shares = {number: (drawn(place), drawn(place)) for number, place in inputs.items()}
            assert (descended(network, intervals, form, shares)[0] <= found + 1e-9).all()


@pytest.mark.parametrize("seed", [3, 4])
@pytest.mark.parametrize("name", BENT)
def test_slopes_that_were_improved_for_long_still_hold(name: str, seed: int) -> None:
    network, intervals, signs = case(name, seed)
    with torch.no_grad():
        proven = linear_bound(network, intervals, signs, 40)
    pixels = radiographs(2, seed=seed).double()
    for logits in shaken(network_of(name, seed), pixels, EPSILON, seed):
        assert (proven <= signs * logits.detach()).all()
