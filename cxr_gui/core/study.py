"""The whole study: data, audit, training, sweep and report, in one folder that says how to make it again."""

from __future__ import annotations

import itertools
import re
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

import cxr_gui
from cxr_gui.core import device as devices
from cxr_gui.core import distributed, published, units
from cxr_gui.core.attacks import Attack, create_attack
from cxr_gui.core.audit import audit
from cxr_gui.core.data.reading import AS_RECOGNISED, Reading
from cxr_gui.core.dataset import Dataset, scan
from cxr_gui.core.demo import ensure_demo
from cxr_gui.core.errors import DatasetError
from cxr_gui.core.files import atomic_path, write_json
from cxr_gui.core.images import read, to_input
from cxr_gui.core.inspecting.inspection import Inspector
from cxr_gui.core.models import Classifier
from cxr_gui.core.progress import Event, Work
from cxr_gui.core.recipes import RECIPES, TrainConfig, find_recipe
from cxr_gui.core.report import accuracy_chart, panel, save_figure, write_report
from cxr_gui.core.report.source import MOST_SWEEPS
from cxr_gui.core.store import prepare
from cxr_gui.core.sweep import SweepResult, in_turn, sweep_store, write_sweep
from cxr_gui.core.sweeping.comparison import can_be_compared
from cxr_gui.core.training import train

EXAMPLE_EPSILON = 0.03  # model units

DEMO_TRAIN, DEMO_TEST = 480, 120
DEMO_RECIPE = RECIPES["balanced"].changed(
    name="demo",
    summary="balanced, in fewer and larger steps: a classifier in a minute or so",
    epochs=8,
    batch_size=16,
    learning_rate=3e-3,
)


def study(
    out: Path,
    *,
    data: Path | None,
    config: TrainConfig,
    command: str,
    resume: bool = False,
    reading: Reading = AS_RECOGNISED,
) -> Work[Path]:
    """Train, sweep FGSM over the published epsilons on the test split, and report; returns `out`.

    `data` None means the demo data; `reading` says how a folder is to be read.
    Writes study.json, run/, sweep/, examples/, chart.png, report.html and
    report.pdf. Raises DatasetError, TrainingError or OutputError; what was finished by then stays.
    """
    seconds: dict[str, float] = {}
    timed = _timer(seconds)
    folder = data if data is not None else (yield from ensure_demo(train=DEMO_TRAIN, test=DEMO_TEST))
    dataset = yield from scan(folder, **vars(reading))
    if not dataset.of("test"):
        raise DatasetError("has no test split to attack.", where=folder, hint="Add a folder named 'test'.")
    findings = yield from timed("audit", audit(dataset))
    run = yield from timed("train", train(dataset, out / "run", config, resume=resume))
    epsilons = [units.to_pixel(value, "model") for value in published.EPSILONS]
    attack = create_attack(published.ATTACK)
    result = yield from timed(
        "sweep",
        sweep_dataset(
            run.classifier, dataset, attack, epsilons, threat=published.THREAT, device=config.device
        ),
    )
    write_sweep(result, out / "sweep")
    write_chart([result], out / "sweep" / "chart.png")
    write_chart([result], out / "chart.png")
    examples = yield from write_examples(run.classifier, dataset, result, out / "examples")
    write_json(
        out / "study.json",
        {
            "kind": "study",
            "version": cxr_gui.__version__,
            "command": command,
            "run": "run",
            "sweep": "sweep",
            "audit": findings.to_json(),
            "data": {
                "name": "demo data (synthetic)" if data is None else dataset.root.name,
                "counts": dataset.counts(),
                "classes": dataset.classes,
                "fingerprint": dataset.fingerprint(),
            },
            "seconds": seconds,
            "images_per_second": {
                "train": round(run.history[-1].images_per_second, 2) if run.history else None
            },
            "examples": examples,
        },
    )
    for name in ("report.html", "report.pdf"):
        yield Event("Writing the report", 0, None)
        write_report(out, out / name)
    return out


def sweep_dataset(
    classifier: Classifier,
    dataset: Dataset,
    attack: Attack,
    epsilons: Sequence[float],
    *,
    split: str = "test",
    threat: str = "rgb",
    batch_size: int = 32,
    device: str = "auto",
    seed: int = 0,
    limit: int | None = None,
    critical: bool = True,
) -> Work[SweepResult]:
    """Prepare a split's pixels and sweep `attack` over `epsilons` (pixel units) on it.

    limit     attack only that many images, drawn with the seed
    critical  also look for each image's critical epsilon
    Raises DatasetError when the split is empty,
    its images have no labels, or its classes are not the classifier's.
    """
    records = tuple(record for record in dataset.of(split) if record.label is not None)
    if not records:
        raise DatasetError(
            f"has no labelled images in its {split} split.",
            where=dataset.root,
            hint="Choose another split, or a folder with one sub-folder per class.",
        )
    if set(dataset.classes) != set(classifier.classes):
        raise DatasetError(
            f"has the classes {' and '.join(dataset.classes)}; "
            f"the classifier knows {' and '.join(classifier.classes)}.",
            where=dataset.root,
            hint="Choose the classifier that was trained for these classes.",
        )
    store = yield from distributed.first_alone(
        distributed.world(), partial(prepare, records, classifier.classes, classifier.input_size)
    )
    return (
        yield from sweep_store(
            classifier,
            store,
            attack,
            epsilons,
            threat=threat,
            batch_size=batch_size,
            device=devices.choose(device),
            seed=seed,
            limit=limit,
            critical=critical,
            root=dataset.root,
            about={
                "split": split,
                "data": {"name": dataset.root.name, "fingerprint": dataset.fingerprint()},
            },
        )
    )


def compare(
    classifiers: Sequence[Classifier],
    dataset: Dataset,
    attacks: Sequence[Attack],
    epsilons: Sequence[float],
    *,
    threats: Sequence[str] = ("rgb",),
    **options: Any,
) -> Work[tuple[SweepResult, ...]]:
    """Sweep every attack under every threat model against every classifier, one after another.

    Each result carries its classifier's name as `about["classifier"]`. options as of `sweep_dataset`.
    """
    return (
        yield from in_turn(
            sweep_dataset(classifier, dataset, attack, epsilons, threat=threat, **options)
            for classifier, attack, threat in itertools.product(classifiers, attacks, threats)
        )
    )


def write_sweeps(sweeps: Sequence[SweepResult], out: Path) -> Work[Path]:
    """Write sweeps into their folders in `out`, each with its chart and report, and their common chart.

    Several that attacked images in common are compared in a report of their own, in `out`.
    """
    folders = sweep_folders(sweeps, out)
    for number, (result, folder) in enumerate(zip(sweeps, folders, strict=True)):
        yield Event("Writing the sweeps", number, len(sweeps))
        write_sweep(result, folder)
    for number, (result, folder) in enumerate(zip(sweeps, folders, strict=True)):
        yield Event("Writing the reports", number, len(sweeps))
        write_chart([result], folder / "chart.png")
        for name in ("report.html", "report.pdf"):
            write_report(folder, folder / name)
    write_chart(sweeps, out / "chart.png")
    if 1 < len(sweeps) <= MOST_SWEEPS and can_be_compared(sweeps):
        yield Event("Comparing the sweeps", 0, None)
        for name in ("report.html", "report.pdf"):
            write_report(folders[0], out / name, *folders[1:])
    return out


def sweep_folders(sweeps: Sequence[SweepResult], out: Path) -> list[Path]:
    """Where each sweep is written: a single one in `out` itself, several in numbered folders in it."""
    if len(sweeps) == 1:
        return [out]
    return [
        out / f"{number}-{result.attack.name}-{result.threat}"
        for number, result in enumerate(sweeps, start=1)
    ]


def write_chart(sweeps: Sequence[SweepResult], path: Path) -> None:
    """Draw accuracy versus epsilon to `path`; the published points join in where they can be compared."""
    save_figure(accuracy_chart(sweeps, published=all(comparable(result) for result in sweeps)), path)


def comparable(result: SweepResult) -> bool:
    """True when a sweep attacked such a classifier as the published one, on its images in its way."""
    return not result.unlike_published


def write_examples(
    classifier: Classifier, dataset: Dataset, result: SweepResult, folder: Path
) -> Work[list[dict[str, str]]]:
    """Draw the most fragile, a typical and the most robust image of each class; returns files and captions.

    result  a sweep of images of `dataset`, with their critical epsilons
    """
    examples: list[dict[str, str]] = []
    if result.paths is None:
        return examples
    chosen = example_images(result)
    for number, (index, why) in enumerate(chosen):
        yield Event("Drawing examples", number, len(chosen))
        label = int(result.labels[index])
        pixels = to_input(read(dataset.root / result.paths[index]).pixels, classifier.input_size)
        inspector = Inspector(classifier, pixels, result.attack, result.threat, label)
        inspection = inspector.at(units.to_pixel(EXAMPLE_EPSILON, "model"))
        name = f"{_file_name(classifier.classes[label])}-{why.replace(' ', '-')}.png"
        with atomic_path(folder / name) as temporary:
            panel(inspection).save(temporary)
        examples.append(
            {
                "file": f"examples/{name}",
                "caption": f"{classifier.classes[label]}, {why}: {inspection.sentence()}",
            }
        )
    return examples


def _file_name(label: str) -> str:
    """A class's name as a part of a file's: a table of labels may have one like ../../.bashrc."""
    return re.sub(r"\W+", "-", label.lower()).strip("-") or "class"


def example_images(result: SweepResult) -> list[tuple[int, str]]:
    """Indices of the images with the smallest, median and largest critical epsilon in each class, and why.

    Images that were wrong at epsilon 0 say nothing about fragility and are left out.
    """
    chosen: list[tuple[int, str]] = []
    if result.critical is None:
        return chosen
    right = result.correct[0]
    for label in (1, 0):
        candidates = np.flatnonzero(right & (result.labels == label))
        order = candidates[np.argsort(result.critical[candidates], kind="stable")]
        if len(order) >= 3:
            places = (("most fragile", 0), ("typical", len(order) // 2), ("most robust", len(order) - 1))
            chosen += [(int(order[place]), why) for why, place in places]
    return chosen


def study_config(
    *, demo: bool, architecture: str | None = None, recipe: str | None = None, **changes: Any
) -> TrainConfig:
    """The training a study does when nothing else is said: the published one, or the demo's small one."""
    architecture = architecture or ("compact_cnn" if demo else "paper_cnn")
    default = DEMO_RECIPE if demo else RECIPES["paper"]
    config = TrainConfig(architecture=architecture, recipe=find_recipe(recipe) if recipe else default)
    settings = {name: changes.pop(name) for name in ("seed", "device") if changes.get(name) is not None}
    recipe_changes = {name: value for name, value in changes.items() if value is not None}
    return replace(config, recipe=config.recipe.changed(**recipe_changes), **settings)


def _timer(seconds: dict[str, float]) -> Callable[[str, Work[Any]], Work[Any]]:
    """Wrap work so that the time it took is noted under a name."""

    def timed(name: str, work: Work[Any]) -> Work[Any]:
        start = time.monotonic()
        result = yield from work
        seconds[name] = round(time.monotonic() - start, 2)
        return result

    return timed
