"""Trainings that take seconds."""

from __future__ import annotations

import sys
from pathlib import Path

import torch

from cxr_gui.core.base import progress
from cxr_gui.core.data.dataset import scan
from cxr_gui.core.data.records import Dataset
from cxr_gui.core.models.classifier import Classifier
from cxr_gui.core.training import trainer
from cxr_gui.core.training.events import BatchDone
from cxr_gui.core.training.recipes import RECIPES, Recipe, TrainConfig
from cxr_gui.core.training.run_folder import Run
from cxr_gui.core.training.training import train

SMALL: dict[str, object] = {"width": 4}


def small_config(recipe: str | Recipe = "paper", **changes: object) -> TrainConfig:
    """Three epochs of a four-wide compact_cnn, batches of 8, on the CPU."""
    chosen = RECIPES[recipe] if isinstance(recipe, str) else recipe
    quick: dict[str, object] = {"epochs": 3, "batch_size": 8, "learning_rate": 2e-3}
    if chosen.robust:
        quick |= {"attack_steps": min(chosen.attack_steps, 2), "probe_images": 8, "probe_steps": 2}
    return TrainConfig("compact_cnn", SMALL, chosen.changed(**(quick | changes)), seed=3, device="cpu")


def small_dataset(folder: Path) -> Dataset:
    return progress.run(scan(folder))


def trained(
    dataset: Dataset, out: Path, recipe: str | Recipe = "paper", **changes: object
) -> tuple[Run, list[progress.Event]]:
    """A small training from beginning to end: the run and its events."""
    events: list[progress.Event] = []
    return progress.run(train(dataset, out, small_config(recipe, **changes)), events.append), events


def weights(classifier: Classifier) -> torch.Tensor:
    """All of a classifier's numbers, one after another."""
    return torch.cat([value.flatten().float() for value in classifier.state_dict().values()])


def main() -> None:
    """`python small_study.py FILMS RUN RECIPE`: go on with the training in RUN, a line per step."""
    films, run, recipe = sys.argv[1:]
    torch.set_num_threads(1)
    trainer.SECONDS_BETWEEN_STATES = (
        0.05  # so that kills also hit while, and after, a state is written mid-epoch
    )

    def tell(event: progress.Event) -> None:
        if isinstance(event, BatchDone):
            sys.stdout.write(f"{event.done}\n")
            sys.stdout.flush()

    progress.run(train(small_dataset(Path(films)), run, small_config(recipe), resume=True), tell)


if __name__ == "__main__":
    main()
