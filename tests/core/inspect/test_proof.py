"""The proof about one film: its radius, the reason when there is none, and attacks that contradict it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch
from torch import nn

from cxr_gui.core.attacks.registry import create_attack
from cxr_gui.core.base import progress
from cxr_gui.core.inspect.inspection import Inspector
from cxr_gui.core.inspect.proof import VACUOUS, FilmProof, prove
from cxr_gui.core.models.classifier import Classifier, Normalisation

SIDE = 16


def linear(layer: nn.Module | None = None) -> Classifier:
    """The logit is the mean of the pixels less 0.4: a film of grey g is proven up to |g - 0.4|."""
    network = nn.Sequential(nn.Flatten(), nn.Linear(SIDE * SIDE, 1), *([layer] if layer else []))
    with torch.no_grad():
        network[1].weight.fill_(1 / SIDE**2)
        network[1].bias.fill_(-0.4)
    grey = Normalisation(mean=(0.0,), std=(1.0,))
    return Classifier(network, architecture="linear", input_size=(SIDE, SIDE), normalisation=grey).eval()


def film(grey: int) -> np.ndarray:
    return np.full((SIDE, SIDE), grey, np.uint8)


@pytest.mark.parametrize("label", [None, 1])
def test_the_radius_is_that_of_the_closed_form(label: int | None) -> None:
    proof = progress.run(prove(linear(), film(153), label))
    assert proof.radius == pytest.approx(0.6 - 0.4, abs=2e-4)
    assert proof.radius < 0.2
    assert "Proven up to 0.39" in proof.sentence()


def test_a_wrong_decision_has_no_proof() -> None:
    proof = progress.run(prove(linear(), film(153), 0))
    assert (proof.radius, proof.sentence()) == (0.0, "Nothing proven: the decision is wrong at epsilon 0.")


def test_a_layer_without_bounds_is_the_reason() -> None:
    proof = progress.run(prove(linear(nn.Softsign()), film(153)))
    assert proof.radius == 0
    assert "Softsign" in proof.why


def test_bounds_that_say_nothing_are_the_reason() -> None:
    classifier = linear()
    with torch.no_grad():
        classifier.network[1].weight[0, ::2] = 1e6
        classifier.network[1].weight[0, 1::2] = -1e6
        classifier.network[1].bias.fill_(1.0)
    proof = progress.run(prove(classifier, film(153), 1))
    assert (proof.radius, proof.why) == (0.0, VACUOUS)


def test_a_flip_inside_the_radius_is_a_contradiction() -> None:
    inspection = Inspector(linear(), film(153), create_attack("fgsm"), "grey").at(0.25)
    assert inspection.state == "flipped"
    assert not progress.run(prove(linear(), film(153))).contradicted_by(inspection)
    wrong = FilmProof(0.3, 1)
    assert wrong.contradicted_by(inspection)
    assert not wrong.contradicted_by(replace(inspection, label=0))
    assert not wrong.contradicted_by(replace(inspection, state="resisted"))
