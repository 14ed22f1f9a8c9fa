"""Stopped or killed and resumed, a training ends as if nothing had happened."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from cxr_gui.core.base import progress
from cxr_gui.core.base.errors import CheckpointError, TrainingError
from cxr_gui.core.training import trainer
from cxr_gui.core.training.events import BatchDone, EpochDone
from cxr_gui.core.training.run_folder import Run, read_outcome, read_run
from cxr_gui.core.training.state import read_state, write_state
from cxr_gui.core.training.training import train
from tests.support.films import write_films
from tests.support.places import ROOT
from tests.support.small_study import small_config, small_dataset

STUDY = ROOT / "tests" / "support" / "small_study.py"


@pytest.fixture(autouse=True)
def _one_thread() -> Iterator[None]:
    """Sums are added in the same order everywhere."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


def stop_after(films: Path, out: Path, recipe: str, steps: int, *, resume: bool) -> list[progress.Event]:
    """Train until `steps` steps of the whole training are done, then close the generator."""
    seen = []
    work = train(small_dataset(films), out, small_config(recipe), resume=resume)
    for event in work:
        seen.append(event)
        if isinstance(event, BatchDone) and event.done == steps:
            work.close()
            return seen
    raise AssertionError("the training ended before it could be stopped")


def assert_same(run: Run, other: Run) -> None:
    assert [row.epoch for row in run.history] == [row.epoch for row in other.history]
    for row, expected in zip(run.history, other.history, strict=True):
        assert row.train_loss == pytest.approx(expected.train_loss, abs=1e-5)
        assert row.validation_loss == pytest.approx(expected.validation_loss, abs=1e-5)
        assert row.robust_accuracy == expected.robust_accuracy
    assert (run.best_epoch, run.outcome) == (other.best_epoch, other.outcome)
    assert run.threshold == pytest.approx(other.threshold, abs=1e-6)
    for (name, weight), expected in zip(
        run.classifier.state_dict().items(), other.classifier.state_dict().values(), strict=True
    ):
        torch.testing.assert_close(
            weight, expected, atol=1e-6, rtol=1e-5, msg=lambda text, name=name: f"{name}: {text}"
        )
    last, expected_last = read_state(run.folder / "last.ckpt")[1], read_state(other.folder / "last.ckpt")[1]
    assert last.keys() == expected_last.keys()
    for name, tensor in last.items():
        torch.testing.assert_close(tensor, expected_last[name], atol=1e-6, rtol=1e-5)


@pytest.mark.parametrize("recipe", ["paper", "balanced", "robust-fgsm"])
def test_stopped_and_resumed_ends_as_if_never_stopped(films: Path, tmp_path: Path, recipe: str) -> None:
    whole = progress.run(train(small_dataset(films), tmp_path / "whole", small_config(recipe)))
    parts = tmp_path / "parts"
    for number, steps in enumerate((2, 6, 7)):  # within the first epoch, at or after its end, and again
        stop_after(films, parts, recipe, steps, resume=number > 0)
        assert read_outcome(parts) is None
        assert read_run(parts).outcome == "unfinished"
    torch.rand(5)  # whatever the process draws in between
    resumed = progress.run(train(small_dataset(films), parts, small_config(recipe), resume=True))
    assert_same(resumed, whole)


@pytest.mark.parametrize(("recipe", "kills"), [("paper", [8]), ("balanced", [1, 6])])
def test_killed_and_resumed_ends_as_if_never_killed(
    films: Path, tmp_path: Path, recipe: str, kills: list[int]
) -> None:
    whole = progress.run(train(small_dataset(films), tmp_path / "whole", small_config(recipe)))
    out = tmp_path / "killed"
    command = [sys.executable, str(STUDY), str(films), str(out), recipe]
    for lines_before_the_kill in kills:
        with subprocess.Popen(
            command, stdout=subprocess.PIPE, text=True, env={**os.environ, "PYTHONPATH": str(ROOT)}
        ) as process:
            assert process.stdout is not None
            for _ in range(lines_before_the_kill):
                assert process.stdout.readline().strip().isdigit()
            process.kill()  # SIGKILL: nothing in the process can clean up
        assert process.returncode != 0
    resumed = progress.run(train(small_dataset(films), out, small_config(recipe), resume=True))
    assert_same(resumed, whole)


def test_a_stop_during_validation_goes_on_with_the_validation(films: Path, tmp_path: Path) -> None:
    whole = progress.run(train(small_dataset(films), tmp_path / "whole", small_config("balanced")))
    work = train(small_dataset(films), tmp_path / "parts", small_config("balanced"))
    assert any(event.stage == "Validating" for event in work)
    work.close()
    events: list[progress.Event] = []
    resumed = progress.run(
        train(small_dataset(films), tmp_path / "parts", small_config("balanced"), resume=True), events.append
    )
    first = next(event for event in events if isinstance(event, (BatchDone, EpochDone)))
    assert isinstance(first, EpochDone)
    assert_same(resumed, whole)


def test_a_stop_within_the_first_epoch_keeps_what_was_learned(films: Path, tmp_path: Path) -> None:
    stop_after(films, tmp_path / "run", "paper", 2, resume=False)
    run = read_run(tmp_path / "run")
    assert (run.history, run.best_epoch, run.outcome) == ((), 0, "unfinished")
    assert "stopped within epoch 1" in run.classifier.card.source


def test_resuming_a_finished_run_only_reads_it(films: Path, tmp_path: Path) -> None:
    whole = progress.run(train(small_dataset(films), tmp_path, small_config()))
    before = (tmp_path / "last.ckpt").stat().st_mtime_ns
    events: list[progress.Event] = []
    again = progress.run(train(small_dataset(films), tmp_path, small_config(), resume=True), events.append)
    assert not [event for event in events if isinstance(event, (BatchDone, EpochDone))]
    assert_same(again, whole)
    assert (tmp_path / "last.ckpt").stat().st_mtime_ns == before


def test_resuming_where_there_is_nothing_begins(films: Path, tmp_path: Path) -> None:
    run = progress.run(train(small_dataset(films), tmp_path / "new", small_config(epochs=1), resume=True))
    assert run.outcome == "finished"


def test_a_run_is_not_continued_as_another(films: Path, tmp_path: Path) -> None:
    dataset, out = small_dataset(films), tmp_path / "run"
    stop_after(films, out, "paper", 2, resume=False)
    before = (out / "last.ckpt").read_bytes()
    with pytest.raises(TrainingError, match="already holds a run"):
        progress.run(train(dataset, out, small_config()))
    with pytest.raises(TrainingError, match="another configuration"):
        progress.run(train(dataset, out, small_config(learning_rate=1e-3), resume=True))
    other = small_dataset(write_films(tmp_path / "films", train=20))
    with pytest.raises(TrainingError, match="other data"):
        progress.run(train(other, out, small_config(), resume=True))
    assert (out / "last.ckpt").read_bytes() == before


def test_a_damaged_state_is_refused_in_words(films: Path, tmp_path: Path) -> None:
    stop_after(films, tmp_path / "run", "paper", 2, resume=False)
    state = tmp_path / "run" / "last.ckpt"
    state.write_bytes(state.read_bytes()[:-100])
    with pytest.raises(CheckpointError, match="cannot be resumed from"):
        progress.run(train(small_dataset(films), tmp_path / "run", small_config(), resume=True))
    state.write_bytes((tmp_path / "run" / "best.safetensors").read_bytes())
    with pytest.raises(CheckpointError, match="not the state of a training"):
        progress.run(train(small_dataset(films), tmp_path / "run", small_config(), resume=True))


def test_a_state_of_other_images_or_of_another_training_is_refused(tmp_path: Path) -> None:
    films, out = write_films(tmp_path / "films", train=8), tmp_path / "run"
    stop_after(films, out, "paper", 1, resume=False)
    journal, tensors = read_state(out / "last.ckpt")
    write_state(out / "last.ckpt", replace(journal, epoch=99), tensors)
    with pytest.raises(CheckpointError, match="does not fit this training"):
        progress.run(train(small_dataset(films), out, small_config(), resume=True))
    film = next((films / "train").rglob("*.png"))
    film.write_bytes(bytes(film.stat().st_size))
    with pytest.raises(TrainingError, match="was trained on other images than can be read now"):
        progress.run(train(small_dataset(films), out, small_config(), resume=True))


def test_a_long_epoch_writes_its_state_on_the_way(
    films: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(trainer, "SECONDS_BETWEEN_STATES", 0.0)
    work = train(small_dataset(films), tmp_path, small_config())
    for event in work:
        if isinstance(event, BatchDone) and event.done == 3:
            break
    journal, _ = read_state(tmp_path / "last.ckpt")
    assert (journal.epoch, journal.batch) == (1, 2)
    work.close()
