"""Training on shifted films: which film gets which shift, and which images a step sees."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from cxr_gui.core.base import progress
from cxr_gui.core.data.feed import Feed
from cxr_gui.core.data.store import prepare
from cxr_gui.core.images import read
from cxr_gui.core.shifts import SHIFTS, SpacedImage, chance_of, shifted
from cxr_gui.core.training.learner import Learner
from cxr_gui.core.training.shifted_films import OneShift
from tests.support.films import write_films
from tests.support.small_study import small_dataset, trained, weights

SIZE = (64, 64)


def test_every_shift_and_severity_is_drawn_alike_and_by_seed_and_number_alone() -> None:
    drawn = [OneShift(0).draw(number) for number in range(4000)]
    assert drawn[:50] == [OneShift(0).draw(number) for number in range(50)]
    assert drawn[:50] != [OneShift(1).draw(number) for number in range(50)]
    assert OneShift(0).key != OneShift(1).key
    counts = {name: sum(shift.name == name for shift, _ in drawn) for name in SHIFTS}
    expected = 4000 / len(SHIFTS)
    assert all(abs(count - expected) < 5 * expected**0.5 for count in counts.values())
    dose = [SHIFTS["dose"].amounts.index(amount) for shift, amount in drawn if shift.name == "dose"]
    assert set(dose) == set(range(len(SHIFTS["dose"].amounts)))


def test_a_feed_gives_the_twin_of_an_image_where_it_is_asked_for(tmp_path: Path) -> None:
    dataset = small_dataset(write_films(tmp_path / "films"))
    records = dataset.of("train")
    change = OneShift(3)
    plain = progress.run(prepare(records, dataset.classes, SIZE, folder=tmp_path))
    twins = progress.run(prepare(records, dataset.classes, SIZE, change=change, folder=tmp_path))
    assert len(list(tmp_path.glob("*-v*"))) == 2, "each has a store of its own"
    for number in (0, 5):
        radiograph = read(records[number].path)
        shift, amount = change.draw(number)
        film = SpacedImage(radiograph.pixels, radiograph.source.spacing)
        expected = shifted(film, shift, amount, SIZE, chance_of(shift, 3, number))
        assert np.array_equal(twins.pixels[number], expected)
    count = len(records)
    order = np.array([2, count + 2, 0, 2 * count - 1])
    ((pixels, labels),) = Feed(plain, torch.device("cpu"), twins).batches(4, order)
    wanted = [plain.pixels[2], twins.pixels[2], plain.pixels[0], twins.pixels[-1]]
    assert torch.equal(pixels[:, 0], torch.from_numpy(np.stack(wanted)).float() / 255)
    assert labels.tolist() == plain.labels[[2, 2, 0, -1]].tolist()


@pytest.mark.parametrize(("share", "low", "high"), [(0.0, 0, 0), (1.0, 1, 1), (0.5, 0.2, 0.8)])
def test_a_step_sees_as_many_shifted_images_as_the_recipe_says(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, share: float, low: float, high: float
) -> None:
    dataset = small_dataset(write_films(tmp_path / "films"))
    orders: list[np.ndarray] = []  # type: ignore[type-arg]
    batches = Feed.batches

    def watched(feed: Feed, size: int, order: np.ndarray | None = None) -> object:  # type: ignore[type-arg]
        if order is not None:
            orders.append(order)
        return batches(feed, size, order)

    monkeypatch.setattr(Feed, "batches", watched)
    run, _ = trained(dataset, tmp_path / "run", "paper", shifts=share, epochs=2)
    count = len(dataset.of("train"))
    seen = np.concatenate(orders)
    assert sorted((seen % count).tolist()) == sorted(2 * list(range(count)))
    assert low <= np.mean(seen >= count) <= high
    assert run.config.recipe.shifts == share


def test_a_stopped_training_on_shifts_goes_on_to_the_same_weights(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    dataset = small_dataset(write_films(tmp_path / "films"))
    whole, _ = trained(dataset, tmp_path / "whole", "paper", shifts=0.5, epochs=2)
    taken, step = 0, Learner.step

    def stopping(learner: Learner, *rest: object) -> torch.Tensor:
        nonlocal taken
        taken += 1
        if taken == 2:
            raise KeyboardInterrupt
        return step(learner, *rest)  # type: ignore[arg-type]

    monkeypatch.setattr(Learner, "step", stopping)
    with pytest.raises(KeyboardInterrupt):
        trained(dataset, tmp_path / "part", "paper", shifts=0.5, epochs=2)
    monkeypatch.setattr(Learner, "step", step)
    from cxr_gui.core.training.training import train
    from tests.support.small_study import small_config

    config = small_config("paper", shifts=0.5, epochs=2)
    part = progress.run(train(dataset, tmp_path / "part", config, resume=True))
    assert torch.equal(weights(part.classifier), weights(whole.classifier))
