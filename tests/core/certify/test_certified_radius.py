"""Proven margins and radii: no attack gets past them, and the linear bounds meet what can be worked out."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import torch
from hypothesis import example, given, settings
from hypothesis import strategies as st
from torch import Tensor, nn

from cxr_gui.core.attacks import pgd
from cxr_gui.core.base import progress
from cxr_gui.core.base.decisions import margin, wrong
from cxr_gui.core.base.errors import ArgumentError, ResourceError, SettingsError
from cxr_gui.core.certify import (
    SLACK,
    TOLERANCE,
    Network,
    Prover,
    UnboundedError,
    certified,
    certified_radii,
)
from cxr_gui.core.demo.film import radiograph
from cxr_gui.core.models import Classifier, create, find_shipped, load
from tests.support.nets import NETWORKS, network_of, shaken
from tests.support.victims import classifier_of, linear, radiographs

WAYS: tuple[tuple[str, int], ...] = (
    ("interval", 0),
    ("linear", 0),
    ("linear", 3),
    ("backward", 0),
    ("backward", 3),
)
LOOSER = {1: 0, 2: 1, 3: 1, 4: 3}
"""The place of a way -> that of one which is never tighter while there is something left to prove."""


@pytest.mark.parametrize("name", NETWORKS)
@settings(max_examples=4, deadline=None)
@given(seed=st.integers(0, 10_000), epsilon=st.floats(0.0, 0.2))
@example(seed=126, epsilon=0.0625)  # linear bounds prove what backward ones would by a larger margin
def test_no_attack_gets_below_a_proven_margin(name: str, seed: int, epsilon: float) -> None:
    classifier = network_of(name, seed)
    pixels, labels = radiographs(2, seed=seed).double(), torch.tensor([0, 1])
    proven = [Prover(classifier, *way).margins(pixels, labels, epsilon) for way in WAYS]
    for tight, loose in LOOSER.items():
        assert (proven[tight].clamp(max=0) >= proven[loose].clamp(max=0)).all()
    for logits in shaken(classifier, pixels, epsilon, seed):
        assert (-margin(logits, labels, 0.0) >= torch.stack(proven).amax(dim=0)).all()


def test_steps_and_the_costlier_bound_prove_what_the_others_leave_open() -> None:
    classifier, pixels = network_of("deep", 126), radiographs(2, seed=126).double()
    labels, ways = torch.tensor([0, 1]), (("linear", 0), ("linear", 3), ("backward", 0))
    plain, stepped, narrowed = (Prover(classifier, *way).margins(pixels, labels, 0.0625) for way in ways)
    assert (plain < 0).all()
    assert (stepped > plain).all()
    assert (narrowed > plain + 1).all()
    assert (stepped[1] > 0) & (narrowed[1] > 0)


@pytest.mark.parametrize("way", WAYS)
def test_a_linear_network_has_the_radius_of_the_closed_form(way: tuple[str, int]) -> None:
    classifier = linear(1)
    pixels = radiographs(6, seed=2).double() * 0.2 + 0.4  # far from 0 and 1, so that no ball is cut
    logits, norm = classifier(pixels), classifier.network[1].weight.abs().sum()
    labels = (logits >= 0).long()
    radii = Prover(classifier, *way).radii(pixels, labels)
    expected = (logits.abs() - SLACK) / norm
    assert (radii <= expected).all()
    assert (radii >= expected - TOLERANCE - 2.0**-22).all()


def test_linear_bounds_know_that_equal_branches_cancel() -> None:
    """z = relu(x) - relu(x) + x over positive x: intervals lose what the linear form keeps."""
    network = nn.Sequential(nn.Flatten(), nn.Linear(192, 2), nn.ReLU(), nn.Linear(2, 1))
    with torch.no_grad():
        network[1].weight.fill_(1.0)
        network[1].bias.fill_(0.0)
        network[3].weight.copy_(torch.tensor([[1.0, -1.0]]))
        network[3].bias.fill_(1.0)
    pixels, labels = radiographs(2), torch.ones(2, dtype=torch.int64)
    classifier = classifier_of(network)
    assert not certified(classifier, pixels, labels, 0.1, bound="interval").any()
    assert certified(classifier, pixels, labels, 0.1).all()


@pytest.mark.parametrize("name", ["certified", "demo", "robust", "standard"])
def test_shipped_classifiers_never_flip_inside_a_certified_radius(name: str) -> None:
    shipped = find_shipped(name)
    assert shipped is not None
    classifier = load(shipped.path)
    pixels = torch.stack([film(seed) for seed in range(4)])
    with torch.no_grad():
        labels = classifier.positive(classifier(pixels)).long()
    labels[0] = 1 - labels[0]
    events: list[progress.Event] = []
    radii = progress.run(certified_radii(classifier, [(pixels, labels)]), events.append)
    assert events[-1].done == len(radii) == 4
    assert radii[0] == 0
    if name in ("certified", "robust"):  # the bounds of the others may be vacuous
        assert (radii[1:] > 0).all()
    for reach in (radii, radii / 2):
        attacked = pgd(classifier, pixels, labels, reach.float())
        with torch.no_grad():
            broken = wrong(classifier(attacked), labels, classifier.threshold_logit)
        assert broken.tolist() == [True, False, False, False]
    assert (certified(classifier, pixels, labels, radii) | (radii == 0)).all()
    with torch.no_grad():
        rounding = classifier(pixels).double() - copy_of(classifier)(pixels.double())
    assert rounding.abs().max() < SLACK / 2


def film(seed: int) -> Tensor:
    pixels = radiograph(0, seed, positive=seed % 2 == 1, size=(224, 224))
    return torch.as_tensor(pixels, dtype=torch.float32).clamp(0, 1)[None]


def copy_of(classifier: Classifier) -> Classifier:
    double = create(classifier.architecture, **classifier.options).eval()
    double.load_state_dict(classifier.state_dict())
    return double.double()


class Fickle(nn.Module):
    """Does something else while it is read."""

    def forward(self, values: Tensor) -> Tensor:
        return values * (-1.0 if isinstance(values, Tensor) else 1.0)


def test_a_network_whose_graph_is_not_its_function_proves_nothing() -> None:
    classifier = classifier_of(nn.Sequential(nn.Flatten(), nn.Linear(192, 1, bias=False), Fickle()))
    pixels = radiographs(2)
    labels = 1 - classifier.positive(classifier(pixels)).long()  # right by the graph
    with pytest.raises(UnboundedError, match="something else than it did when it was read"):
        Prover(classifier, "interval").radii(pixels, labels)


def test_what_cannot_be_certified_is_refused() -> None:
    pixels, labels = radiographs(2), torch.tensor([0, 1])
    network = nn.Sequential(nn.Flatten(), nn.Linear(192, 2))
    with pytest.raises(ArgumentError, match="2 numbers an image"):
        certified(classifier_of(network), pixels, labels, 0.1)
    with pytest.raises(ArgumentError, match="train mode"):
        certified(classifier_of(network).train(), pixels, labels, 0.1)
    with pytest.raises(ArgumentError, match="epsilon"):
        certified(linear(), pixels, labels, float("nan"))
    for bound, steps in (("linear", -1), ("interval", 1), ("interval", -1)):
        with pytest.raises(
            ArgumentError, match=rf"^steps: is {steps}\. Accepted: an integer from 0 on, and "
        ):
            Prover(linear(), bound, steps)
    with pytest.raises(SettingsError, match=r"^There is no bound 'magic'\. Known are: "):
        Prover(linear(), "magic")
    with torch.no_grad():
        network[1].weight[0, 0] = torch.nan
    with pytest.raises(ArgumentError, match=r"network\.1\.weight"):
        certified(classifier_of(network), pixels, labels, 0.1)


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("name", ["batch norm", "reduced", "residual"])
def test_the_search_ends_where_the_proof_in_float64_does(name: str, way: tuple[str, int]) -> None:
    classifier = network_of(name, 3)
    pixels = radiographs(2 if way[1] else 6, seed=4).double()  # slopes are improved for each bound anew
    labels = classifier.positive(classifier(pixels)).long()
    prover = Prover(classifier, *way)
    radii = prover.radii(pixels, labels)
    assert (radii > 0).any()
    assert (prover.margins(pixels, labels, radii) >= 0).all()
    assert ((prover.margins(pixels, labels, radii + 2 * TOLERANCE) < 0) | (radii == 1)).all()


def test_what_float32_hopes_for_is_no_proof(monkeypatch: pytest.MonkeyPatch) -> None:
    classifier = network_of("batch norm", 3)
    pixels = radiographs(3, seed=4).double()
    labels = classifier.positive(classifier(pixels)).long()
    prover = Prover(classifier)
    honest, bound = prover.radii(pixels, labels), Prover._margins

    def hopeful(self: Prover, network: Network, pixels: Tensor, *given: Tensor) -> Tensor:
        margins = bound(self, network, pixels, *given)
        return margins + 1000 if pixels.dtype == torch.float32 else margins

    monkeypatch.setattr(Prover, "_margins", hopeful)
    torch.testing.assert_close(prover.radii(pixels, labels), honest, atol=2 * TOLERANCE, rtol=0)


def test_a_ball_beyond_the_whole_range_is_the_whole_range() -> None:
    classifier, (pixels, labels) = network_of("relu", 1), (radiographs(2).double(), torch.tensor([0, 1]))
    prover = Prover(classifier)
    assert torch.equal(prover.margins(pixels, labels, 2.5), prover.margins(pixels, labels, 1.0))


def test_a_decision_that_nothing_moves_is_proven_on_the_whole_range() -> None:
    network = nn.Sequential(nn.Flatten(), nn.Linear(192, 1))
    with torch.no_grad():
        network[1].weight.zero_()
        network[1].bias.fill_(1.0)
    radii = Prover(classifier_of(network)).radii(radiographs(2), torch.tensor([0, 1]))
    assert radii.tolist() == [0.0, 1.0]


def test_batches_too_large_for_memory_are_halved(monkeypatch: pytest.MonkeyPatch) -> None:
    classifier, labels = linear(1), torch.tensor([1] * 7)
    pixels, search, sizes = radiographs(7).double(), Prover.radii, list[int]()
    whole = Prover(classifier).radii(pixels, labels)

    def short(self: Prover, pixels: Tensor, labels: Tensor) -> Tensor:
        sizes.append(len(pixels))
        if len(pixels) > most:
            raise torch.OutOfMemoryError("out of memory")
        return search(self, pixels, labels)

    monkeypatch.setattr(Prover, "radii", short)
    most = 4
    assert torch.equal(progress.run(certified_radii(classifier, [(pixels, labels)])), whole)
    assert sizes == [7, 4, 3]
    most = 2
    assert torch.equal(progress.run(certified_radii(classifier, [(pixels, labels)])), whole)
    assert sizes[3:] == [7, 4, 2, 2, 2, 1]
    most = 0
    with pytest.raises(ResourceError, match="Bounds of one image"):
        progress.run(certified_radii(classifier, [(pixels, labels)]))


def test_closed_half_way_it_asks_for_no_further_images() -> None:
    asked: list[int] = []

    def batches() -> Iterator[tuple[Tensor, Tensor]]:
        for number in range(9):
            asked.append(number)
            yield radiographs(1), torch.tensor([1])

    work = certified_radii(linear(1), batches())
    assert next(work).done == 1
    assert next(work).done == 2
    work.close()
    assert asked == [0, 1]
