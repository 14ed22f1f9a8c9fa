"""Layers that work in place: bounds are of what the network computes, or it is said that there are none."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional

from cxr_gui.core.certify import UnboundedError, ball, read_network
from cxr_gui.core.models import Classifier
from tests.support.victims import classifier_of, radiographs


class Body(nn.Module):
    """Something done to the values of a convolution, with another one and layers that may be asked for."""

    def __init__(self, do: Callable[[Body, Tensor], Tensor]) -> None:
        super().__init__()
        self.do = do
        self.convolution = nn.Conv2d(4, 4, 3, padding=1)
        self.relu = nn.ReLU(inplace=True)
        self.dropout, self.nothing, self.flat = nn.Dropout(), nn.Identity(), nn.Flatten()

    def forward(self, values: Tensor) -> Tensor:
        return self.do(self, values)


def a_sum_in_place(body: Body, values: Tensor) -> Tensor:
    total = values
    total += body.convolution(values)
    return body.relu(total)


def a_sum_in_place_of_what_is_read_again(body: Body, values: Tensor) -> Tensor:
    total = values
    total += body.convolution(values)
    return total + values


def constants_in_place(body: Body, values: Tensor) -> Tensor:
    values *= 2.0
    values += 0.5
    values -= 0.25
    values /= 4.0
    return values


def a_product_in_place_of_what_is_read_again(body: Body, values: Tensor) -> Tensor:
    before = values
    values *= 2.0
    return values + before


def a_view(body: Body, values: Tensor) -> Tensor:
    flat = body.flat(values)
    return functional.relu(flat, inplace=True) + torch.flatten(values, 1)


KEPT: list[Callable[[Body, Tensor], Tensor]] = [
    lambda body, values: body.convolution(body.relu(body.convolution(body.relu(values)))),
    lambda body, values: functional.relu(body.dropout(values), inplace=True),
    lambda body, values: body.relu(values + body.convolution(values)) + values,
    lambda body, values: body.relu(body.convolution(values)) + values,
    a_sum_in_place,
    constants_in_place,
]
LOST: list[Callable[[Body, Tensor], Tensor]] = [
    lambda body, values: values + body.convolution(body.relu(values)),
    lambda body, values: values + body.convolution(functional.relu(values, inplace=True)),
    lambda body, values: body.relu(body.dropout(values)) + body.nothing(values),
    lambda body, values: body.relu(body.nothing(values)) + values,
    a_sum_in_place_of_what_is_read_again,
    a_product_in_place_of_what_is_read_again,
    a_view,
]


def network_of(do: Callable[[Body, Tensor], Tensor]) -> Classifier:
    torch.manual_seed(0)
    network = nn.Sequential(nn.Conv2d(3, 4, 3, padding=1), Body(do), nn.Flatten(), nn.Linear(256, 1))
    return classifier_of(network).double()


@pytest.mark.parametrize("place", range(len(KEPT)))
def test_what_nobody_reads_again_may_be_overwritten(place: int) -> None:
    classifier, pixels = network_of(KEPT[place]), radiographs(2).double()
    bounds = read_network(classifier).interval_bounds(ball(pixels, 0.0))
    torch.testing.assert_close(bounds.lower, classifier(pixels))
    torch.testing.assert_close(bounds.upper, classifier(pixels))


@pytest.mark.parametrize("place", range(len(LOST)))
def test_what_is_read_again_after_it_was_overwritten_has_no_bounds(place: int) -> None:
    """PyTorch reads what was written there: bounds of what had been there would not even hold the logit."""
    alone = nn.Sequential(Body(LOST[place]), nn.Flatten(), nn.Linear(192, 1))
    for classifier in (network_of(LOST[place]), classifier_of(alone)):
        with pytest.raises(UnboundedError, match="in place of a value that is read again") as refused:
            read_network(classifier)
        assert "inplace=False" in refused.value.hint
