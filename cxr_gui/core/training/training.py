"""Training: claim the folder, prepare the pixels, and let the trainer go through the epochs."""

from __future__ import annotations

import os
from contextlib import nullcontext
from functools import partial
from pathlib import Path

import torch

from cxr_gui.core.base.device import choose
from cxr_gui.core.base.distributed import first_alone, world
from cxr_gui.core.base.errors import TrainingError
from cxr_gui.core.base.progress import Event, Work
from cxr_gui.core.base.randomness import Purpose, seeded
from cxr_gui.core.data import Change, Dataset, Store, carve_validation, prepare
from cxr_gui.core.models import create
from cxr_gui.core.training.recipes import TrainConfig
from cxr_gui.core.training.run_folder import (
    Run,
    RunFolder,
    config_differences,
    read_run,
    read_run_config,
)
from cxr_gui.core.training.shifted_films import OneShift
from cxr_gui.core.training.trainer import Trainer

CPU = torch.device("cpu")


def train(
    dataset: Dataset, out: str | os.PathLike[str], config: TrainConfig, *, resume: bool = False
) -> Work[Run]:
    """Train a classifier on the train split of `dataset` into the folder `out`; the test split is never seen.

    Yields the store's events, a BatchDone per step, events of validation, and an EpochDone per epoch. Closing
    the generator stops: the state is written first, so that `resume=True` goes on where it was and ends as if
    it had never stopped (on the same CPU; where there is nothing to go on from, it begins). The state is also
    written after an epoch (unless that took a tenth of the time, as on a fast device) and, in long epochs,
    every three minutes: that much can be lost to a kill.

    Under torchrun the processes share every batch; the first one writes, and all return the run.

    Raises TrainingError (the folder holds another run or is in use, images changed or vanished, the loss is
    not finite, out of memory), SettingsError, CheckpointError, or OutputError when the disk is full. What was
    written last before that is whole, and can be resumed from.
    """
    folder = RunFolder(out)
    device = choose(config.device)
    if config.options.get("pretrained"):
        yield Event("Getting the ImageNet weights", 0, None)
    with seeded(CPU, config.seed, Purpose.WEIGHTS):
        classifier = create(config.architecture, **config.options)
    classifier.classes = dataset.classes
    here = world()
    with folder.locked() if here.first else nullcontext():
        if here.first:
            _check_folder(folder, dataset, config, resume=resume)
        training, validation, twins = yield from first_alone(
            here, partial(_prepare, dataset, config, classifier.input_size)
        )
        if here.first and not folder.config.exists():
            folder.write_config(config, dataset.opened, dataset.fingerprint(), dataset.reading)
        trainer = Trainer(folder, dataset, config, classifier, training, validation, device, twins)
        yield from trainer.run()
    here.wait()  # until the first process has written it all
    return read_run(folder.path)


def _check_folder(folder: RunFolder, dataset: Dataset, config: TrainConfig, *, resume: bool) -> None:
    """Refuse a folder that holds a run, unless it is this very one and is to be resumed."""
    if not folder.config.exists():
        return
    other = "Train into a new folder."
    if not resume:
        raise TrainingError("already holds a run.", where=folder.path, hint=f"Resume it, or: {other.lower()}")
    there = read_run_config(folder.config)
    if differ := config_differences(there.config, config):
        raise TrainingError(
            f"holds a run with another configuration ({'; '.join(differ)}).",
            where=folder.path,
            hint="Go on with its own, or train into a new folder.",
        )
    if there.fingerprint != dataset.fingerprint():
        raise TrainingError(
            "holds a run on other data, or the data has changed.", where=folder.path, hint=other
        )


def _prepare(
    dataset: Dataset, config: TrainConfig, size: tuple[int, int]
) -> Work[tuple[Store, Store | None, Store | None]]:
    """The prepared pixels of train, and of validation where there is one, less what is excluded; and of train
    after shifts, where the recipe has them.
    """
    recipe = config.recipe
    dataset = dataset.without(config.excluded)
    if recipe.validation == "carve":
        dataset = carve_validation(dataset, seed=config.seed)
    validation = None
    if dataset.of("validation"):
        validation = yield from _prepare_split(dataset, "validation", size)
    elif recipe.needs_validation:
        raise TrainingError(
            f"has too few images to set some aside for validation, which recipe '{recipe.name}' needs.",
            where=dataset.root,
            hint="Use a larger dataset, or recipe 'paper'.",
        )
    training = yield from _prepare_split(dataset, "train", size)
    twins = None
    if recipe.shifts:
        twins = yield from _prepare_split(dataset, "train", size, OneShift(config.seed))
        if twins.records != training.records:
            hint = "Put them back, or open the folder again and train anew."
            raise TrainingError("has images that changed meanwhile.", where=dataset.root, hint=hint)
    return training, validation, twins


def _prepare_split(
    dataset: Dataset, split: str, size: tuple[int, int], change: Change | None = None
) -> Work[Store]:
    records = tuple(record for record in dataset.of(split) if record.label is not None)
    store = yield from prepare(records, dataset.classes, size, change=change)
    gone = [problem.path for problem in store.problems if not Path(problem.path).exists()]
    if gone:
        others = f", and {len(gone) - 1} more files" if len(gone) > 1 else ""
        raise TrainingError(
            f"has vanished{others}.",
            where=gone[0],
            hint="Put it back, or open the folder again and train anew.",
        )
    if len(set(store.labels.tolist())) < 2:
        raise TrainingError(
            f"has no images of both classes in its {split} split.",
            where=dataset.root,
            hint=f"Put images into {split}/CLASS for both classes.",
        )
    return store
