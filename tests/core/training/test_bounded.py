"""Training on bounds: what no attack gets past is what is learned from, watched and chosen by."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn

from cxr_gui.core.attacks.projected_gradient import pgd
from cxr_gui.core.base import units
from cxr_gui.core.base.errors import CheckpointError
from cxr_gui.core.certify.reading import UnboundedError
from cxr_gui.core.data.records import Dataset
from cxr_gui.core.demo.film import radiograph
from cxr_gui.core.models.classifier import Classifier
from cxr_gui.core.models.registry import create
from cxr_gui.core.training.bounding import Bounded, worst_logits
from cxr_gui.core.training.events import EpochDone
from cxr_gui.core.training.learner import Learner
from cxr_gui.core.training.recipes import CERTIFIED
from cxr_gui.core.training.validation import Validation, best_threshold, chosen_threshold
from tests.support.small_study import trained


def films() -> torch.Tensor:
    """Six films of the demo, [6, 1, 224, 224]."""
    drawn = [radiograph(0, index, positive=index % 2 == 1, size=(224, 224)) for index in range(6)]
    return torch.from_numpy(np.stack(drawn)[:, None])


LABELS = torch.arange(6) % 2
EPSILON = units.to_pixel(CERTIFIED.epsilon, "model")


def small(architecture: str) -> Classifier:
    torch.manual_seed(0)
    return create(architecture, width=8)


@pytest.mark.parametrize("architecture", ["bounded_cnn", "compact_cnn"])
def test_no_attack_gets_past_the_worst_logits(architecture: str) -> None:
    classifier, pixels = small(architecture).eval(), films()
    worst = worst_logits(classifier, pixels, LABELS, CERTIFIED)
    sign = 2.0 * LABELS - 1
    with torch.no_grad():
        attacked = classifier(pgd(classifier, pixels, LABELS, EPSILON, steps=10))
        clean = classifier(pixels)
    assert (sign * worst <= sign * attacked + 1e-5).all()
    assert (sign * worst < sign * clean).all()


@pytest.mark.parametrize("architecture", ["bounded_cnn", "compact_cnn"])
def test_without_epsilon_the_worst_logits_are_the_clean_ones(architecture: str) -> None:
    classifier, pixels = small(architecture), films()
    worst, clean = Bounded(classifier)(pixels, LABELS, 0.0, clean=True)
    torch.testing.assert_close(worst, clean, rtol=1e-4, atol=1e-4)


def test_a_step_lowers_the_loss_of_the_worst_and_the_clean_share_falls_with_epsilon() -> None:
    recipe = CERTIFIED.changed(flip=0.0, clean_share=0.25)
    learner = Learner(
        small("bounded_cnn"), recipe, seed=0, steps=100, weights=torch.ones(2), device=torch.device("cpu")
    )
    pixels, truth = films(), LABELS.float()
    shares = []
    for number in (0, 25, 50, 99):
        with torch.no_grad():
            losses, worst = learner._losses(pixels, truth, EPSILON, number)
            clean = learner.classifier(pixels)
        of_worst, of_clean = (
            nn.functional.binary_cross_entropy_with_logits(logits, truth, reduction="none")
            for logits in (worst, clean)
        )
        shares.append(float(((losses - of_worst) / (of_clean - of_worst)).mean()))
    np.testing.assert_allclose(shares, [1.0, 0.625, 0.25, 0.25], atol=1e-3)


def test_a_certified_run_tells_what_is_certified_and_chooses_by_it(dataset: Dataset, tmp_path: Path) -> None:
    run, events = trained(dataset, tmp_path, "certified", epsilon=0.01, epsilon_warmup=1.0)
    ends = [event for event in events if isinstance(event, EpochDone)]
    assert run.outcome == "finished"
    for end in ends:
        assert end.certified_accuracy is not None
        assert end.validation_accuracy is not None
        assert end.certified_accuracy <= end.validation_accuracy
    best = max(ends, key=lambda end: (end.certified_balanced_accuracy or 0.0, -end.epoch))
    assert run.best_epoch == best.epoch
    assert [row.certified_accuracy for row in run.history] == [end.certified_accuracy for end in ends]


def test_the_threshold_is_where_clean_and_certified_are_best() -> None:
    labels = np.array([0, 0, 1, 1])
    logits, worst = np.array([-2, -1, 1, 2], np.float32), np.array([-1, 0.5, 0.6, 1], np.float32)
    found = chosen_threshold(Validation(logits, labels, worst_logits=worst), CERTIFIED)
    assert found == best_threshold(logits, labels, worst, labels)
    assert found != best_threshold(logits, labels)


def test_bounds_that_teach_one_answer_for_all_are_a_collapse(dataset: Dataset, tmp_path: Path) -> None:
    run, _ = trained(dataset, tmp_path, "certified", learning_rate=0.0, epsilon_warmup=0.0)
    assert (run.outcome, len(run.history)) == ("collapsed", 1)


def test_a_collapse_with_nothing_to_step_back_to_is_said(dataset: Dataset, tmp_path: Path) -> None:
    changes = {"learning_rate": 0.0, "epsilon_warmup": 0.0, "on_collapse": "step back"}
    with pytest.raises(CheckpointError, match="holds no epoch to step back to"):
        trained(dataset, tmp_path, "certified", **changes)


def test_a_layer_without_bounds_is_named_before_the_training() -> None:
    classifier = Classifier(
        nn.Sequential(nn.Flatten(), nn.Linear(3 * 32 * 32, 4), nn.Softmax(1), nn.Linear(4, 1)),
        architecture="soft",
        input_size=(32, 32),
    )
    with pytest.raises(UnboundedError, match="Softmax"):
        Bounded(classifier)
