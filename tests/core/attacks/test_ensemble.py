"""The ensemble and AutoAttack: members in turn, on what still resists, and ours against the authors' own."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor, nn

from cxr_gui.core.attacks.apgd import APGD
from cxr_gui.core.attacks.ensemble import Ensemble
from cxr_gui.core.attacks.fab import FAB
from cxr_gui.core.attacks.fast_gradient import fgsm
from cxr_gui.core.attacks.gradient import logits_of
from cxr_gui.core.attacks.protocol import Attack
from cxr_gui.core.attacks.registry import ATTACKS, attacks, create_attack
from cxr_gui.core.attacks.square import Square
from cxr_gui.core.base.decisions import margin
from cxr_gui.core.base.errors import SettingsError
from tests.support.victims import Masked, classifier_of, cnn, decisions, linear, radiographs

SMALL = {"steps": 20, "restarts": 1, "queries": 50}
BOTH = ("autoattack", "ensemble")


def broken(attack: Attack, classifier: nn.Module, pixels: Tensor, labels: Tensor, epsilon: float) -> Tensor:
    """Which images the attack breaks, bool [B]."""
    return (logits_of(classifier, attack(classifier, pixels, labels, epsilon)) >= 0) != (labels == 1)


@pytest.mark.parametrize("name", BOTH)
@pytest.mark.parametrize("threshold", [0.5, 0.9])
def test_the_corners_of_a_linear_classifier_are_reached(threshold: float, name: str) -> None:
    classifier, pixels = linear(threshold=threshold), radiographs(6, dtype=torch.float64)
    labels = decisions(classifier, pixels)
    adversarial = fgsm(classifier, pixels, labels, 0.02)
    corner = margin(logits_of(classifier, adversarial), labels, classifier.threshold_logit)
    assert 0 < int((corner > 0).sum()) < 6  # FGSM is the strongest attack there is on a linear classifier
    adversarial = create_attack(name, **SMALL)(classifier, pixels, labels, 0.02)
    assert torch.equal(decisions(classifier, adversarial) != labels, corner > 0)


@pytest.mark.parametrize("epsilon", [0.004, 0.008, 0.012])
def test_the_ensemble_breaks_at_least_what_the_authors_own_does(epsilon: float) -> None:
    classifier, pixels = cnn(1), radiographs(20)
    labels = decisions(classifier, pixels)
    theirs, ours = (
        broken(create_attack(name, **SMALL), classifier, pixels, labels, epsilon) for name in BOTH
    )
    assert 0 < theirs.sum() < 20
    assert not (theirs & ~ours).any()


def test_each_member_gets_what_the_ones_before_left(monkeypatch: pytest.MonkeyPatch) -> None:
    """The rows say who it is, whose random numbers are its own; a wrong decision needs no attack."""
    asked: list[tuple[str, list[int]]] = []
    for kind in (APGD, FAB, Square):

        def search(self: Attack, classifier, batch, epsilon, real=kind.search):  # type: ignore[no-untyped-def]
            asked.append((self.name, list(batch.rows)))
            return (yield from real(self, classifier, batch, epsilon))

        monkeypatch.setattr(kind, "search", search)
    honest, pixels = cnn(1), radiographs(20)
    labels, rows = decisions(honest, pixels), list(range(30, 50))
    labels[3] ^= 1
    masked = Masked(honest, cnn(2))  # its gradients lead astray, so that something is left for the last
    adversarial = Ensemble(steps=20, restarts=1, queries=200)(masked, pixels, labels, 0.03, rows)
    assert torch.equal(adversarial[3], pixels[3])
    assert [name for name, _ in asked] == ["apgd", "fab", "square"]
    left = [set(rows) for _, rows in asked]
    assert left[0] == {*rows} - {33}
    assert left[2] <= left[1] < left[0]
    by_the_last = (decisions(honest, adversarial) != labels).sum() - (20 - len(left[2]))
    assert by_the_last > 0


def test_among_block_means_it_breaks_no_less(pooled_pair: tuple[nn.Module, nn.Module]) -> None:
    reduced, full = pooled_pair
    pixels = radiographs(24, dtype=torch.float64)
    labels = (logits_of(full, pixels) >= 0).long()
    for attack in (FAB(steps=20), Square(queries=60), Ensemble(**SMALL)):  # type: ignore[arg-type]
        among_means, among_pixels = (broken(attack, each, pixels, labels, 0.03) for each in (reduced, full))
        assert 0 < among_pixels.sum() <= among_means.sum() < 24


@pytest.fixture
def pooled_pair() -> tuple[nn.Module, nn.Module]:
    """A classifier that begins with means of blocks, and the same one in a form that does not show it."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        layers = [nn.AvgPool2d(2), nn.Conv2d(3, 4, 3, padding=1), nn.ReLU(), nn.Flatten(), nn.Linear(64, 1)]
    reduced = classifier_of(nn.Sequential(*layers)).double()
    with torch.no_grad():
        layers[4].bias -= reduced(radiographs(64, dtype=torch.float64)).median()
    return reduced, classifier_of(nn.Sequential(nn.Identity(), *layers)).double()


def test_autoattack_asks_for_its_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    without = {name: kind for name, kind in attacks().items() if name != "autoattack"}
    monkeypatch.setattr(ATTACKS, "_entries", without)
    with pytest.raises(SettingsError, match=r"pip install 'cxr-gui\[autoattack\]'"):
        create_attack("autoattack")
