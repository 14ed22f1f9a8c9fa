"""How many images a sweep attacks at once: 32 on a CPU, what an accelerator's memory holds there."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import nn

from cxr_gui.core.attacks import create_attack
from cxr_gui.core.base import device as devices
from cxr_gui.core.base import progress
from cxr_gui.core.sweep import sweeping
from cxr_gui.core.sweep.batch_size import LARGEST, LAYERS, POINTS, SHARE, chosen_batch_size, fitting
from cxr_gui.core.sweep.sweeping import sweep_store
from tests.support.made_data import EPSILONS, FakeStore
from tests.support.victims import SIDE, classifier_of, cnn

IMAGE = torch.zeros(1, 3, SIDE, SIDE)


def known() -> nn.Module:
    """Answers with 4 x 8 x 8 numbers, twice, 256 in a row, and one logit; the whole network with that one."""
    return classifier_of(
        nn.Sequential(nn.Conv2d(3, 4, 3, padding=1), nn.ReLU(), nn.Flatten(), nn.Linear(256, 1))
    )


def test_the_memory_of_a_device_holds_so_many_images() -> None:
    numbers = LAYERS * (3 * 256 + 1 + 1 + 1) + POINTS * 3 * SIDE * SIDE
    for images in (1, 7, 100):
        free = int(images * 4 * numbers / SHARE) + 1
        assert fitting(known(), IMAGE, free) == images
        assert fitting(known(), IMAGE, free - 2) == max(1, images - 1)
        assert fitting(known().double(), IMAGE.double(), 2 * free) == images
    assert fitting(known(), IMAGE, 2**50) == LARGEST
    assert fitting(known(), IMAGE, 0) == 1


@pytest.mark.parametrize("name", ["pgd", "apgd", "fab", "square"])
def test_an_attack_holds_no_more_numbers_than_are_counted(name: str) -> None:
    """What its tensors and the classifier's take at the same time, as PyTorch's profiler counts it."""
    classifier, pixels = known(), torch.full((64, 3, SIDE, SIDE), 0.5)
    attack = create_attack(name, **({"queries": 4} if name == "square" else {"steps": 4}))
    labels = (classifier(pixels) >= 0).long()
    with torch.profiler.profile(profile_memory=True) as profile:
        attack(classifier, pixels, labels, 1e-6)
    held = highest = 0
    for event in profile.profiler.kineto_results.events():  # type: ignore[union-attr]
        if event.name() == "[memory]":
            held += event.nbytes()
            highest = max(highest, held)
    numbers = LAYERS * (3 * 256 + 3) + POINTS * 3 * SIDE * SIDE
    assert pixels.nbytes < highest <= 64 * 4 * numbers


def test_counting_leaves_no_hook_behind() -> None:
    classifier = known()
    fitting(classifier, IMAGE, 2**30)
    assert not any(layer._forward_hooks for layer in classifier.modules())


def test_a_cpu_takes_as_many_as_ever() -> None:
    assert chosen_batch_size(cnn(), IMAGE, most=5) == 32


@pytest.mark.parametrize(("asked", "used"), [(None, 7), (5, 5)])
def test_what_was_chosen_is_used_and_written_down(
    asked: int | None, used: int, monkeypatch: pytest.MonkeyPatch, store: FakeStore
) -> None:
    monkeypatch.setattr(sweeping, "chosen_batch_size", lambda *_: 7)
    sizes, real = [], store.batches
    monkeypatch.setattr(store, "batches", lambda size, **options: sizes.append(size) or real(size, **options))
    options: dict[str, Any] = {"checked": 0, "noise": False, "critical": False, "batch_size": asked}
    result = progress.run(sweep_store(cnn(), store, "fgsm", EPSILONS, **options))  # type: ignore[arg-type]
    assert sizes == [used]
    assert result.about["batch_size"] == used


def test_free_memory_is_the_devices_own(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "mem_get_info", lambda device: (3 * 2**30, 8 * 2**30))
    monkeypatch.setattr(torch.mps, "recommended_max_memory", lambda: 9)
    monkeypatch.setattr(torch.mps, "driver_allocated_memory", lambda: 4)
    assert devices.memory_free(torch.device("cuda", 0)) == 3 * 2**30
    assert devices.memory_free(torch.device("mps")) == 5
    assert devices.memory_free(torch.device("cpu")) > 2**20
