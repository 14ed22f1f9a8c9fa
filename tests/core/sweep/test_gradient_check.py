"""Finite differences: a gradient of something else is found, on made films and on real ones."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from cxr_gui.core.attacks.protocol import Batch
from cxr_gui.core.attacks.registry import create_attack
from cxr_gui.core.attacks.threat import as_threat
from cxr_gui.core.base import progress
from cxr_gui.core.base.units import to_pixel
from cxr_gui.core.data.dataset import scan
from cxr_gui.core.data.store import Store, prepare
from cxr_gui.core.models.checkpoint import load
from cxr_gui.core.models.classifier import Classifier
from cxr_gui.core.models.registry import create
from cxr_gui.core.models.shipped_classifiers import ROBUST, STANDARD, find_shipped
from cxr_gui.core.sweep import trust
from cxr_gui.core.sweep.sweeping import sweep
from cxr_gui.core.sweep.trust.check import Check
from tests.support.victims import (
    Masked,
    cnn,
    radiographs,
)


@pytest.mark.parametrize("seed", range(6))
def test_a_masked_classifier_fails_on_every_sample_of_made_films(seed: int) -> None:
    honest, masked = cnn(1), Masked(cnn(1), cnn(2))
    for classifier, passes in ((honest, True), (masked, False), (masked.double(), False)):
        check = differences(classifier, radiographs(48, seed=seed))
        assert check.passed is passes, check.sentence
        assert "in float64" in check.sentence


@pytest.mark.parametrize("architecture", ["paper_cnn", "compact_cnn", "level_cnn"])
def test_no_sound_architecture_has_a_gradient_of_something_else(architecture: str) -> None:
    with torch.random.fork_rng():
        torch.manual_seed(0)
        classifier = create(architecture).eval()
    pixels = nn.functional.interpolate(radiographs(1, channels=1), classifier.input_size).round(decimals=1)
    check = differences(classifier, pixels)
    assert check.passed, check.sentence


def test_a_classifier_that_does_not_run_in_float64_is_measured_in_float32() -> None:
    class Single(nn.Module):
        def __init__(self, inner: nn.Module) -> None:
            super().__init__()
            self.inner = [inner]  # out of reach of .double()

        def forward(self, pixels: Tensor) -> Tensor:
            return self.inner[0](pixels.float())

    for inner, passes in ((cnn(1), True), (Masked(cnn(1), cnn(2)), False)):
        check = differences(Single(inner), radiographs(6))
        assert check.passed is passes, check.sentence
        assert "in float32, as the classifier does not run in float64" in check.sentence


def differences(classifier: nn.Module, pixels: Tensor) -> Check:
    """The check of finite differences alone."""
    images = Batch(pixels, torch.zeros(len(pixels), dtype=torch.int64), range(len(pixels)))
    result = progress.run(sweep(classifier, [(pixels[:2], images.labels[:2])], "fgsm", [0.0]))
    evidence = trust.Evidence(classifier, classifier, images, result)
    return progress.run(trust.QUESTIONS["gradient matches finite differences"].ask(evidence))


@pytest.fixture(scope="module")
def films(real_data: Path) -> Store:
    """The 624 test films, ready to attack."""
    dataset = progress.run(scan(real_data))
    return progress.run(prepare(dataset.of("test"), dataset.classes, (224, 224)))


def sample(store: Store, seed: int) -> list[tuple[Tensor, Tensor]]:
    """48 of the films, as a batch in the threat model rgb."""
    rows = np.random.default_rng(seed).permutation(len(store.labels))[:48]
    pixels = torch.from_numpy(np.array(store.pixels[np.sort(rows)]))[:, None] / 255.0
    return [(as_threat(pixels, "rgb"), torch.from_numpy(store.labels[np.sort(rows)]))]


def shipped_classifier(name: str) -> Classifier:
    entry = find_shipped(name)
    assert entry is not None
    return load(entry.path)


PUBLISHED = [to_pixel(epsilon, "model") for epsilon in (0.0, 0.01, 0.03, 0.05, 0.1)]


@pytest.mark.parametrize("seed", range(4))
def test_standard_with_the_gradient_of_robust_fails_on_every_sample_of_films(films: Store, seed: int) -> None:
    masked = Masked(shipped_classifier(STANDARD), shipped_classifier(ROBUST))
    [(pixels, _)] = sample(films, seed)
    check = differences(masked, pixels)
    assert not check.passed
    assert "in 6 of 6 images" in check.sentence


@pytest.mark.parametrize(
    ("name", "attack", "seed"),
    [(STANDARD, "fgsm", 0), (STANDARD, "pgd", 1), (ROBUST, "fgsm", 2)],
)
def test_the_shipped_classifiers_raise_no_alarm_on_films(
    name: str, attack: str, seed: int, films: Store
) -> None:
    chosen = create_attack(attack, **({"steps": 5} if attack == "pgd" else {}))
    work = sweep(
        shipped_classifier(name), sample(films, seed), chosen, PUBLISHED, noise=True, checked=24, seed=seed
    )
    result = progress.run(work)
    assert all(check.passed for check in result.checks), [
        check.sentence for check in result.checks if not check.passed
    ]
