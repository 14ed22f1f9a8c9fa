"""The whole study: data, audit, training, sweep and report, in one folder that says how to make it again."""

from __future__ import annotations

import copy
import itertools
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

from cxr_gui.core.attacks import Attack, create_attack
from cxr_gui.core.base import device as devices
from cxr_gui.core.base import distributed, published, units
from cxr_gui.core.base.beside import beside
from cxr_gui.core.base.errors import DatasetError
from cxr_gui.core.base.files import sha256
from cxr_gui.core.base.progress import Work
from cxr_gui.core.certify import DEFAULT_BOUND
from cxr_gui.core.data import AS_RECOGNISED, Dataset, Reading, Record, audit, prepare, scan
from cxr_gui.core.demo import ensure_demo
from cxr_gui.core.models import Classifier, create
from cxr_gui.core.report import (
    StudyFolder,
    about_data,
    write_chart,
    write_examples,
    write_reports,
)
from cxr_gui.core.shifts import Shift
from cxr_gui.core.sweep import (
    Proof,
    ShiftResult,
    SweepFolder,
    SweepResult,
    in_turn,
    sweep_shifts,
    sweep_store,
    write_sweep,
)
from cxr_gui.core.training import RECIPES, TrainConfig, find_recipe, train

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
    certify: bool = False,
    reading: Reading = AS_RECOGNISED,
) -> Work[Path]:
    """Train, sweep FGSM over the published epsilons on the test split, and report; returns `out`.

    With `resume` the training or the sweep in `out` goes on where it was interrupted.
    `data` None means the demo data; `reading` says how a folder is to be read; `certify` also proves how far
    no attack at all can change each decision.
    Writes study.json, run/, sweep/, examples/, chart.png, report.html and
    report.pdf. Raises DatasetError, TrainingError or OutputError; what was finished by then stays. With
    `certify` ArgumentError, before the training, when the architecture has a layer without bounds.
    """
    attack = create_attack(published.ATTACK)
    if certify:
        Proof.of(create(config.architecture, **config.options).eval(), [attack])
    seconds: dict[str, float] = {}
    timed = _timer(seconds)
    source = data if data is not None else (yield from ensure_demo(train=DEMO_TRAIN, test=DEMO_TEST))
    dataset = yield from scan(source, **vars(reading))
    if not dataset.of("test"):
        raise DatasetError("has no test split to attack.", where=source, hint="Add a folder named 'test'.")
    folder = StudyFolder(out)
    with beside(timed("audit", audit(dataset))) as audited:
        if devices.choose(config.device).type == "cpu":  # whose cores the training wants for itself
            yield from audited()
        run = yield from timed("train", train(dataset, folder.run, config, resume=resume))
        epsilons = [units.to_pixel(value, "model") for value in published.EPSILONS]
        result = yield from timed(
            "sweep",
            sweep_dataset(
                run.classifier,
                dataset,
                attack,
                epsilons,
                threat=published.THREAT,
                device=config.device,
                certify=certify,
                journal=folder.sweep,
                resume=resume,
                about={"classifier_sha256": sha256(run.best_path)},
            ),
        )
        write_sweep(result, folder.sweep)
        write_chart([result], SweepFolder(folder.sweep).chart)
        SweepFolder(folder.sweep).forget_journals()
        write_chart([result], folder.chart)
        examples = yield from write_examples(run.classifier, dataset, result, folder.examples)
        findings = yield from audited()
        folder.write_record(
            command=command,
            run=folder.run.name,
            sweep=folder.sweep.name,
            **about_data(dataset, findings.to_json(), "demo data (synthetic)" if data is None else ""),
            seconds=seconds,
            images_per_second={"train": round(run.history[-1].images_per_second, 2) if run.history else None},
            examples=examples,
        )
    yield from write_reports([out], folder.reports)
    return out


def sweep_dataset(
    classifier: Classifier,
    dataset: Dataset,
    attack: Attack,
    epsilons: Sequence[float],
    *,
    split: str = "test",
    threat: str = "rgb",
    batch_size: int | None = None,
    device: str = "auto",
    seed: int = 0,
    limit: int | None = None,
    about: Mapping[str, object] | None = None,
    **options: Any,
) -> Work[SweepResult]:
    """Prepare a split's pixels and sweep `attack` over `epsilons` (pixel units) on it.

    limit    attack only that many images, drawn with the seed
    about    what the result says of itself, besides where its images are from
    options  of `sweep_store`: its controls, and what to look for besides
    Raises DatasetError when the split is empty,
    its images have no labels, or its classes are not the classifier's.
    """
    records = labelled_records(dataset, split, classifier)
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
            root=dataset.root,
            about={**_origin(dataset, split), **(about or {})},
            **options,
        )
    )


def labelled_records(dataset: Dataset, split: str, classifier: Classifier) -> tuple[Record, ...]:
    """Those of a split that a classifier can be judged by. Raises DatasetError where there are none."""
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
    return records


def compare_shifts(
    classifiers: Sequence[Classifier],
    dataset: Dataset,
    shifts: Sequence[Shift],
    *,
    split: str = "test",
    device: str = "auto",
    **options: Any,
) -> Work[tuple[ShiftResult, ...]]:
    """Sweep shifts over a split for several classifiers in one pass; options of `sweep_shifts`.

    Raises DatasetError as `sweep_dataset` does.
    """
    for classifier in classifiers:
        records = labelled_records(dataset, split, classifier)
    return (
        yield from sweep_shifts(
            classifiers,
            records,
            shifts,
            device=devices.choose(device),
            root=dataset.root,
            about=_origin(dataset, split),
            **options,
        )
    )


def _origin(dataset: Dataset, split: str) -> dict[str, object]:
    """What a result says of its images."""
    return {
        "split": split,
        "data": {"name": dataset.root.name, "fingerprint": dataset.fingerprint()},
    }


def compare(
    classifiers: Sequence[Classifier],
    dataset: Dataset,
    attacks: Sequence[Attack],
    epsilons: Sequence[float],
    *,
    threats: Sequence[str] = ("rgb",),
    device: str = "auto",
    certify: bool = False,
    bound: str = DEFAULT_BOUND,
    bound_steps: int = 0,
    places: Sequence[Path] = (),
    **options: Any,
) -> Work[tuple[SweepResult, ...]]:
    """Sweep every attack under every threat model against every classifier, one after another.

    places  where the sweeps will be written, see `places_of`: each keeps its journal there
    Each result carries its classifier's name as `about["classifier"]`. options as of `sweep_dataset`. What
    cannot be certified is refused before the first sweep, and each image is proven once, not for each attack.
    """
    proofs: dict[tuple[int, str], Proof] = {}
    if certify:
        for number, classifier in enumerate(classifiers):
            private = copy.deepcopy(classifier).to(devices.choose(device))
            proof = Proof.of(private, attacks, bound, bound_steps)
            proofs.update({(number, threat): replace(proof, known={}) for threat in threats})
    return (
        yield from in_turn(
            sweep_dataset(
                classifier,
                dataset,
                attack,
                epsilons,
                threat=threat,
                device=device,
                certify=proofs.get((number, threat), False),
                journal=place,
                **options,
            )
            for ((number, classifier), attack, threat), place in zip(
                itertools.product(enumerate(classifiers), attacks, threats),
                places or itertools.repeat(None),
                strict=bool(places),
            )
        )
    )


def places_of(
    classifiers: Sequence[Classifier], attacks: Sequence[Attack], threats: Sequence[str], out: Path
) -> list[Path]:
    """The folders in `out` of the sweeps that `compare` makes, in their order."""
    kinds = [(attack.name, threat) for _, attack, threat in itertools.product(classifiers, attacks, threats)]
    return SweepFolder.places(out, kinds)


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
