"""Sweeps of a prepared dataset: seen while they run, kept when stopped, read back as they were written."""

from __future__ import annotations

import itertools
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from cxr_gui.core.attacks.registry import create_attack
from cxr_gui.core.base import progress
from cxr_gui.core.base.errors import CheckpointError, OutputError
from cxr_gui.core.sweep.events import SweepProgress
from cxr_gui.core.sweep.files import read_sweep, write_sweep
from cxr_gui.core.sweep.sweeping import in_turn, sweep, sweep_store
from tests.support.made_data import EPSILONS, batches, finished
from tests.support.victims import cnn, radiographs

# -- while it runs ------------------------------------------------------------------------------------------


def test_progress_grows_and_a_stopped_sweep_keeps_its_images(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("cxr_gui.core.base.progress.Pace.__call__", lambda self: True)
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
        patch.setattr("cxr_gui.core.base.progress.time.monotonic", lambda: next(moments))
        [pixels], [labels] = zip(*batches(6, size=6), strict=True)
        events = list(sweep(cnn(scale=1e-3), [(pixels, labels)], create_attack("ifgsm", steps=40), [0.001]))
    assert 10 < len(events) < 40


def test_a_stopped_sweep_is_written_and_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("cxr_gui.core.base.progress.Pace.__call__", lambda self: True)
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
    monkeypatch.setattr("cxr_gui.core.base.progress.Pace.__call__", lambda self: True)
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
