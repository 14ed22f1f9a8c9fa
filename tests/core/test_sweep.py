"""Sweeps answer what the naive loop answers, in the order of the batches, and keep what was finished."""

from __future__ import annotations

import itertools
import json
import math
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn
from victims import SIDE, cnn, decisions, linear, radiographs

from cxr_gui.core import progress
from cxr_gui.core.attacks import as_threat, attacks, create_attack, fgsm
from cxr_gui.core.attacks.gradient import logits_of
from cxr_gui.core.errors import ArgumentError, CheckpointError, OutputError, SettingsError
from cxr_gui.core.models import CLASSES
from cxr_gui.core.sweep import (
    SweepProgress,
    SweepResult,
    in_turn,
    read_sweep,
    sweep,
    sweep_store,
    write_sweep,
)
from cxr_gui.core.sweeping.critical import TOLERANCE

EPSILONS = [0.0, 0.005, 0.015, 0.025, 0.05]
AUTO = {"steps": 3, "restarts": 1, "queries": 5}
QUICK: dict[str, dict[str, Any]] = {
    "square": {"queries": 15},
    "apgd": {"steps": 8},
    "pgd": {"steps": 6},
    "autoattack": AUTO,
}


def batches(count: int, size: int = 7, **options: Any) -> list[tuple[Tensor, Tensor]]:
    """`count` labelled images in batches; about three of four labels are the classifier's own decision."""
    pixels = radiographs(count, **options)
    labels = torch.where(torch.arange(count) % 4 == 0, 1, 0) ^ decisions(cnn(), pixels.float())
    return list(zip(pixels.split(size), labels.split(size), strict=True))


def finished(classifier: nn.Module, *arguments: Any, **options: Any) -> SweepResult:
    return progress.run(sweep(classifier, *arguments, **options))


@dataclass(frozen=True)
class FakeRecord:
    path: Path
    patient: str | None


class FakeStore:
    """A prepared dataset in memory: what `sweep_store` needs of `core.store.Store`."""

    def __init__(self, count: int) -> None:
        self.pixels = np.rint(255 * radiographs(count, channels=1)[:, 0].numpy()).astype(np.uint8)
        self.labels = decisions(cnn(), self._as_pixels(np.arange(count))).numpy()
        self.labels[::4] ^= 1
        self.records = tuple(
            FakeRecord(
                Path(f"/data/test/{CLASSES[label]}/{row}.jpeg"),
                f"p{row // 2}" if row else None,
            )
            for row, label in enumerate(self.labels.tolist())
        )
        self.visited: list[int] = []

    def _as_pixels(self, rows: np.ndarray) -> Tensor:
        return torch.from_numpy(self.pixels[rows]).float().div(255)[:, None]

    def batches(self, size: int, *, order: np.ndarray, device: torch.device) -> Any:
        for start in range(0, len(order), size):
            rows = order[start : start + size]
            self.visited += rows.tolist()
            yield self._as_pixels(rows).to(device), torch.from_numpy(self.labels[rows]).float().to(device)


@pytest.fixture
def store() -> Any:
    return FakeStore(30)


# -- the answers --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("threat", ["rgb", "grey", None])
@pytest.mark.parametrize("name", attacks())
def test_a_sweep_is_the_naive_loop(name: str, threat: str | None) -> None:
    classifier, given = cnn().double(), batches(20, channels=1, dtype=torch.float64)
    attack = create_attack(name, **QUICK.get(name, {}))
    result = finished(classifier, given, attack, EPSILONS, threat=threat)
    start = 0
    for pixels, labels in given:
        images = as_threat(pixels, threat or "grey")
        rows = range(start, start + len(labels))
        start = rows.stop
        for k, epsilon in enumerate(EPSILONS):
            expected = logits_of(classifier, attack(classifier, images, labels, epsilon, rows))
            np.testing.assert_allclose(result.logits[k, rows.start : rows.stop], expected, atol=1e-9)
        np.testing.assert_array_equal(result.labels[rows.start : rows.stop], labels)
    assert result.threat == (threat or "grey")
    assert result.logits.shape == (5, 20)
    np.testing.assert_array_equal(result.clean_logits, result.logits[0])


@pytest.mark.parametrize("threat", ["rgb", "grey"])
def test_the_shortest_way_to_call_it(threat: str) -> None:
    result = finished(cnn(), batches(10), "fgsm", np.array(EPSILONS), threat=None)
    assert result.points[0].n == 10
    assert result.complete
    assert result.checks == ()
    assert result.noise_logits is None
    assert result.critical is None
    assert math.isnan(result.points[1].noise_accuracy)


def test_epsilons_in_any_order_twice_and_without_zero() -> None:
    given = batches(20)
    mixed = finished(cnn(), given, "fgsm", [0.025, 0.005, 0.025], critical=True)
    plain = finished(cnn(), given, "fgsm", [0.0, 0.005, 0.025], critical=True)
    np.testing.assert_array_equal(mixed.logits, plain.logits[[2, 1, 2]])
    np.testing.assert_array_equal(mixed.clean_logits, plain.logits[0])
    np.testing.assert_array_equal(mixed.critical, plain.critical)
    assert mixed.points[0].attack_success == plain.points[2].attack_success


def test_a_single_step_attack_takes_one_gradient_and_a_forward_for_each_further_epsilon() -> None:
    calls: list[bool] = []

    class Counting(nn.Module):
        def forward(self, pixels: Tensor) -> Tensor:
            calls.append(torch.is_grad_enabled())
            return pixels.sum(dim=(1, 2, 3)) - 96

    finished(Counting(), batches(14, size=7), "fgsm", EPSILONS)
    assert calls == [True, False, False, False, False] * 2
    calls.clear()
    finished(Counting(), batches(7), "fgsm", EPSILONS, noise=True)
    assert calls == [True] + [False] * 8


def test_noise_is_the_noise_attack() -> None:
    given = batches(20)
    result = finished(cnn(), given, "fgsm", EPSILONS, noise=True, seed=5)
    noise = finished(cnn(), given, create_attack("noise", seed=5), EPSILONS)
    np.testing.assert_array_equal(result.noise_logits, noise.logits)


def test_nothing_of_the_callers_is_touched_even_between_two_events() -> None:
    classifier = cnn().train()
    state = {name: value.clone() for name, value in classifier.state_dict().items()}
    given = batches(20)
    clean = [pixels.clone() for pixels, _ in given]
    for _ in sweep(classifier, given, "pgd", EPSILONS, noise=True, critical=True, checked=4):
        assert all(module.training for module in classifier.modules())
        assert all(weight.requires_grad for weight in classifier.parameters())
    assert all(torch.equal(state[name], value) for name, value in classifier.state_dict().items())
    assert all(torch.equal(pixels, before) for (pixels, _), before in zip(given, clean, strict=True))


# -- critical epsilon ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["fgsm", "ifgsm"])
def test_critical_epsilon_is_the_closed_form_on_a_linear_classifier(name: str) -> None:
    classifier = linear()
    pixels = 0.3 + 0.4 * radiographs(60, dtype=torch.float64)
    labels = decisions(classifier, pixels)
    labels[0] ^= 1
    weight = classifier.network[1].weight.detach()
    expected = (classifier(pixels).detach().abs() / weight.abs().sum()).numpy()
    grid = np.linspace(0, np.sort(expected[1:])[-8:-6].mean(), 6)
    assert grid[-1] < 0.3, "no pixel may reach black or white: that is not in the closed form"
    result = finished(classifier, [(pixels, labels)], name, grid, critical=True)
    critical = result.critical
    assert critical is not None
    assert critical[0] == 0
    inside = expected[1:] <= grid[-1] - TOLERANCE
    assert inside.sum() >= 50
    assert np.isinf(critical[1:][expected[1:] > grid[-1] + TOLERANCE]).all()
    error = critical[1:][inside] - expected[1:][inside]
    assert error.max() <= TOLERANCE
    assert error.min() >= -1e-9
    assert np.isinf(critical).sum() == 7
    order = np.sort(expected[1:])
    assert result.median_critical == pytest.approx(order[(len(order) - 1) // 2], abs=TOLERANCE)


def test_at_its_critical_epsilon_the_image_flips_and_just_below_it_does_not() -> None:
    classifier, given = cnn().double(), batches(40, size=40, dtype=torch.float64)
    result = finished(classifier, given, "fgsm", EPSILONS, critical=True)
    [(pixels, labels)] = given
    assert result.critical is not None
    chosen = torch.from_numpy(np.flatnonzero(np.isfinite(result.critical) & (result.critical > 0)))
    assert len(chosen) > 5
    radius = torch.from_numpy(result.critical)[chosen]
    at = fgsm(classifier, pixels[chosen], labels[chosen], radius)
    below = fgsm(classifier, pixels[chosen], labels[chosen], radius - TOLERANCE)
    assert (decisions(classifier, at) != labels[chosen]).all()
    assert (decisions(classifier, below) == labels[chosen]).all()


def test_an_iterative_attacks_critical_epsilon_is_that_of_an_image_it_found() -> None:
    classifier = linear()
    pixels = 0.3 + 0.4 * radiographs(40, dtype=torch.float64)
    labels = decisions(classifier, pixels)
    smallest = (classifier(pixels).detach().abs() / classifier.network[1].weight.detach().abs().sum()).numpy()
    result = finished(classifier, [(pixels, labels)], "pgd", EPSILONS, critical=True)
    assert result.critical is not None
    first = np.array(EPSILONS)[(~result.correct).argmax(axis=0)]
    before = np.array(EPSILONS)[(~result.correct).argmax(axis=0) - 1]
    flipped = ~result.correct[-1]
    assert flipped.sum() > 30
    assert (smallest <= result.critical)[flipped].all()
    assert (before < result.critical)[flipped].all()
    assert (result.critical <= first)[flipped].all()
    assert (result.critical < first)[flipped].mean() > 0.9
    assert np.isinf(result.critical[~flipped]).all()


def test_only_the_first_crossing_counts() -> None:
    class Wave(nn.Module):
        """Flips at epsilon 0.1, comes back at 0.3, flips again at 0.5: z = cos(5 pi d), d = mean change."""

        def forward(self, pixels: Tensor) -> Tensor:
            return torch.cos(5 * math.pi * (0.7 - pixels.mean(dim=(1, 2, 3)))) + 1e-12

    pixels = torch.full((1, 1, SIDE, SIDE), 0.69, dtype=torch.float64)
    result = finished(Wave(), [(pixels, torch.ones(1))], "fgsm", [0.0, 0.05, 0.2, 0.4, 0.6], critical=True)
    assert result.correct[:, 0].tolist() == [True, True, False, True, False]
    assert result.critical == pytest.approx([0.09], abs=TOLERANCE)
    assert [point.broken_by_smaller for point in result.points] == [0, 0, 1, 1, 1]


# -- while it runs ------------------------------------------------------------------------------------------


def test_progress_grows_and_a_stopped_sweep_keeps_its_images(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("cxr_gui.core.progress.Pace.__call__", lambda self: True)
    given = batches(21)
    work = sweep(cnn(), given, "fgsm", EPSILONS, total=21)
    events: list[SweepProgress] = []
    for event in work:
        assert isinstance(event, SweepProgress)
        events.append(event)
        if event.done == 14:
            break
    work.close()
    assert {event.total for event in events} == {21}
    assert [event.done for event in events] == sorted(event.done for event in events)
    assert events[0].points == ()
    assert events[-1].stage == "Attacking with FGSM"
    partial = events[-1].partial()
    whole = finished(cnn(), given, "fgsm", EPSILONS)
    assert not partial.complete
    np.testing.assert_array_equal(partial.logits, whole.logits[:, :14])
    assert [point.n for point in events[-1].points] == [14] * 5
    assert [point.accuracy for point in events[-1].points] == [point.accuracy for point in partial.points]
    early = next(event for event in events if event.done == 7)
    assert early.partial().logits.shape == (5, 7), "a moment stays what it was"


def test_events_come_within_a_batch_and_not_too_often() -> None:
    moments = iter(np.arange(0, 1000, 0.03))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("cxr_gui.core.progress.time.monotonic", lambda: next(moments))
        [pixels], [labels] = zip(*batches(6, size=6), strict=True)
        events = list(sweep(cnn(scale=1e-3), [(pixels, labels)], create_attack("ifgsm", steps=40), [0.001]))
    assert 10 < len(events) < 40


def test_a_stopped_sweep_is_written_and_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("cxr_gui.core.progress.Pace.__call__", lambda self: True)
    work = sweep(cnn(), batches(21), "fgsm", EPSILONS)
    event = next(event for event in work if event.done == 7)
    work.close()
    write_sweep(event.partial(), tmp_path)
    document = json.loads((tmp_path / "sweep.json").read_text())
    assert document["complete"] is False
    assert document["images"] == 7
    assert not read_sweep(tmp_path).complete


# -- a prepared dataset -------------------------------------------------------------------------------------


def test_a_store_is_swept_in_a_drawn_order_and_told_in_its_own(store: Any) -> None:
    result = progress.run(sweep_store(cnn(), store, "fgsm", EPSILONS, batch_size=8, seed=3, checked=0))
    assert sorted(store.visited) == list(range(30)) != store.visited
    assert result.rows.tolist() == list(range(30))
    np.testing.assert_array_equal(result.labels, store.labels)
    assert result.paths is not None
    assert result.paths[1] == store.records[1].path.relative_to("/data/test").as_posix()
    assert result.patients == tuple(record.patient for record in store.records)
    assert result.threat == "rgb"
    pixels = store._as_pixels(np.arange(30)).repeat(1, 3, 1, 1)
    plain = finished(cnn(), [(pixels, torch.from_numpy(store.labels))], "fgsm", EPSILONS, critical=True)
    np.testing.assert_allclose(result.logits, plain.logits, atol=1e-5)
    np.testing.assert_allclose(result.critical, plain.critical, atol=3e-5)
    assert result.noise_logits is not None


def test_what_is_seen_does_not_depend_on_batches_or_order(store: Any) -> None:
    attack = create_attack("pgd", steps=5)
    one = progress.run(sweep_store(cnn(), store, attack, EPSILONS, batch_size=4, seed=1, checked=0))
    other = progress.run(sweep_store(cnn(), store, attack, EPSILONS, batch_size=30, seed=1, checked=0))
    np.testing.assert_array_equal(one.correct, other.correct)
    np.testing.assert_allclose(one.noise_logits, other.noise_logits, atol=1e-5)


def test_a_limit_draws_a_sample(store: Any) -> None:
    result = progress.run(sweep_store(cnn(), store, "fgsm", EPSILONS, limit=9, seed=2, checked=0))
    assert len(result.labels) == 9
    assert result.rows.tolist() == sorted(result.rows.tolist())
    np.testing.assert_array_equal(result.labels, store.labels[result.rows])
    assert [store.records[row].patient for row in result.rows] == list(result.patients or ())


def test_the_callers_classifier_is_not_moved_or_frozen(store: Any) -> None:
    classifier = cnn().train()
    progress.run(sweep_store(classifier, store, "fgsm", EPSILONS, limit=8))
    assert classifier.training
    assert all(weight.requires_grad for weight in classifier.parameters())
    assert classifier.network[0].weight.is_contiguous()


def test_flipped_images_were_right_before(store: Any) -> None:
    result = progress.run(sweep_store(cnn(), store, "fgsm", EPSILONS, checked=0))
    for index, point in enumerate(result.points):
        flipped = result.flipped_at(index)
        assert len(flipped) == round(point.attack_success * point.attacked)
        assert result.correct[0, flipped].all()
        assert not result.correct[index, flipped].any()
    assert len(result.flipped_at(4)) > 0


def test_several_classifiers_and_attacks_in_one_call(store: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("cxr_gui.core.progress.Pace.__call__", lambda self: True)
    classifiers = {"first": cnn(0), "second": cnn(1)}
    for name, classifier in classifiers.items():
        classifier.name = name
    settings = list(itertools.product(classifiers, ("fgsm", "noise"), ("rgb", "grey")))
    sweeps = (
        sweep_store(classifiers[name], store, attack, EPSILONS, threat=threat, checked=0)
        for name, attack, threat in settings
    )
    events: list[Any] = []
    results = progress.run(in_turn(sweeps), events.append)
    told = [(result.about["classifier"], result.attack.name, result.threat) for result in results]
    assert told == settings
    alone = progress.run(sweep_store(cnn(1), store, "noise", EPSILONS, threat="grey", checked=0))
    np.testing.assert_array_equal(results[-1].logits, alone.logits)
    assert len(events[0].earlier) == 0
    assert len(events[-1].earlier) == 7
    assert events[-1].earlier[2] is results[2]


# -- on disk ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("unit", ["model", "pixel", "255"])
def test_what_is_written_is_read_back(store: Any, tmp_path: Path, unit: str) -> None:
    attack = create_attack("pgd", steps=3, seed=4)
    result = progress.run(sweep_store(cnn(), store, attack, EPSILONS, threat="grey", root="/data"))
    again = read_sweep(write_sweep(result, tmp_path, unit=unit))
    for name in ("epsilons", "logits", "clean_logits", "labels", "rows", "noise_logits"):
        np.testing.assert_array_equal(getattr(again, name), getattr(result, name))
    np.testing.assert_allclose(again.critical, result.critical, rtol=1e-15)
    for name in ("threshold_logit", "classes", "attack", "threat", "paths", "patients", "checks", "complete"):
        assert getattr(again, name) == getattr(result, name), name
    assert repr(again.points) == repr(result.points)
    assert dict(again.about) == dict(result.about)
    assert result.paths is not None
    assert result.paths[0].startswith("test/")


def test_the_files_keep_their_contract(store: Any, tmp_path: Path) -> None:
    result = progress.run(sweep_store(cnn(), store, "fgsm", EPSILONS))
    write_sweep(result, tmp_path)
    document = json.loads((tmp_path / "sweep.json").read_text())
    keys = {"epsilon", "n", "accuracy", "accuracy_ci", "sensitivity", "specificity", "auroc"}
    for point, shown in zip(document["points"], (0.0, 0.01, 0.03, 0.05, 0.1), strict=True):
        assert keys | {"tp", "fp", "tn", "fn"} <= set(point)
        assert point["epsilon"] == shown
        assert point["tp"] + point["fp"] + point["tn"] + point["fn"] == point["n"] == 30
    lines = (tmp_path / "images.csv").read_text().splitlines()
    assert lines[0].startswith(
        "path,label,logit_0,logit_0.01,logit_0.03,logit_0.05,logit_0.1,critical_epsilon"
    )
    assert len(lines) == 31
    assert lines[1].startswith(("NORMAL/0.jpeg,NORMAL,", "PNEUMONIA/0.jpeg,PNEUMONIA,"))


def test_what_is_undefined_is_null(tmp_path: Path) -> None:
    result = finished(cnn(), [(radiographs(3), torch.zeros(3))], "fgsm", [0.0])
    write_sweep(result, tmp_path)
    [point] = json.loads((tmp_path / "sweep.json").read_text())["points"]
    assert point["auroc"] is None
    assert point["sensitivity"] is None
    assert repr(read_sweep(tmp_path).points) == repr(result.points)


def test_a_damaged_sweep_is_refused_in_words(tmp_path: Path) -> None:
    with pytest.raises(CheckpointError, match="holds no"):
        read_sweep(tmp_path)
    write_sweep(finished(cnn(), batches(4), "fgsm", EPSILONS), tmp_path)
    (tmp_path / "sweep.json").write_text("{}")
    with pytest.raises(CheckpointError, match="cannot be understood.*Choose a folder"):
        read_sweep(tmp_path)


def test_a_folder_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(OutputError, match="cannot be written"):
        write_sweep(finished(cnn(), batches(4), "fgsm", EPSILONS), tmp_path / "file" / "sweep")


# -- what is refused ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("epsilons", "message"),
    [
        ([], "epsilons: is empty"),
        ([0.0, -0.1], r"epsilons: contains -0\.1"),
        ([float("nan")], "epsilons: contains nan"),
        ([float("inf")], "epsilons: contains inf"),
        (0.1, r"epsilons: is 0\.1"),
        (["a"], r"epsilons: is \['a'\]"),
    ],
)
def test_epsilons_are_checked_before_any_work(epsilons: Any, message: str) -> None:
    def untouched() -> Any:
        raise AssertionError("work was done")
        yield

    with pytest.raises(ValueError, match=message):
        finished(cnn(), untouched(), "fgsm", epsilons)


def test_other_arguments_are_checked(store: Any) -> None:
    with pytest.raises(SettingsError, match="no attack 'magic'"):
        finished(cnn(), batches(2), "magic", EPSILONS)
    with pytest.raises(ValueError, match="threat: is 'blue'"):
        finished(cnn(), batches(2), "fgsm", EPSILONS, threat="blue")
    with pytest.raises(ValueError, match="batches: is empty"):
        finished(cnn(), [], "fgsm", EPSILONS)
    with pytest.raises(ValueError, match="pixels: ranges"):
        finished(cnn(), [(3 * radiographs(2), torch.zeros(2))], "fgsm", EPSILONS)
    with pytest.raises(ValueError, match=r"labels: has shape \[3\]"):
        finished(cnn(), [(radiographs(2), torch.zeros(3))], "fgsm", EPSILONS)
    with pytest.raises(ArgumentError, match="batch_size: is 0"):
        progress.run(sweep_store(cnn(), store, "fgsm", EPSILONS, batch_size=0))
    with pytest.raises(ArgumentError, match="limit: is -3"):
        progress.run(sweep_store(cnn(), store, "fgsm", EPSILONS, limit=-3))


def test_a_classifier_that_answers_nan_is_named() -> None:
    class Mad(nn.Module):
        def forward(self, pixels: Tensor) -> Tensor:
            return pixels.sum(dim=(1, 2, 3)) / torch.where(pixels.amax(dim=(1, 2, 3)) > 1.5, 1.0, torch.nan)

    with pytest.raises(ValueError, match="classifier: answered NaN"):
        finished(Mad(), batches(4), "fgsm", EPSILONS)


def test_a_result_may_be_changed_in_part() -> None:
    result = finished(cnn(), batches(10), "fgsm", EPSILONS)
    assert replace(result, seconds=1.0).points == result.points or math.isnan(result.points[0].noise_accuracy)
