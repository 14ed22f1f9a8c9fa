"""Training on the GPU: the processor's numbers to rounding, no waiting, from where another stopped."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import torch

from cxr_gui.core.base import progress
from cxr_gui.core.base.errors import TrainingError
from cxr_gui.core.data import Dataset
from cxr_gui.core.models import create, load
from cxr_gui.core.training import RECIPES, BatchDone, EpochDone, Recipe, Run, TrainConfig, train
from cxr_gui.core.training.learner import Learner
from cxr_gui.core.training.replay import Replay
from tests.gpu.made import finish, pixels_of, store_of

Tell = Callable[[str, object], None]
PLAIN = RECIPES["paper"].changed(epochs=4, batch_size=8, learning_rate=1e-3)
STEPS = 8
"""Enough for a step to have been recorded and played again."""


def config(device: torch.device, recipe: Recipe = PLAIN) -> TrainConfig:
    return TrainConfig("compact_cnn", {"width": 8}, recipe, seed=3, device=device.type)


def learner(device: torch.device, recipe: Recipe = PLAIN) -> Learner:
    torch.manual_seed(0)
    classifier = create("compact_cnn", width=8)
    return Learner(classifier, recipe, seed=0, steps=100, weights=torch.ones(2), device=device)


def batch_on(device: torch.device, images: int = 8) -> tuple[torch.Tensor, torch.Tensor]:
    pixels, labels = pixels_of(store_of(images))
    return pixels[:, :1].to(device), labels.float().to(device)


@pytest.mark.parametrize("recipe", ["paper", "balanced", "robust-pgd"])
def test_steps_are_those_of_the_processor_to_rounding(
    recipe: str, device: torch.device, record_property: Tell
) -> None:
    chosen = RECIPES[recipe].changed(batch_size=8, learning_rate=1e-3, epsilon_warmup=0.0)
    losses = []
    for place in (torch.device("cpu"), device):
        ours, batch = learner(place, chosen), batch_on(place)
        for module in ours.classifier.modules():
            if isinstance(module, torch.nn.Dropout):  # each device has random numbers of its own
                module.p = 0.0
        losses.append([float(ours.step(*batch, number)[0]) for number in range(STEPS)])
    record_property("losses", [[round(loss, 4) for loss in some] for some in losses])
    assert losses[1] == pytest.approx(losses[0], rel=0.15 if chosen.robust else 0.05, abs=0.02)


def test_a_step_gives_the_host_nothing_to_wait_for(cuda: torch.device) -> None:
    ours, batch = learner(cuda), batch_on(cuda)
    for number in range(STEPS):
        ours.step(*batch, number)
    assert ours.replay.refused == ""
    assert ours.replay.captured
    torch.cuda.set_sync_debug_mode("error")
    try:
        for number in range(STEPS, 2 * STEPS):
            ours.step(*batch, number)
    finally:
        torch.cuda.set_sync_debug_mode("default")


def test_a_played_step_is_the_step_as_it_is_written(cuda: torch.device, record_property: Tell) -> None:
    """With dropout, augmentation, a schedule and the running mean: each step is drawn anew."""
    recipe = RECIPES["balanced"].changed(averaging=0.3, learning_rate=1e-3)
    plain, played, batch = learner(cuda, recipe), learner(cuda, recipe), batch_on(cuda)
    plain.replay = Replay(None)
    losses = [
        [float(ours.step(*batch, number)[0]) for number in range(4 * STEPS)] for ours in (plain, played)
    ]
    assert played.replay.captured, played.replay.refused
    record_property("losses", [[round(loss, 4) for loss in some[::STEPS]] for some in losses])
    assert losses[1] == pytest.approx(losses[0], rel=0.05, abs=0.02)
    drawn = [float(played.step(*batch, number)[0]) for number in (40, 41, 42)]
    assert len(set(drawn)) == 3


def test_the_loss_falls_and_the_run_is_whole(device: torch.device, dataset: Dataset, tmp_path: Path) -> None:
    events: list[progress.Event] = []
    run = progress.run(train(dataset, tmp_path / "run", config(device)), events.append)
    losses = [event.loss for event in events if isinstance(event, BatchDone)]
    assert [event.done for event in events if isinstance(event, BatchDone)] == list(range(1, len(losses) + 1))
    assert [row.epoch for row in run.history] == [1, 2, 3, 4]
    assert run.history[-1].train_loss < run.history[0].train_loss
    assert load(tmp_path / "run" / "best.safetensors").device.type == "cpu"


def test_a_run_goes_on_on_another_device_and_back(
    device: torch.device, dataset: Dataset, tmp_path: Path
) -> None:
    out, places = tmp_path / "run", [device, torch.device("cpu"), device]
    for number, place in enumerate(places, start=1):
        work = train(dataset, out, config(place), resume=number > 1)
        for event in work:
            if isinstance(event, EpochDone) and event.epoch == number:
                break
        work.close()
    run: Run = progress.run(train(dataset, out, config(device), resume=True))
    whole = progress.run(train(dataset, tmp_path / "whole", config(torch.device("cpu"))))
    assert [row.epoch for row in run.history] == [1, 2, 3, 4]
    for row, same in zip(run.history, whole.history, strict=True):
        assert row.train_loss == pytest.approx(same.train_loss, rel=0.25, abs=0.05)


def test_a_loss_that_is_not_finite_is_told_with_its_step(
    device: torch.device, dataset: Dataset, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Learner, "learning_rate", lambda _, number: float("inf") if number == 6 else 1e-4)
    told: list[int] = []
    with pytest.raises(TrainingError, match=r"The loss is nan at step 8 \(epoch 3\)"):
        progress.run(
            train(dataset, tmp_path / "run", config(device)),
            lambda event: told.append(event.done) if isinstance(event, BatchDone) else None,
        )
    assert told == list(range(1, 8))


@contextmanager
def at_most(device: torch.device, more: int) -> Iterator[None]:
    """Within it the device gives no more than so many bytes beside those that are taken."""
    torch.cuda.empty_cache()
    total = torch.cuda.get_device_properties(device).total_memory
    torch.cuda.set_per_process_memory_fraction((torch.cuda.memory_reserved(device) + more) / total, device)
    try:
        yield
    finally:
        torch.cuda.set_per_process_memory_fraction(1.0, device)


def step_bytes(ours: Learner, batch: tuple[torch.Tensor, torch.Tensor], device: torch.device) -> int:
    """What a step takes beside what is there before it."""
    ours.step(*batch, 0)
    finish(device)
    before = torch.cuda.memory_allocated(device)
    torch.cuda.reset_peak_memory_stats(device)
    ours.step(*batch, 1)
    finish(device)
    return torch.cuda.max_memory_allocated(device) - before


def test_a_step_that_does_not_fit_is_taken_in_halves_and_then_refused_in_words(cuda: torch.device) -> None:
    batch = batch_on(cuda, 256)
    needed = step_bytes(learner(cuda), batch, cuda)
    ours = learner(cuda)
    ours.step(batch[0][:2], batch[1][:2], 0)  # what it keeps, and the libraries' own
    with at_most(cuda, int(0.8 * needed)):
        loss = float(ours.step(*batch, 1)[0])
    assert ours.pieces.count == 2
    assert loss == loss
    ours = learner(cuda)
    ours.step(batch[0][:2], batch[1][:2], 0)
    with (
        at_most(cuda, int(0.2 * needed)),
        pytest.raises(TrainingError, match="cuda device has not enough memory") as failure,
    ):
        ours.step(*batch, 1)
    assert "smaller batch size" in failure.value.hint
    assert not ours.sound
