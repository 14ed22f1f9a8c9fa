"""Reading steps in bunches, as from a GPU, changes nothing but when they are told."""

from __future__ import annotations

import itertools
from pathlib import Path

import pytest
import torch

from cxr_gui.core.base import progress
from cxr_gui.core.base.errors import TrainingError
from cxr_gui.core.data.records import Dataset
from cxr_gui.core.training import trainer
from cxr_gui.core.training.events import BatchDone
from cxr_gui.core.training.learner import Learner
from cxr_gui.core.training.meter import Meter
from cxr_gui.core.training.training import train
from tests.support.small_study import small_config, trained, weights

GPU = torch.device("mps")
"""A Meter that takes its outcomes, which lie on the processor, for a GPU's."""


class Ticking:
    """A pace that lets every so many through."""

    def __init__(self, every: int) -> None:
        self._numbers = itertools.count(1)
        self._every = every

    def __call__(self) -> bool:
        return next(self._numbers) % self._every == 0


def bunched(every: int) -> Meter:
    meter = Meter(GPU)
    meter._pace = Ticking(every)  # type: ignore[assignment]
    return meter


def test_on_the_processor_each_step_is_read_at_once() -> None:
    meter = Meter(torch.device("cpu"))
    for step in range(1, 4):
        meter.put(torch.tensor([0.5, 3.0]), step, 4)
        assert meter.ready() == 1
        result = meter.read()
        assert (result.step, result.count, result.loss, result.correct) == (step, 4, 0.5, 3)


def test_the_host_is_no_further_ahead_than_it_was_quick() -> None:
    meter, waiting = bunched(10), []
    for step in range(1, 61):
        meter.put(torch.tensor([float(step), 0.0]), step, 1)
        for _ in range(meter.ready()):
            meter.read()
        waiting.append(len(meter))
    assert max(waiting[:9]) == 1  # until it is known how quick the GPU is
    assert max(waiting[20:]) == 9
    assert waiting[29::10] == [0, 0, 0, 0]


def test_steps_read_in_bunches_are_the_same_training(
    dataset: Dataset, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    plain, told = trained(dataset, tmp_path / "plain")
    monkeypatch.setattr(trainer, "Meter", lambda _: bunched(3))
    late, also = trained(dataset, tmp_path / "late")
    assert torch.equal(weights(late.classifier), weights(plain.classifier))
    batches, others = (
        [(one.done, one.epoch, one.batch, one.loss) for one in events if isinstance(one, BatchDone)]
        for events in (told, also)
    )
    assert others == batches
    for row, same in zip(late.history, plain.history, strict=True):
        assert (row.train_loss, row.train_accuracy) == (same.train_loss, same.train_accuracy)
        assert row.seconds > 0


def test_a_training_stopped_within_a_bunch_goes_on_as_if_it_had_not(
    dataset: Dataset, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    plain, _ = trained(dataset, tmp_path / "plain")
    monkeypatch.setattr(trainer, "Meter", lambda _: bunched(3))
    work = train(dataset, tmp_path / "stopped", small_config())
    next(event for event in work if isinstance(event, BatchDone) and event.done == 4)
    work.close()
    run = progress.run(train(dataset, tmp_path / "stopped", small_config(), resume=True))
    assert torch.equal(weights(run.classifier), weights(plain.classifier))
    assert [row.train_loss for row in run.history] == [row.train_loss for row in plain.history]


def test_the_first_loss_that_is_not_finite_is_the_one_that_is_told(
    dataset: Dataset, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Steps were taken after it; none of them is kept."""
    monkeypatch.setattr(trainer, "Meter", lambda _: bunched(50))
    rates = Learner.learning_rate
    monkeypatch.setattr(
        Learner, "learning_rate", lambda ours, number: float("inf") if number == 1 else rates(ours, number)
    )
    told: list[int] = []
    with pytest.raises(TrainingError, match=r"The loss is nan at step 3 \(epoch 1\)"):
        progress.run(
            train(dataset, tmp_path / "run", small_config()),
            lambda event: told.append(event.done) if isinstance(event, BatchDone) else None,
        )
    assert told == [1, 2]
    assert not (tmp_path / "run" / "best.safetensors").exists()
