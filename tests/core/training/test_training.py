"""Training: what a run does and writes, how it judges its epochs, and what it keeps."""

from __future__ import annotations

import csv
import json
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

from cxr_gui.core.base import progress
from cxr_gui.core.data.dataset import scan
from cxr_gui.core.data.reading import Reading
from cxr_gui.core.data.records import Dataset
from cxr_gui.core.models.checkpoint import load
from cxr_gui.core.models.classifier import Classifier
from cxr_gui.core.study.opening import open_results
from cxr_gui.core.training import trainer
from cxr_gui.core.training.events import BatchDone, EpochDone
from cxr_gui.core.training.learner import Learner
from cxr_gui.core.training.run_folder import RunFolder, read_config, read_run, read_run_config
from cxr_gui.core.training.training import train
from cxr_gui.core.training.validation import Validation
from tests.support.films import write_films
from tests.support.small_study import small_config, small_dataset, trained, weights


def test_the_paper_recipe_trains_and_keeps_the_last_epoch(dataset: Dataset, tmp_path: Path) -> None:
    run, events = trained(dataset, tmp_path)
    losses = [event.loss for event in events if isinstance(event, BatchDone)]
    assert len(losses) == 3 * 6
    assert np.mean(losses[-6:]) < 0.8 * np.mean(losses[:6])
    ends = [event for event in events if isinstance(event, EpochDone)]
    assert [end.epoch for end in ends] == [1, 2, 3]
    assert ends[-1].train_loss == pytest.approx(np.mean(losses[-6:]), rel=1e-6)
    assert all(end.validation_loss is None and end.robust_accuracy is None for end in ends)
    assert (run.best_epoch, run.threshold, run.outcome) == (3, 0.5, "finished")
    torch.testing.assert_close(weights(run.classifier), weights(ends[-1].classifier), atol=0, rtol=0)


def test_the_events_count_and_tell_the_time(dataset: Dataset, tmp_path: Path) -> None:
    _, events = trained(dataset, tmp_path, epochs=2)
    steps = [event for event in events if isinstance(event, BatchDone)]
    assert [(step.done, step.epoch, step.batch) for step in steps] == [
        (6 * epoch + batch, epoch + 1, batch) for epoch in (0, 1) for batch in range(1, 7)
    ]
    assert {step.total for step in steps} == {12}
    assert all(step.images_per_second > 0 for step in steps)
    assert steps[-1].seconds_left == 0.0
    assert all(step.seconds_left is not None and step.seconds_left > 0 for step in steps[:-1])


def test_the_run_folder_says_everything(dataset: Dataset, tmp_path: Path) -> None:
    run, events = trained(dataset, tmp_path, "balanced", epochs=2)
    with (tmp_path / "metrics.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    ends = [event for event in events if isinstance(event, EpochDone)]
    assert [float(row["train_loss"]) for row in rows] == [end.train_loss for end in ends]
    assert [float(row["validation_auroc"]) for row in rows] == [end.validation_auroc for end in ends]
    assert read_run(tmp_path).history == run.history
    saved = read_run_config(tmp_path)
    assert saved.config == small_config("balanced", epochs=2)
    assert (saved.data, saved.fingerprint) == (dataset.root.resolve(), dataset.fingerprint())
    assert saved.versions["torch"] == torch.__version__
    card = load(tmp_path / "best.safetensors").card
    assert "recipe 'balanced (changed: " in card.source
    assert card.data["fingerprint"] == dataset.fingerprint()
    assert card.metrics["validation_auroc"] == run.history[run.best_epoch - 1].validation_auroc
    board = EventAccumulator(str(tmp_path)).Reload()
    assert [point.value for point in board.Scalars("validation/auroc")] == pytest.approx(
        [end.validation_auroc for end in ends]
    )


def test_a_config_reproduces_its_run(dataset: Dataset, tmp_path: Path) -> None:
    first, _ = trained(dataset, tmp_path / "first")
    again = progress.run(train(dataset, tmp_path / "again", read_config(tmp_path / "first" / "config.json")))
    torch.testing.assert_close(weights(again.classifier), weights(first.classifier), atol=1e-7, rtol=1e-6)
    other = progress.run(train(dataset, tmp_path / "other", small_config(epochs=1)))
    assert other.history[0].train_loss == pytest.approx(first.history[0].train_loss, abs=1e-6)


@pytest.mark.parametrize(
    ("run", "data", "root"),
    [
        ("a/run", "a/films", "../films"),
        ("a/run", "a/run/films", "films"),
        ("a/study/run", "a/films", "../../films"),
        ("a/study/run", "b/films", "films"),
        ("a/runs/deep/run", "a/films", "films"),
    ],
)
def test_a_run_folder_tells_no_more_of_where_its_data_lies_than_a_colleague_can_use(
    run: str, data: str, root: str, tmp_path: Path
) -> None:
    (tmp_path / data).mkdir(parents=True)
    RunFolder(tmp_path / run).write_config(small_config(), tmp_path / data, "")
    text = (tmp_path / run / "config.json").read_text(encoding="utf-8")
    assert json.loads(text)["data"]["root"] == root
    assert str(tmp_path) not in text
    found = read_run_config(tmp_path / run).data
    assert found == (tmp_path / data if root != "films" or data.startswith(run) else tmp_path / run / "films")


def test_a_run_is_resumed_and_repeated_after_run_and_data_have_moved(tmp_path: Path) -> None:
    films = write_films(tmp_path / "here" / "films", train=8)
    progress.run(train(progress.run(scan(films)), tmp_path / "far" / "off" / "run", small_config(epochs=1)))
    shutil.move(films, tmp_path / "elsewhere")
    shutil.move(tmp_path / "far" / "off" / "run", tmp_path / "run")
    moved = progress.run(scan(tmp_path / "elsewhere"))
    config = read_config(tmp_path / "run" / "config.json")
    assert progress.run(train(moved, tmp_path / "run", config, resume=True)).outcome == "finished"
    assert progress.run(train(moved, tmp_path / "again", config)).outcome == "finished"
    opened = progress.run(open_results(tmp_path / "run"))
    assert opened.dataset is None
    assert opened.problems[0].startswith("Its dataset, films, is not at")


def test_a_run_remembers_how_its_folder_was_read(dataset: Dataset, tmp_path: Path) -> None:
    """Turned round, and patients by a pattern: the run's config says so, and opening the run reads it so."""
    said = Reading(positive="NORMAL", patient_pattern=r"(\d+)")
    turned = progress.run(scan(dataset.root, **vars(said)))
    run = progress.run(train(turned, tmp_path / "run", small_config(epochs=1)))
    assert run.reading == read_run_config(tmp_path / "run").reading == said
    opened = progress.run(open_results(tmp_path / "run")).dataset
    assert opened is not None
    assert opened.classes == ("PNEUMONIA", "NORMAL")
    assert opened.fingerprint() == turned.fingerprint() != dataset.fingerprint()


def test_the_seed_decides_and_the_process_random_state_is_left_alone(
    dataset: Dataset, tmp_path: Path
) -> None:
    """Other draws in the process neither change the run nor are changed by it."""
    torch.manual_seed(1)
    first, _ = trained(dataset, tmp_path / "first", "robust-fgsm", epochs=1)
    after = torch.rand(4)
    torch.manual_seed(1)
    torch.testing.assert_close(after, torch.rand(4), atol=0, rtol=0)
    events = train(dataset, tmp_path / "second", small_config("robust-fgsm", epochs=1))
    second = progress.run(events, lambda event: torch.rand(3))
    torch.testing.assert_close(weights(first.classifier), weights(second.classifier), atol=1e-7, rtol=1e-6)
    config = small_config("robust-fgsm", epochs=1)
    third = progress.run(train(dataset, tmp_path / "third", replace(config, seed=4)))
    assert third.history[0].train_loss != first.history[0].train_loss


def test_a_snapshot_is_never_changed(dataset: Dataset, tmp_path: Path) -> None:
    seen: list[tuple[Classifier, torch.Tensor]] = []

    def keep(event: progress.Event) -> None:
        if isinstance(event, EpochDone):
            seen.append((event.classifier, weights(event.classifier).clone()))

    progress.run(train(dataset, tmp_path, small_config()), keep)
    for classifier, before in seen:
        assert not classifier.training
        assert not any(parameter.requires_grad for parameter in classifier.parameters())
        torch.testing.assert_close(weights(classifier), before, atol=0, rtol=0)
    assert not torch.equal(seen[0][1], seen[-1][1])


def test_the_test_split_is_never_seen(tmp_path: Path) -> None:
    dataset = small_dataset(write_films(tmp_path / "films", train=8))
    for record in dataset.of("test"):
        Path(record.path).write_bytes(b"not an image")
    assert trained(dataset, tmp_path / "run", epochs=1)[0].outcome == "finished"


def test_the_loss_falls_on_real_films(real_data: Path, tmp_path: Path) -> None:
    """A handful of steps of the paper's own network."""
    dataset = small_dataset(real_data)
    records = dataset.of("train", "NORMAL")[:16] + dataset.of("train", "PNEUMONIA")[:16]
    few = Dataset(dataset.root, records, dataset.classes, ())
    config = small_config(epochs=4, batch_size=8)
    paper = replace(
        config, architecture="paper_cnn", options={}, recipe=config.recipe.changed(learning_rate=1e-4)
    )
    run = progress.run(train(few, tmp_path, paper))
    assert run.history[-1].train_loss < 0.95 * run.history[0].train_loss


def test_balanced_chooses_epoch_and_threshold_on_validation(dataset: Dataset, tmp_path: Path) -> None:
    run, events = trained(dataset, tmp_path, "balanced", epochs=4)
    ends = [event for event in events if isinstance(event, EpochDone)]
    aurocs = [end.validation_auroc for end in ends]
    assert run.best_epoch == 1 + int(np.argmax(aurocs))
    assert run.threshold == ends[run.best_epoch - 1].classifier.threshold
    torch.testing.assert_close(
        weights(run.classifier), weights(ends[run.best_epoch - 1].classifier), atol=0, rtol=0
    )


def scripted(monkeypatch: pytest.MonkeyPatch, verdicts: list[Validation]) -> None:
    """Let validation say these things, one an epoch."""
    script = iter(verdicts)

    def validate(*_: object, **__: object) -> progress.Work[Validation]:
        yield progress.Event("Validating", 1, 1)
        return next(script)

    monkeypatch.setattr(trainer, "validate", validate)


def verdict(right: int, robust_right: int | None = None) -> Validation:
    """Eight images, of each class `right` of four on the right side, in ranking too."""
    labels = np.repeat([0, 1], 4)

    def logits(count: int) -> np.ndarray:
        signs = np.where(np.arange(4) < count, 1.0, -1.0)
        return np.concatenate([-signs, signs]).astype(np.float32)

    robust = (None, None) if robust_right is None else (logits(robust_right), labels)
    return Validation(logits(right), labels, *robust)


def test_training_stops_when_no_better_epoch_comes(
    dataset: Dataset, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    scripted(monkeypatch, [verdict(right) for right in (2, 4, 3, 4, 3, 4)])
    run, _ = trained(dataset, tmp_path, "balanced", epochs=6, patience=2)
    assert (run.outcome, run.best_epoch, len(run.history)) == ("stopped early", 2, 4)


def test_a_collapse_stops_the_run_and_keeps_the_best(
    dataset: Dataset, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    scripted(monkeypatch, [verdict(4, 2), verdict(4, 3), verdict(4, 0), verdict(4, 4)])
    run, events = trained(dataset, tmp_path, "robust-fgsm", epochs=4, on_collapse="stop")
    assert (run.outcome, run.best_epoch, len(run.history)) == ("collapsed", 2, 3)
    ends = [event for event in events if isinstance(event, EpochDone)]
    assert [end.collapsed for end in ends] == [False, False, True]
    assert [end.robust_accuracy for end in ends] == [0.5, 0.75, 0.0]
    torch.testing.assert_close(weights(run.classifier), weights(ends[1].classifier), atol=0, rtol=0)


def test_a_collapse_steps_back_to_the_best_at_half_the_rate(
    dataset: Dataset, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    scripted(monkeypatch, [verdict(4, 3), verdict(4, 0), verdict(4, 4)])
    rates, starts = [], []
    step = Learner.step

    def watched(self: Learner, *arguments: object) -> torch.Tensor:
        rates.append(self.learning_rate(0))
        starts.append(weights(self.classifier).clone())
        return step(self, *arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(Learner, "step", watched)
    run, events = trained(dataset, tmp_path, "robust-fgsm", schedule="constant", warmup=0.0)
    ends = [event for event in events if isinstance(event, EpochDone)]
    size = len(rates) // 3
    assert rates[2 * size] == 0.5 * rates[0]
    torch.testing.assert_close(starts[2 * size], weights(ends[0].classifier), atol=0, rtol=0)
    assert (run.outcome, run.best_epoch) == ("finished", 3)


def test_a_constant_answer_is_no_collapse_but_a_collapse_every_time_ends_it(
    dataset: Dataset, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    scripted(monkeypatch, [verdict(4, 4)] + [verdict(4, 0)] * 9)
    run, _ = trained(dataset, tmp_path, "robust-fgsm", epochs=10)
    assert (run.outcome, len(run.history), run.best_epoch) == ("collapsed", 2 + trainer.MOST_RETREATS, 1)


def test_the_robust_recipes_probe_with_pgd(dataset: Dataset, tmp_path: Path) -> None:
    run, _ = trained(dataset, tmp_path, "robust-pgd", epochs=1)
    [row] = run.history
    assert row.robust_accuracy is not None
    assert row.validation_accuracy is not None
    assert 0.0 <= row.robust_accuracy <= row.validation_accuracy + 1e-9
