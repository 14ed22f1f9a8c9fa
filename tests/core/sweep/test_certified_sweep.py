"""A sweep that also proves: certified radii beside what the attack found, on disk and in the trust checks."""

from __future__ import annotations

import csv
import json
import math
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from cxr_gui.core.attacks.registry import create_attack
from cxr_gui.core.base import metrics, progress
from cxr_gui.core.base.errors import ArgumentError, CheckpointError
from cxr_gui.core.certify import SLACK, TOLERANCE, Prover, UnboundedError
from cxr_gui.core.data.dataset import scan
from cxr_gui.core.models.registry import create
from cxr_gui.core.study.pipeline import compare, sweep_dataset
from cxr_gui.core.sweep.comparison import align
from cxr_gui.core.sweep.files import read_sweep, write_sweep
from cxr_gui.core.sweep.result import SweepResult
from cxr_gui.core.sweep.sweeping import sweep, sweep_store
from tests.support.films import write_films
from tests.support.made_data import batches, finished
from tests.support.victims import Times, classifier_of, cnn, decisions, linear, radiographs

LADDER = [0.0, 0.002, 0.005, 0.02]
HOLDS = "the certificate holds"


def proven(**options: Any) -> tuple[SweepResult, np.ndarray]:
    """A linear classifier's sweep, the first image labelled wrongly, and the distances in closed form."""
    classifier = linear()
    pixels = 0.3 + 0.4 * radiographs(40, dtype=torch.float64)
    labels = decisions(classifier, pixels)
    labels[0] ^= 1
    weight = classifier.network[1].weight.detach()
    distance = (classifier(pixels).detach().abs() / weight.abs().sum()).numpy()
    distance[0] = 0
    given = list(zip(pixels.split(15), labels.split(15), strict=True))
    return finished(classifier, given, "fgsm", LADDER, critical=True, certify=True, **options), distance


def test_the_radius_is_the_closed_form_on_a_linear_classifier() -> None:
    result, distance = proven()
    assert result.certified is not None
    spare = SLACK / float(linear().network[1].weight.detach().abs().sum())
    assert (result.certified <= distance).all()
    assert (distance - result.certified <= TOLERANCE + spare + 1e-6).all()
    assert result.certified[0] == 0
    assert result.critical is not None
    assert (result.certified <= result.critical).all()
    assert result.median_certified == pytest.approx(result.median_critical, abs=3 * TOLERANCE + spare)
    low, high = result.median_certified_ci
    assert low < result.median_certified < high
    about = result.about["certificate"]
    assert isinstance(about, dict)
    assert about["slack"] == SLACK
    assert "CROWN-IBP" in about["method"]


def test_each_point_counts_what_is_proven_undecided_and_broken() -> None:
    result, _ = proven()
    assert result.certified is not None
    assert result.points[0].certified_accuracy == result.points[0].accuracy == 39 / 40
    for point in result.points:
        sure = result.right_at_start & (result.certified >= point.epsilon)
        assert point.certified_accuracy == np.mean(sure)
        assert point.certified_accuracy_ci == metrics.wilson(int(sure.sum()), 40)
        balanced = metrics.balanced(sure, result.labels)
        assert (point.certified_balanced, point.certified_balanced_ci) == balanced
        assert point.certified_accuracy <= point.accuracy
        assert point.certified_accuracy + point.undecided == pytest.approx(point.unbroken)
        assert point.certified_accuracy + point.undecided + point.broken == pytest.approx(1)
        assert point.broken_ci[0] <= point.broken <= point.broken_ci[1]
    assert 0 < result.points[2].certified_accuracy < 1
    assert result.vacuous is False


def test_what_an_attack_leaves_and_no_bound_proves_is_undecided() -> None:
    result = finished(cnn(), batches(12), "pgd", [0.0, 0.001, 0.02], certify=True, noise=True, checked=4)
    assert result.certified is not None
    assert not len(result.contradicted)
    assert any(point.undecided > 0 for point in result.points)
    assert all(point.certified_accuracy <= point.accuracy for point in result.points)
    [check] = [check for check in result.checks if check.name == HOLDS]
    assert (check.verdict, check.value) == ("Passed", 0)


def test_without_it_nothing_is_said_of_it(tmp_path: Path) -> None:
    result = finished(cnn(), batches(10), "fgsm", LADDER, checked=2)
    assert result.certified is None
    assert result.vacuous is None
    assert not len(result.contradicted)
    assert all(math.isnan(point.certified_accuracy) and math.isnan(point.broken) for point in result.points)
    assert HOLDS not in {check.name for check in result.checks}
    assert "certificate" not in result.about
    write_sweep(result, tmp_path)
    document = json.loads((tmp_path / "sweep.json").read_text())
    assert document["points"][1]["certified_accuracy"] is None
    assert document["vacuous"] is document["median_certified_radius"] is None
    assert "certified_radius" not in (tmp_path / "images.csv").read_text()


# -- on the way ---------------------------------------------------------------------------------------------


def test_a_stopped_sweep_keeps_what_is_proven_so_far(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("cxr_gui.core.base.progress.Pace.__call__", lambda self: True)
    given = batches(21)
    work = sweep(cnn(), given, "fgsm", LADDER, certify=True)
    event: Any = next(event for event in work if event.done == 7)
    work.close()
    partial = event.partial()
    whole = finished(cnn(), given, "fgsm", LADDER, certify=True)
    assert not partial.complete
    assert whole.certified is not None
    np.testing.assert_array_equal(partial.certified, whole.certified[:7])
    assert partial.points[1].certified_accuracy == np.mean(partial.certified >= LADDER[1])


def test_a_batch_can_be_stopped_between_the_parts_of_its_proof(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("cxr_gui.core.base.progress.Pace.__call__", lambda self: True)
    sizes: list[int] = []

    def radii(_: Prover, pixels: Tensor, labels: Tensor) -> Tensor:
        sizes.append(len(labels))
        return torch.zeros(len(labels), dtype=torch.float64)

    monkeypatch.setattr(Prover, "radii", radii)
    work = sweep(cnn(), batches(8, size=8), "fgsm", LADDER, certify=True)
    for _ in work:
        if len(sizes) == 2:
            break
    work.close()
    assert sizes == [2, 2]


def test_a_proof_that_takes_too_much_memory_is_halved(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = finished(cnn(), batches(8, size=8), "fgsm", LADDER, certify=True)
    real = Prover.radii

    def radii(self: Prover, pixels: Tensor, labels: Tensor) -> Tensor:
        if len(labels) > 1:
            raise torch.OutOfMemoryError("out of memory")
        return real(self, pixels, labels)

    monkeypatch.setattr(Prover, "radii", radii)
    halved = finished(cnn(), batches(8, size=8), "fgsm", LADDER, certify=True)
    np.testing.assert_allclose(halved.certified, whole.certified, atol=TOLERANCE)


def test_the_prover_is_made_once(monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[Prover] = []
    real = Prover.__init__

    def make(self: Prover, *arguments: Any) -> None:
        made.append(self)
        real(self, *arguments)

    monkeypatch.setattr(Prover, "__init__", make)
    finished(cnn(), batches(21), "fgsm", LADDER, certify=True)
    assert len(made) == 1


def test_attacks_on_the_same_images_share_one_proof(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Each image is proven once for each classifier and threat model, in whichever order they are visited."""
    asked: list[tuple[int, int]] = []
    real = Prover.radii

    def radii(self: Prover, pixels: Tensor, labels: Tensor) -> Tensor:
        asked.append((pixels.shape[1], len(labels)))
        return real(self, pixels, labels)

    monkeypatch.setattr(Prover, "radii", radii)
    dataset = progress.run(scan(write_films(tmp_path / "films")))
    classifiers = [create("bounded_cnn", width=4).eval() for _ in range(2)]
    attacks = [create_attack("fgsm"), create_attack("pgd", steps=2)]
    options: dict[str, Any] = {"threats": ["rgb", "grey"], "limit": 6, "noise": False, "critical": False}
    sweeps = progress.run(compare(classifiers, dataset, attacks, LADDER, certify=True, checked=0, **options))
    assert len(sweeps) == 8
    for channels in (1, 3):
        assert sum(images for those, images in asked if those == channels) == 2 * 6
    alone = progress.run(
        sweep_dataset(classifiers[1], dataset, attacks[1], LADDER, limit=6, certify=True, checked=0)
    )
    np.testing.assert_allclose(sweeps[6].certified, alone.certified, atol=TOLERANCE)
    assert sweeps[6].about["certificate"] == alone.about["certificate"]


# -- what is refused ----------------------------------------------------------------------------------------


def untouched() -> Any:
    raise AssertionError("work was done")
    yield


@pytest.mark.parametrize("attack", ["pgd_l2", "fgsm_l2"])
def test_a_ball_of_another_norm_is_refused(attack: str) -> None:
    with pytest.raises(ArgumentError, match="cannot stand on one axis.*L-infinity"):
        finished(cnn(), untouched(), attack, LADDER, certify=True)


def test_a_layer_without_bounds_is_named_before_the_first_image() -> None:
    classifier = classifier_of(nn.Sequential(cnn().network, Times(2.0), nn.Softsign()))
    with pytest.raises(UnboundedError, match="Softsign"):
        finished(classifier, untouched(), "fgsm", LADDER, certify=True)


def test_what_cannot_be_proven_is_refused(store: Any) -> None:
    with pytest.raises(ArgumentError, match="is a Sequential"):
        finished(cnn().network, untouched(), "fgsm", LADDER, certify=True)
    with pytest.raises(ArgumentError, match="in train mode"):
        finished(cnn().train(), untouched(), "fgsm", LADDER, certify=True)
    with pytest.raises(ArgumentError, match="steps: is -1"):
        progress.run(sweep_store(cnn(), store, "fgsm", LADDER, certify=True, bound_steps=-1))


# -- contradictions and vacuous bounds ----------------------------------------------------------------------


@pytest.mark.parametrize("where", ["attack", "noise", "critical"])
def test_an_image_broken_inside_its_radius_is_a_contradiction(where: str) -> None:
    result, _ = proven(noise=True)
    assert result.certified is not None
    assert result.noise_logits is not None
    assert result.critical is not None
    image = int(np.argmax(result.certified))
    assert LADDER[1] < result.certified[image]
    other_side = -result.clean_logits[image]
    if where == "attack":
        result.logits[1, image] = other_side
    elif where == "noise":
        result.noise_logits[1, image] = other_side
    else:
        result.critical[image] = result.certified[image] / 2
    assert result.contradicted.tolist() == [image]


def test_bounds_that_are_too_wide_are_caught_by_the_trust_check(monkeypatch: pytest.MonkeyPatch) -> None:
    real = Prover.radii
    monkeypatch.setattr(Prover, "radii", lambda self, *batch: 3 * real(self, *batch))
    result, _ = proven(checked=4)
    [check] = [check for check in result.checks if check.name == HOLDS]
    assert check.verdict == "Failed"
    assert check.value == len(result.contradicted) > 5
    assert "39 images with a proven decision" in check.sentence
    assert "inside its certified radius" in check.meaning


def test_a_bound_is_vacuous_when_it_proves_nothing_that_was_asked() -> None:
    result, _ = proven()
    assert result.certified is not None
    assert not replace(result, certified=np.where(result.certified >= LADDER[1], LADDER[1], 0)).vacuous
    assert replace(result, certified=np.minimum(result.certified, LADDER[1] / 2)).vacuous


# -- on disk ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("unit", ["model", "pixel", "255"])
def test_what_is_proven_is_written_and_read_back(store: Any, tmp_path: Path, unit: str) -> None:
    result = progress.run(sweep_store(cnn(), store, "fgsm", LADDER, certify=True, checked=2, root="/data"))
    assert result.certified is not None
    again = read_sweep(write_sweep(result, tmp_path, unit=unit))
    np.testing.assert_allclose(again.certified, result.certified, rtol=1e-15)
    assert repr(again.points) == repr(result.points)
    assert again.about["certificate"] == result.about["certificate"]
    document = json.loads((tmp_path / "sweep.json").read_text())
    factor = {"model": 2, "pixel": 1, "255": 255}[unit]
    assert document["median_certified_radius"] == pytest.approx(factor * result.median_certified)
    assert document["median_certified_radius_ci"] == pytest.approx(
        [factor * end for end in result.median_certified_ci]
    )
    assert document["vacuous"] is result.vacuous
    assert document["points"][1]["certified_accuracy"] == result.points[1].certified_accuracy
    with (tmp_path / "images.csv").open() as file:
        radii = [float(row["certified_radius"]) for row in csv.DictReader(file)]
    np.testing.assert_allclose(radii, factor * result.certified)


@pytest.mark.parametrize("radius", [np.nan, -0.01])
def test_a_radius_that_is_no_number_is_refused(radius: float, tmp_path: Path) -> None:
    result, _ = proven()
    assert result.certified is not None
    result.certified[3] = radius
    write_sweep(result, tmp_path)
    with pytest.raises(CheckpointError, match="certified radius|could not convert"):
        read_sweep(tmp_path)


def test_a_sweep_with_a_certificate_can_be_compared_with_one_without(store: Any) -> None:
    with_it = progress.run(sweep_store(cnn(), store, "fgsm", LADDER, certify=True, checked=0))
    without = progress.run(sweep_store(cnn(1), store, "fgsm", LADDER, limit=20, checked=0))
    one, other = align([with_it, without]).sweeps
    assert with_it.certified is not None
    np.testing.assert_array_equal(one.certified, with_it.certified[without.rows])
    assert other.certified is None
