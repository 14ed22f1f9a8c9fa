"""Leaving images out of training: what the run trains on, what its config says, and going on with it."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from cxr_gui.core.base import progress
from cxr_gui.core.base.errors import TrainingError
from cxr_gui.core.data.records import Dataset
from cxr_gui.core.training.run_folder import read_config, same_training
from cxr_gui.core.training.training import train
from tests.support.small_study import small_config


def names(dataset: Dataset, number: int) -> tuple[str, ...]:
    return tuple(sorted(dataset.below_root(record.path) for record in dataset.of("train", "NORMAL")[:number]))


def test_excluded_images_are_not_trained_on_and_the_run_says_so(dataset: Dataset, tmp_path: Path) -> None:
    config = replace(small_config(epochs=1), excluded=names(dataset, 5))
    run = progress.run(train(dataset, tmp_path, config))
    assert run.classifier.card.data["train"] == {"NORMAL": 24 - 5, "PNEUMONIA": 24}
    assert json.loads((tmp_path / "config.json").read_text())["excluded"] == list(names(dataset, 5))
    assert read_config(tmp_path) == config


def test_nothing_excluded_goes_to_validation_either(dataset: Dataset, tmp_path: Path) -> None:
    config = replace(small_config("balanced", epochs=1), excluded=names(dataset, 20))
    run = progress.run(train(dataset, tmp_path, config))
    assert sum(run.classifier.card.data["train"].values()) < 24 + 4
    assert run.classifier.card.data["train"]["NORMAL"] < 4


def test_a_run_does_not_go_on_with_other_exclusions(dataset: Dataset, tmp_path: Path) -> None:
    config = replace(small_config(epochs=1), excluded=names(dataset, 2))
    progress.run(train(dataset, tmp_path, config))
    assert not same_training(config, small_config(epochs=1))
    with pytest.raises(TrainingError, match="another configuration"):
        progress.run(train(dataset, tmp_path, small_config(epochs=1), resume=True))


def test_a_config_of_before_excludes_nothing(dataset: Dataset, tmp_path: Path) -> None:
    progress.run(train(dataset, tmp_path, small_config(epochs=1)))
    document = json.loads((tmp_path / "config.json").read_text())
    del document["excluded"]
    (tmp_path / "config.json").write_text(json.dumps(document))
    assert read_config(tmp_path).excluded == ()


def test_a_class_cannot_be_left_out_whole(dataset: Dataset, tmp_path: Path) -> None:
    config = replace(small_config(epochs=1), excluded=names(dataset, 24))
    with pytest.raises(TrainingError, match="no images of both classes"):
        progress.run(train(dataset, tmp_path, config))
