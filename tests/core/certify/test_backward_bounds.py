"""Bounds of the values that bend, by linear forms from there: no value gets past them."""

from __future__ import annotations

import itertools
from collections.abc import Iterator

import pytest
import torch
from hypothesis import example, given, settings
from hypothesis import strategies as st
from torch import Tensor, nn

from cxr_gui.core.certify import Interval, Network, ball, read_network
from cxr_gui.core.certify.backward import SPARE, narrowed_intervals
from cxr_gui.core.certify.descent import Descent, descended
from cxr_gui.core.certify.operations import Clamp
from cxr_gui.core.models import create
from tests.support.nets import NETWORKS, network_of
from tests.support.victims import classifier_of, radiographs


def strided() -> nn.Module:
    """Windows of every kind: strides, gaps, groups, padding wider than it need be, and 2x2 means."""
    return nn.Sequential(
        nn.Conv2d(3, 4, 3, padding=2), nn.ReLU(),
        nn.Conv2d(4, 4, (3, 2), stride=(2, 1), padding=(0, 1), groups=2), nn.ReLU(),
        nn.AvgPool2d(2), nn.Conv2d(4, 6, 3, padding=2, dilation=2), nn.ReLU(),
        nn.Conv2d(6, 4, 1, padding="same"), nn.ReLU(),
        nn.Flatten(), nn.LazyLinear(1),
    )  # fmt: skip


ROUNDING = 1e-12
"""Bounds worked out from narrower ones may come out wider by this."""

NETWORKS_HERE = {**NETWORKS, "strided": strided}


def made(name: str, seed: int) -> Network:
    if name != "strided":
        return read_network(network_of(name, seed))
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        network = strided().double()
        network(radiographs(1).double())
    return read_network(classifier_of(network.requires_grad_(False)))


def box_of(network: Network, seed: int, epsilon: float) -> Interval:
    box = ball(radiographs(1, seed=seed).double(), epsilon)
    return network.reduced(Interval(box.lower, box.upper))


def values_of(network: Network, values: Tensor) -> list[Tensor]:
    """Every step's own output at one point."""
    found = [values]
    for step in network.steps:
        found.append(step.operation.forward(*(found[number] for number in step.inputs)))
    return found


def points(box: Interval, seed: int) -> Iterator[Tensor]:
    generator = torch.Generator().manual_seed(seed)
    for _ in range(30):
        share = torch.rand(box.lower.shape, generator=generator, dtype=box.lower.dtype)
        for place in (share, share.round()):
            yield box.lower + place * (box.upper - box.lower)


@pytest.mark.parametrize("name", NETWORKS_HERE)
@settings(max_examples=4, deadline=None)
@given(seed=st.integers(0, 10_000), epsilon=st.floats(0.0, 0.2))
@example(seed=132, epsilon=0.05987261693731819)  # one comes out wider by 7e-18
def test_no_value_of_any_step_gets_past_its_bounds(name: str, seed: int, epsilon: float) -> None:
    with torch.no_grad():
        network = made(name, seed)
        box = box_of(network, seed, epsilon)
        narrowed = narrowed_intervals(network, box)
        for wide, bounds in zip(network.intervals(box), narrowed, strict=True):
            assert (wide.lower <= bounds.lower + ROUNDING).all()
            assert (bounds.upper <= wide.upper + ROUNDING).all()
        for point in points(box, seed):
            for bounds, value in zip(narrowed, values_of(network, point), strict=True):
                assert (bounds.lower <= value + ROUNDING).all()
                assert (value <= bounds.upper + ROUNDING).all()


def test_a_dense_grid_over_two_means_does_not_cross_the_bounds() -> None:
    """Every value of every step over 161 x 161 points of a box that only two means move."""
    with torch.no_grad():
        network = made("deep", 4)
        middle = radiographs(1, seed=3).double()
        radius = torch.zeros_like(middle)
        radius[0, 0, 2, 3], radius[0, 1, 5, 1] = 0.4, 0.3
        bounds = narrowed_intervals(network, Interval(middle - radius, middle + radius))
        across = torch.linspace(-1, 1, 161, dtype=torch.float64)
        points = (middle + 0 * radius).repeat(161 * 161, 1, 1, 1)
        moves = torch.cartesian_prod(across, across)
        points[:, 0, 2, 3] += 0.4 * moves[:, 0]
        points[:, 1, 5, 1] += 0.3 * moves[:, 1]
        for bound, values in zip(bounds, values_of(network, points), strict=True):
            assert (bound.lower <= values).all()
            assert (values <= bound.upper).all()


@pytest.mark.parametrize("name", ["batch norm", "reduced", "strided", "residual", "dense", "max pool"])
def test_a_form_in_a_window_comes_to_the_same_as_the_whole_one(name: str) -> None:
    with torch.no_grad():
        network, generator = made(name, 2), torch.Generator().manual_seed(0)
        intervals = network.intervals(box_of(network, 5, 0.05))
        for number in range(2, len(intervals)):
            shape = intervals[number].lower.shape
            if len(shape) != 4:
                continue
            for top, left in itertools.product({0, shape[2] // 2, shape[2] - 1}, {0, shape[3] - 1}):
                part = torch.randn(3, 1, shape[1], 1, 1, generator=generator, dtype=torch.float64)
                whole = torch.zeros(3, *shape, dtype=torch.float64)
                whole[..., top : top + 1, left : left + 1] = part
                seen = intervals[: number + 1]
                descent = Descent(network, seen, part, corner=(top, left))
                while descent.next is not None:
                    descent.down()
                torch.testing.assert_close(descent.least(), descended(network, seen, whole))


def test_bounds_of_two_affine_steps_meet_the_closed_form() -> None:
    """Before the first bend all is affine: from there the bounds are exact, where intervals lose."""
    with torch.no_grad():
        network = made("batch norm", 1)
        box = box_of(network, 1, 0.1)
        bend = next(step.inputs[0] for step in network.steps if isinstance(step.operation, Clamp))
        narrowed, wide = narrowed_intervals(network, box)[bend], network.intervals(box)[bend]
        unit = torch.eye(wide.lower.numel(), dtype=torch.float64).view(-1, *wide.lower.shape)
        exact = descended(network, network.intervals(box)[: bend + 1], unit).view_as(wide.lower)
        open_ = (wide.lower < 0) & (wide.upper > 0)
        spare = SPARE * torch.maximum(wide.lower.abs(), wide.upper.abs()).clamp(min=1)
        assert (exact > wide.lower + 1e-3).any()
        torch.testing.assert_close(narrowed.lower[open_], (exact - spare)[open_], atol=1e-12, rtol=0)


def test_far_beyond_the_intervals_something_is_still_said() -> None:
    network = read_network(create("level_cnn", width=4).eval().double().requires_grad_(False))
    box = ball(torch.rand(1, 1, 224, 224, generator=torch.Generator().manual_seed(1)).double(), 0.004)
    box = network.reduced(Interval(box.lower, box.upper))
    with torch.no_grad():
        narrowed, wide = narrowed_intervals(network, box)[-1], network.intervals(box)[-1]
    assert narrowed.upper - narrowed.lower < 0.5 * (wide.upper - wide.lower)
