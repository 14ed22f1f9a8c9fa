"""What somebody chose in a window, in the plain values that a queue keeps. Free of torch.

Of a sweep they are also what is known of one that did not end, see `unfinished_sweeps`.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cxr_gui.core.base.files import exists
from cxr_gui.core.queue.queued import Kind, QueuedJob, job_name
from cxr_gui.core.training import RECIPES, TrainConfig

if TYPE_CHECKING:
    from cxr_gui.core.data import Dataset

FOLDERS: dict[Kind, str] = {"train": "runs", "sweep": "sweeps"}


def train_options(dataset: Dataset, config: TrainConfig) -> dict[str, Any]:
    """A training on a dataset."""
    recipe = config.recipe.to_dict()
    base = RECIPES.get(config.recipe.name.partition(",")[0]) or RECIPES["paper"]  # "paper, changed"
    usual = base.to_dict()
    changed = {key: value for key, value in recipe.items() if value != usual[key]}
    return {
        **_data(dataset),
        "model": config.architecture,
        "options": dict(config.options),
        "recipe": base.name,
        **{key: value for key, value in changed.items() if key not in ("name", "summary")},
        "seed": config.seed,
        "device": config.device,
        "excluded": list(config.excluded),
    }


def sweep_options(
    dataset: Dataset,
    classifier: Path | None,
    epsilons: Sequence[float],
    *,
    attack: str,
    parameters: Mapping[str, object],
    threat: str,
    split: str = "test",
    certify: bool = False,
) -> dict[str, Any]:
    """A sweep of a dataset over epsilons in pixel units; `classifier` is its checkpoint, or None."""
    return {
        **_data(dataset),
        "classifier": "" if classifier is None else str(classifier),
        "attack": attack,
        "param": dict(parameters),
        "threat": threat,
        "eps": list(epsilons),
        "eps_unit": "pixel",
        "split": split,
        "certify": certify,
    }


def make_job(
    kind: Kind, name: str, options: Mapping[str, Any], folder: Path, others: Iterable[QueuedJob]
) -> QueuedJob:
    """A job that writes into `folder`, called `name` or something like it that no other job or folder is."""
    taken = {job.name for job in others}
    name = job_name(name)
    for each in itertools.chain([name], (f"{name}-{number}" for number in itertools.count(2))):
        out = folder / FOLDERS[kind] / each
        if each not in taken and not exists(out):
            break
    return QueuedJob(each, kind, {**options, "out": str(out)})


def _data(dataset: Dataset) -> dict[str, Any]:
    reading = {key: value for key, value in vars(dataset.reading).items() if value is not None}
    return {"data": str(dataset.opened), "reading": reading}
