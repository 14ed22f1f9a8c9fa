"""What can go wrong in a training: each ends in words, with the last good state whole."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
import torch

from cxr_gui.core.base import progress
from cxr_gui.core.base.errors import CheckpointError, OutputError, SettingsError, TrainingError
from cxr_gui.core.data.records import Dataset
from cxr_gui.core.models.checkpoint import load
from cxr_gui.core.models.classifier import Classifier
from cxr_gui.core.training import learner as optimisation
from cxr_gui.core.training.augmentation import augment
from cxr_gui.core.training.events import EpochDone
from cxr_gui.core.training.recipes import Recipe
from cxr_gui.core.training.run_folder import read_run
from cxr_gui.core.training.state import read_state
from cxr_gui.core.training.training import train
from tests.support.films import write_films
from tests.support.small_study import small_config, small_dataset, trained


def spoil(monkeypatch: pytest.MonkeyPatch, at_step: int) -> None:
    """Let the images of one step be infinite, as a broken driver or a rate too high would make the logits."""
    count = 0

    def spoiled(
        pixels: torch.Tensor, labels: torch.Tensor, recipe: Recipe, draws: torch.Generator
    ) -> torch.Tensor:
        nonlocal count
        count += 1
        return augment(pixels, labels, recipe, draws) * (float("inf") if count == at_step else 1.0)

    monkeypatch.setattr(optimisation, "augment", spoiled)


def test_a_loss_that_is_not_finite_ends_in_words_and_the_last_state_goes_on(
    dataset: Dataset, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole, _ = trained(dataset, tmp_path / "whole")
    with monkeypatch.context() as patch:
        spoil(patch, at_step=9)
        with pytest.raises(TrainingError, match="loss is nan at step 9") as failure:
            trained(dataset, tmp_path / "run")
    assert "learning rate" in failure.value.hint
    journal, tensors = read_state(tmp_path / "run" / "last.ckpt")
    assert (journal.epoch, journal.batch) == (2, 0)
    assert all(bool(torch.isfinite(tensor).all()) for tensor in tensors.values())
    resumed = progress.run(train(dataset, tmp_path / "run", small_config(), resume=True))
    assert resumed.history[-1].train_loss == pytest.approx(whole.history[-1].train_loss, abs=1e-5)


def out_of_memory_above(
    monkeypatch: pytest.MonkeyPatch, images: int, error: Callable[[], RuntimeError]
) -> None:
    forward = Classifier.forward

    def limited(self: Classifier, pixels: torch.Tensor) -> torch.Tensor:
        if len(pixels) > images:
            raise error()
        return forward(self, pixels)

    monkeypatch.setattr(Classifier, "forward", limited)


@pytest.mark.parametrize(
    "error",
    [
        lambda: torch.OutOfMemoryError("CUDA out of memory"),
        lambda: RuntimeError("[enforce fail] DefaultCPUAllocator: can't allocate memory"),
    ],
)
def test_out_of_memory_halves_the_batch_once(
    dataset: Dataset, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: Callable[[], RuntimeError]
) -> None:
    whole, _ = trained(dataset, tmp_path / "whole", epochs=1)
    out_of_memory_above(monkeypatch, 4, error)
    halves, _ = trained(dataset, tmp_path / "halves", epochs=1)
    assert read_state(tmp_path / "halves" / "last.ckpt")[0].pieces == 2
    assert halves.history[0].train_loss == pytest.approx(whole.history[0].train_loss, rel=0.2)
    out_of_memory_above(monkeypatch, 3, error)
    with pytest.raises(TrainingError, match="not enough memory") as failure:
        trained(dataset, tmp_path / "none", epochs=1)
    assert "smaller batch size" in failure.value.hint


def test_an_error_of_the_program_is_not_called_out_of_memory(
    dataset: Dataset, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out_of_memory_above(monkeypatch, 4, lambda: RuntimeError("shapes do not match"))
    with pytest.raises(RuntimeError, match="shapes do not match"):
        trained(dataset, tmp_path)


def test_a_full_disk_leaves_the_last_state_whole(dataset: Dataset, tmp_path: Path) -> None:
    resource = pytest.importorskip("resource")
    whole, _ = trained(dataset, tmp_path / "whole")
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    work = train(dataset, tmp_path / "run", small_config())
    try:
        with pytest.raises(OutputError, match="cannot be written") as failure:
            for event in work:
                if isinstance(event, EpochDone):  # from here on no file may grow beyond 64 KiB
                    resource.setrlimit(resource.RLIMIT_FSIZE, (1 << 16, before[1]))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert "free space" in failure.value.hint
    assert read_state(tmp_path / "run" / "last.ckpt")[0].epoch == 2
    assert load(tmp_path / "run" / "best.safetensors").card.metrics["epoch"] == 1
    assert not list((tmp_path / "run").glob(".*"))
    resumed = progress.run(train(dataset, tmp_path / "run", small_config(), resume=True))
    assert resumed.history[-1].train_loss == pytest.approx(whole.history[-1].train_loss, abs=1e-5)


def test_a_vanished_file_is_named(tmp_path: Path) -> None:
    dataset = small_dataset(write_films(tmp_path / "films", train=8))
    gone = Path(dataset.of("train")[3].path)
    gone.unlink()
    with pytest.raises(TrainingError, match="has vanished") as failure:
        trained(dataset, tmp_path / "run")
    assert failure.value.where == str(gone)
    assert not (tmp_path / "run" / "config.json").exists()


def test_a_damaged_file_is_left_out_and_counted(tmp_path: Path) -> None:
    dataset = small_dataset(write_films(tmp_path / "films", train=8))
    Path(dataset.of("train")[3].path).write_bytes(b"not an image")
    run, _ = trained(dataset, tmp_path / "run", epochs=1)
    assert run.classifier.card.data["unreadable"] == 1
    assert "on 15 images" in run.classifier.card.source


def test_a_folder_in_use_is_refused_until_it_is_free(dataset: Dataset, tmp_path: Path) -> None:
    work = train(dataset, tmp_path, small_config())
    next(work)
    with pytest.raises(TrainingError, match="by another process"):
        trained(dataset, tmp_path)
    work.close()
    assert progress.run(train(dataset, tmp_path, small_config(), resume=True)).outcome == "finished"


def test_an_output_that_cannot_be_made_is_refused(dataset: Dataset, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(OutputError):
        trained(dataset, tmp_path / "file" / "run")


def test_one_class_or_no_validation_is_refused(dataset: Dataset, tmp_path: Path) -> None:
    one = Dataset(dataset.root, dataset.of("train", "NORMAL"), dataset.classes, ())
    with pytest.raises(TrainingError, match="both classes"):
        trained(one, tmp_path / "one")


@pytest.mark.parametrize("name", ["missing", "damaged", "other"])
def test_a_folder_that_is_no_run_is_refused(tmp_path: Path, name: str) -> None:
    texts = {"damaged": "{", "other": json.dumps({"format": "something else"})}
    if name in texts:
        (tmp_path / "config.json").write_text(texts[name])
    with pytest.raises(SettingsError):
        read_run(tmp_path)


def test_a_run_without_its_classifier_or_with_a_damaged_table_is_refused(
    dataset: Dataset, tmp_path: Path
) -> None:
    trained(dataset, tmp_path, epochs=1)
    table = (tmp_path / "metrics.csv").read_text()
    (tmp_path / "metrics.csv").write_text(table.replace("train_loss", "loss"))
    with pytest.raises(CheckpointError, match="table"):
        read_run(tmp_path)
    (tmp_path / "best.safetensors").unlink()
    with pytest.raises(CheckpointError):
        read_run(tmp_path)


def test_a_folder_with_nothing_to_set_aside_for_validation_is_refused(tmp_path: Path) -> None:
    dataset = small_dataset(write_films(tmp_path / "films", train=1))
    with pytest.raises(TrainingError, match="too few images to set some aside .* recipe 'balanced' needs"):
        trained(dataset, tmp_path / "run", "balanced")
    assert not (tmp_path / "run" / "config.json").exists()
