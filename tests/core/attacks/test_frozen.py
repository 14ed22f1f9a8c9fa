"""A classifier is frozen once around an attack, and is what it was after it, however it ends."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from cxr_gui.core.attacks.gradient import frozen, loss_gradient
from cxr_gui.core.attacks.protocol import Attack, Batch
from cxr_gui.core.attacks.registry import create_attack
from cxr_gui.core.base.progress import run
from cxr_gui.core.sweep import sweep
from tests.support.victims import classifier_of, cnn, radiographs

PIXELS, LABELS = radiographs(4), torch.arange(4) % 2
LONG: list[Attack] = [
    create_attack("pgd", steps=6),
    create_attack("apgd", steps=6),
    create_attack("fab", steps=6),
    create_attack("square", queries=6),
    create_attack("ensemble", steps=6, restarts=1, queries=6),
]


def flags(classifier: nn.Module) -> list[bool]:
    return [module.training for module in classifier.modules()] + [
        weight.requires_grad for weight in classifier.parameters()
    ]


def mixed() -> nn.Module:
    """In train mode, but for one layer in eval mode and one weight that is not trained."""
    classifier = cnn().train()
    classifier.network[1].eval()
    classifier.network[0].bias.requires_grad_(False)
    return classifier


def pooled() -> nn.Module:
    """One that attacks see as a classifier of block means, an object of its own with the same layers."""
    layers = [nn.AvgPool2d(2), nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4), nn.Flatten(), nn.Linear(16, 1)]
    return classifier_of(nn.Sequential(*layers)).train()


@pytest.mark.parametrize("victim", [mixed, pooled])
@pytest.mark.parametrize("attack", LONG, ids=lambda attack: attack.name)
def test_between_the_steps_of_an_attack_it_is_as_it_was(attack: Attack, victim: Any) -> None:
    """So whoever closes it there, or trains it meanwhile, has nothing to put back."""
    classifier = victim()
    before, statistics = flags(classifier), {k: v.clone() for k, v in classifier.state_dict().items()}
    for _ in attack.search(classifier, Batch(PIXELS, LABELS, range(4)), 1e-4):
        assert flags(classifier) == before
    assert flags(classifier) == before
    assert all(torch.equal(value, statistics[name]) for name, value in classifier.state_dict().items())


def test_whoever_holds_it_last_puts_it_back() -> None:
    """As threads do, which let go in no order."""
    classifier = mixed()
    before = flags(classifier)
    first, second = frozen(classifier), frozen(classifier)
    first.__enter__()
    second.__enter__()
    first.__exit__(None, None, None)
    assert not any(flags(classifier))
    second.__exit__(None, None, None)
    assert flags(classifier) == before


def test_threads_that_share_it_find_it_frozen_and_leave_it_as_it_was() -> None:
    seen = set()

    class Looking(nn.Module):
        def forward(self, pixels: Tensor) -> Tensor:
            seen.update(flags(classifier))
            return pixels

    classifier = mixed()
    classifier.network.insert(0, Looking())
    before = flags(classifier)
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda _: LONG[0](classifier, PIXELS, LABELS, 1e-4), range(12)))
    assert seen == {False}
    assert flags(classifier) == before


def failing(calls: int) -> nn.Module:
    """One that answers so many times."""

    class Failing(nn.Module):
        left = calls

        def forward(self, pixels: Tensor) -> Tensor:
            self.left -= 1
            if self.left < 0:
                raise RuntimeError("no more")
            return pixels

    classifier = mixed()
    classifier.network.insert(0, Failing())
    return classifier


@pytest.mark.parametrize("attack", LONG, ids=lambda attack: attack.name)
def test_an_error_within_an_attack_leaves_it_as_it_was(attack: Attack) -> None:
    classifier = failing(3)
    before = flags(classifier)
    with pytest.raises(RuntimeError, match="no more"):
        attack(classifier, PIXELS, LABELS, 1e-4)
    assert flags(classifier) == before


def test_an_error_within_a_sweep_leaves_it_as_it_was() -> None:
    classifier = failing(9)
    before = flags(classifier)
    with pytest.raises(RuntimeError, match="no more"):
        run(sweep(classifier, [(PIXELS, LABELS)] * 2, LONG[0], [1e-4]))
    assert flags(classifier) == before


def test_a_sweep_that_is_closed_leaves_it_as_it_was() -> None:
    classifier = mixed()
    before = flags(classifier)
    work = sweep(classifier, [(PIXELS, LABELS)] * 2, LONG[0], [0.01])
    next(work)
    next(work)
    work.close()
    assert flags(classifier) == before


def walks(monkeypatch: pytest.MonkeyPatch) -> list[nn.Module]:
    """Who was asked for all its modules, from now on."""
    asked: list[nn.Module] = []
    real = nn.Module.modules
    monkeypatch.setattr(nn.Module, "modules", lambda self: asked.append(self) or real(self))
    return asked


def test_it_is_walked_through_once_and_not_at_every_step(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = walks(monkeypatch)
    create_attack("pgd", steps=40)(mixed(), PIXELS, LABELS, 1e-4)
    assert len(asked) == 1


def test_a_sweep_walks_through_it_as_often_as_it_says_something(monkeypatch: pytest.MonkeyPatch) -> None:
    """Not at every step."""
    asked = walks(monkeypatch)
    events = list(sweep(mixed(), [(PIXELS, LABELS)] * 2, create_attack("pgd", steps=40), [1e-4, 2e-4]))
    assert len(asked) <= len(events) + 2


def test_a_block_within_a_block_does_not_end_it() -> None:
    classifier = mixed()
    before = flags(classifier)
    with frozen(classifier):
        loss_gradient(classifier, PIXELS, LABELS)
        assert not any(flags(classifier))
    assert flags(classifier) == before
