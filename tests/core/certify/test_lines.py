"""The lines around what bends: no value of it leaves them, and they meet it where nothing is open."""

from __future__ import annotations

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor, nn

from cxr_gui.core.certify import Interval, ball, read_network
from cxr_gui.core.certify.linear import linear_bound
from cxr_gui.core.certify.operations import Clamp, MaxPool, Smooth
from cxr_gui.core.certify.relaxation import BoundingLines, clamp_lines, max_pool_choice, smooth_lines
from tests.support.nets import network_of
from tests.support.victims import classifier_of, radiographs

SMOOTH = ["silu", "gelu", "sigmoid", "tanh"]
CLAMPS = [(0.0, float("inf")), (-0.3, 0.2), (0.0, 6.0)]
ENDS = st.floats(-12, 12)
ROUNDING = 1e-9


def smooth(name: str) -> Smooth:
    """The operation that a layer of this kind is read as."""
    steps = read_network(network_of(name, 0)).steps
    return next(step.operation for step in steps if isinstance(step.operation, Smooth))


def box_of(one: float, other: float) -> Interval:
    lower, upper = sorted((one, other))
    return Interval(torch.tensor([lower]).double(), torch.tensor([upper]).double())


def within(lines: BoundingLines, box: Interval, values: Tensor, found: Tensor) -> bool:
    below, above = (
        slope * values + term
        for slope, term in ((lines.low_slope, lines.low_term), (lines.high_slope, lines.high_term))
    )
    return bool((below <= found + ROUNDING).all() and (found <= above + ROUNDING).all())


def across(box: Interval) -> Tensor:
    return box.lower + torch.linspace(0, 1, 2001, dtype=torch.float64) * (box.upper - box.lower)


@pytest.mark.parametrize("name", SMOOTH)
@given(one=ENDS, other=ENDS)
def test_no_smooth_value_leaves_its_lines(name: str, one: float, other: float) -> None:
    operation, box = smooth(name), box_of(one, other)
    values = across(box)
    assert within(smooth_lines(operation, box), box, values, operation.forward(values))


def curvatures(operation: Smooth) -> tuple[Tensor, Tensor]:
    """(places, size of the second derivative there)."""
    values = torch.linspace(-12, 12, 200_001, dtype=torch.float64, requires_grad=True)
    (slope,) = torch.autograd.grad(operation.forward(values).sum(), values, create_graph=True)
    (bend,) = torch.autograd.grad(slope.sum(), values)
    return values.detach(), bend.abs()


@pytest.mark.parametrize("name", SMOOTH)
@pytest.mark.parametrize("middle", [-3.0, -0.7, 0.0, 1.3, None])
def test_in_a_narrow_box_a_smooth_function_is_nearly_its_chord(name: str, middle: float | None) -> None:
    """So the lines are closer than level ones by far, on either side of 0, and no closer than where it bends
    most (None) they may be.
    """
    operation = smooth(name)
    if middle is None:
        places, bends = curvatures(operation)
        middle = places[bends.argmax()].item()
    box = box_of(middle - 0.01, middle + 0.01)
    lines = smooth_lines(operation, box)
    assert within(lines, box, across(box), operation.forward(across(box)))
    level = operation.interval(box)
    apart = (lines.high_term - lines.low_term).item()
    most = operation.curvature * 0.02**2 / 4
    assert 0 < apart <= min(most, (level.upper - level.lower).item()) + 1e-12


@pytest.mark.parametrize("name", SMOOTH)
@given(one=ENDS, other=ENDS)
def test_the_interval_of_a_smooth_function_is_that_of_its_values(name: str, one: float, other: float) -> None:
    operation, box = smooth(name), box_of(one, other)
    found, values = operation.interval(box), operation.forward(across(box))
    assert values.min() - 1e-4 <= found.lower.item() <= values.min() + 1e-15
    assert values.max() - 1e-15 <= found.upper.item() <= values.max() + 1e-15


@pytest.mark.parametrize("name", SMOOTH)
def test_a_curvature_is_the_largest_there_is(name: str) -> None:
    most = curvatures(smooth(name))[1].max()
    assert most <= smooth(name).curvature <= 1.05 * most


@pytest.mark.parametrize("ends", CLAMPS)
@given(one=ENDS, other=ENDS, share=st.none() | st.tuples(st.floats(0, 1), st.floats(0, 1)))
def test_no_clamped_value_leaves_its_lines(
    ends: tuple[float, float], one: float, other: float, share: tuple[float, float] | None
) -> None:
    operation, box = Clamp(*ends), box_of(one, other)
    shares = None if share is None else (torch.tensor([share[0]]).double(), torch.tensor([share[1]]).double())
    values = across(box)
    assert within(clamp_lines(operation, box, shares), box, values, operation.forward(values))


@pytest.mark.parametrize(("low", "high"), [(0.0, float("inf")), (-0.3, 0.2), (1.0, 6.0)])
@given(left=st.floats(0.01, 0.4), right=st.floats(0.01, 0.4))
def test_the_line_of_a_clamp_leaves_the_smaller_area(
    low: float, high: float, left: float, right: float
) -> None:
    operation, box = Clamp(low, high), box_of(low - left, low + right)
    values = across(box)
    areas = []
    for shares in (None, *(tuple(torch.full_like(box.lower, share) for _ in range(2)) for share in (0, 1))):
        lines = clamp_lines(operation, box, shares)
        areas.append((operation.forward(values) - lines.low_slope * values - lines.low_term).mean())
    assert areas[0] <= min(areas[1:]) + 1e-6


@pytest.mark.parametrize(
    ("pool", "settles"),
    [
        (nn.MaxPool2d(2), True),
        (nn.MaxPool2d(2, padding=1), False),
        (nn.MaxPool2d(3, stride=2), False),
        (nn.MaxPool2d(3, stride=2, padding=1), False),
    ],
)
def test_a_maximum_is_settled_where_windows_lie_apart_and_no_rival_can_be_larger(
    pool: nn.MaxPool2d, settles: bool
) -> None:
    values = torch.rand(2, 3, 8, 8, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    operation = MaxPool(pool)
    places, settled, highest = max_pool_choice(operation, Interval(values - 1e-9, values + 1e-9))
    assert settled.all() if settles else not settled.any()
    assert torch.equal(highest, pool(values + 1e-9))
    assert torch.equal(values.flatten(2).gather(2, places.flatten(2)).view_as(highest), pool(values))
    open_, wide = max_pool_choice(operation, Interval(values - 1, values + 1)), pool(values + 1)
    assert not open_[1].any()
    assert torch.equal(open_[2], wide)
    if settles:  # one rival of one window
        lower, upper = values.clone(), values.clone()
        lower[0, 1, 2:4, 4:6] -= 1
        upper[0, 1, 2:4, 4:6] += 1
        expected = torch.ones_like(settled)
        expected[0, 1, 1, 2] = False
        assert torch.equal(max_pool_choice(operation, Interval(lower, upper))[1], expected)


@pytest.mark.parametrize("label", [1.0, -1.0])
def test_where_every_maximum_is_settled_the_bound_is_exact(label: float) -> None:
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(3)
        layers = [nn.Conv2d(3, 4, 3, padding=1), nn.MaxPool2d(2), nn.Flatten(), nn.Linear(64, 1)]
        classifier = classifier_of(nn.Sequential(*layers).requires_grad_(False)).double()
    pixels, epsilon = 0.2 + 0.6 * radiographs(3).double(), 1e-6
    leaf = pixels.clone().requires_grad_()
    logits = classifier(leaf)
    (gradient,) = torch.autograd.grad(logits.sum(), leaf)
    network, box = read_network(classifier), ball(pixels, epsilon)
    found = linear_bound(network, network.intervals(network.reduced(box)), torch.full((3,), label).double())
    exact = label * logits.detach() - epsilon * gradient.abs().flatten(1).sum(dim=1)
    torch.testing.assert_close(found, exact, atol=2e-9, rtol=0)  # a ball is larger by REACH
