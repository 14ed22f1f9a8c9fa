"""A step that is played again is the step as written; what cannot be captured goes on as written."""

from __future__ import annotations

import copy
from functools import partial

import pytest
import torch
from torch import Tensor

from cxr_gui.core.models.registry import create
from cxr_gui.core.training.learner import Learner
from cxr_gui.core.training.recipes import RECIPES, Recipe
from cxr_gui.core.training.replay import WARM, Replay
from tests.support.tape import Tape, taped

CPU = torch.device("cpu")
STEPS = 9
DROPPING = RECIPES["balanced"].changed(averaging=0.3, learning_rate=0.01, warmup=0.2)


def learner(recipe: Recipe, architecture: str = "compact_cnn", **options: object) -> Learner:
    torch.manual_seed(0)
    classifier = create(architecture, **({"width": 4} | options))
    return Learner(classifier, recipe, seed=0, steps=STEPS, weights=torch.tensor([0.7, 1.3]), device=CPU)


def capturing(ours: Learner, tapes: list[Tape]) -> Replay:
    """A replay by tape. Noting runs the step, so what it changed is put back."""

    def capture(work: object) -> object:
        before = copy.deepcopy({**ours.tensors()})
        state = torch.get_rng_state()
        found = taped(work, tapes)  # type: ignore[arg-type]
        moments = ours.optimiser.tensors()
        for name, value in ours.classifier.state_dict().items():
            value.copy_(before[f"classifier.{name}"])
        for name, value in moments.items():
            value.copy_(before[f"optimiser.{name}"])
        if ours.judged is not ours.classifier:
            for name, value in ours.judged.state_dict().items():
                value.copy_(before[f"mean.{name}"])
        torch.set_rng_state(state)
        return found

    return Replay(capture)  # type: ignore[arg-type]


def batches(last: int = 4) -> list[tuple[Tensor, Tensor]]:
    torch.manual_seed(1)
    counts = [4] * (STEPS - 2) + [last, 4]
    return [(torch.rand(count, 1, 224, 224), (torch.arange(count) % 2).float()) for count in counts]


@pytest.mark.parametrize("recipe", [RECIPES["paper"], DROPPING], ids=["paper", "all that is random"])
def test_a_played_step_is_the_step_as_it_is_written(recipe: Recipe) -> None:
    """Dropout, augmentation, schedule and running mean are each step's; a smaller batch fits in."""
    plain, played = learner(recipe), learner(recipe)
    tapes: list[Tape] = []
    played.replay = capturing(played, tapes)
    for number, batch in enumerate(batches(last=3)):
        expected, found = plain.step(*batch, number), played.step(*batch, number)
        torch.testing.assert_close(found, expected, rtol=1e-5, atol=1e-6)
    assert played.replay.refused == ""
    assert [tape.played for tape in tapes] == [STEPS - WARM - 1]
    for (name, value), same in zip(plain.tensors().items(), played.tensors().values(), strict=True):
        torch.testing.assert_close(same, value, rtol=1e-4, atol=1e-6, msg=name)


def test_fresh_moments_are_captured_anew() -> None:
    ours, tapes = learner(RECIPES["paper"]), []
    ours.replay = capturing(ours, tapes)
    for number, batch in enumerate(batches()):
        ours.step(*batch, number)
    assert ours.replay.captured
    ours.forget()
    assert not ours.replay.captured


@pytest.mark.parametrize("recipe", ["robust-fgsm", "certified"])
def test_steps_that_are_not_alike_are_not_captured(recipe: str) -> None:
    architecture = "bounded_cnn" if recipe == "certified" else "compact_cnn"
    ours, tapes = learner(RECIPES[recipe], architecture), []
    ours.replay = capturing(ours, tapes)
    for number, batch in enumerate(batches()[: WARM + 2]):
        ours.step(*batch, number)
    assert not tapes


def test_what_was_captured_gives_way_when_memory_is_short() -> None:
    ours, tapes = learner(RECIPES["paper"]), []
    ours.replay = capturing(ours, tapes)
    for number, batch in enumerate(batches()):
        ours.pieces.count = 1 if number < STEPS - 1 else 2
        ours.step(*batch, number)
    assert [tape.played for tape in tapes] == [STEPS - WARM - 1]
    assert not ours.replay.captured
    assert ours.replay.refused


def test_what_looks_into_a_tensor_cannot_be_captured_and_goes_on() -> None:
    replay = Replay(taped)

    def work(values: Tensor) -> Tensor:
        return values * 2 if float(values.sum()) > 0 else values

    for number in range(WARM + 3):
        assert float(replay(work, torch.tensor([float(number)]))) == 2 * number
    assert "not permitted" in replay.refused
    assert not replay.captured
    assert not replay.possible


def test_arguments_of_other_shapes_are_worked_on_as_written() -> None:
    calls: list[int] = []

    def work(values: Tensor) -> Tensor:
        calls.append(len(values))
        return values.sum()

    replay = Replay(partial(taped, tapes=None))
    for count in (*[3] * (WARM + 1), 3, 2, 3, 5):
        assert float(replay(work, torch.ones(count))) == count
    assert calls == [*[3] * (WARM + 1), 2, 5]
    answer, again = replay(work, torch.ones(3)), replay(work, torch.zeros(3))
    assert (float(answer), float(again)) == (3.0, 0.0)  # an answer is not the next one's place
