"""A queue as people write it: tables of trainings and sweeps, in which a list stands for one job each.

    data = "chest_xray"
    out = "night"

    [[train]]
    model = "compact_cnn"
    recipe = ["paper", "balanced"]
    seed = [0, 1, 2]

    [[sweep]]
    classifier = "trained"
    attack = ["fgsm", "pgd"]
    eps = "0, 0.01, 0.03"

makes six trainings, and of what they trained twelve sweeps. Everything is looked at before the first begins.
"""

from __future__ import annotations

import itertools
import math
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import fields
from pathlib import Path
from typing import Any

from cxr_gui.core.attacks import THREATS, create_attack
from cxr_gui.core.base.errors import SettingsError
from cxr_gui.core.base.files import exists, read_text
from cxr_gui.core.base.registry import refuse_unknown
from cxr_gui.core.base.units import parse_epsilons
from cxr_gui.core.data import Reading
from cxr_gui.core.models import architectures, find_shipped
from cxr_gui.core.queue.queued import QueuedJob, job_name
from cxr_gui.core.training import Recipe, RunFolder, TrainConfig, find_recipe

LARGEST_FILE = 64 << 10
MOST_JOBS = 1000
TRAINED = "trained"
"""As a sweep's classifier: each of those that the file trains."""

TRAIN: dict[str, Any] = {
    "model": "paper_cnn",
    "options": {},
    "recipe": "paper",
    "seed": 0,
    "device": "auto",
    "excluded": [],
    "reading": {},
}
SWEEP: dict[str, Any] = {
    "classifier": TRAINED,
    "attack": "fgsm",
    "threat": "rgb",
    "eps": "0,0.01,0.03,0.05,0.1",
    "eps_unit": "model",
    "param": {},
    "split": "test",
    "seed": 0,
    "limit": None,
    "batch_size": None,
    "critical": True,
    "certify": False,
    "device": "auto",
    "reading": {},
}
"""What a table may say, and what holds where it does not. A training may also change its recipe's fields."""

RECIPE = {entry.name for entry in fields(Recipe)} - {"name", "summary"}
WHOLE = ("eps", "excluded")
"""What is one thing, though it is a list."""


def read_queue_file(path: Path, out: Path | None = None) -> tuple[Path, tuple[QueuedJob, ...]]:
    """The folder to write into, `out` or else the file's own, and the jobs of a queue file; paths in it are
    taken from where it lies.

    Raises SettingsError, naming the table, for what cannot be understood.
    """
    try:
        said = tomllib.loads(read_text(path, most=LARGEST_FILE))
    except OSError as error:
        raise SettingsError(f"cannot be read ({error.strerror}).", where=path) from error
    except (RecursionError, ValueError) as error:
        raise SettingsError(f"is no queue ({error}).", where=path) from error
    try:
        refuse_unknown(said, ("data", "out", "train", "sweep"), "A queue has no")
        home = path.resolve().parent
        out = (home / str(said.get("out", path.stem)) if out is None else out).absolute()
        trains = list(_trains(said, home, out))
        return out, (*trains, *_unlike(trains, _sweeps(said, home, out, trains)))
    except SettingsError as error:
        raise SettingsError(
            ": ".join(filter(None, [error.where, error.what])), where=path, hint=error.hint
        ) from error


def _tables(said: Mapping[str, Any], kind: str) -> list[dict[str, Any]]:
    tables = said.get(kind, [])
    if not isinstance(tables, list) or not all(isinstance(table, dict) for table in tables):
        raise SettingsError(f"'{kind}' is no list of tables.", hint=f"Begin each with [[{kind}]].")
    return tables


def _grid(table: Mapping[str, Any], *named: str) -> Iterator[tuple[dict[str, Any], list[str]]]:
    """One table for each combination of what is a list, and what tells it from the others besides `named`."""
    choices = {
        key: value if isinstance(value, list) and key not in WHOLE else [value]
        for key, value in table.items()
    }
    count = math.prod(map(len, choices.values()))
    if not 0 < count <= MOST_JOBS:
        raise SettingsError(f"makes {count:,} jobs.", hint=f"A table may make 1 to {MOST_JOBS:,}.")
    several = [key for key, values in choices.items() if len(values) > 1 and key not in named]
    for values in itertools.product(*choices.values()):
        cell = dict(zip(choices, values, strict=True))
        yield cell, [f"{key}-{cell[key]}" for key in several]


def _data(table: dict[str, Any], said: Mapping[str, Any], home: Path) -> str:
    data = table.pop("data", said.get("data"))
    if not isinstance(data, str):
        raise SettingsError("says nowhere which data to use.", hint='Write data = "FOLDER" at its top.')
    if not exists(home / data):
        raise SettingsError(f"names data that is not there: {home / data}.", hint="Correct its path.")
    return str(home / data)


def _trains(said: Mapping[str, Any], home: Path, out: Path) -> Iterator[QueuedJob]:
    for table in _tables(said, "train"):
        data = _data(table := dict(table), said, home)
        refuse_unknown(table, [*TRAIN, *sorted(RECIPE)], "[[train]] has no")
        for cell, further in _grid(TRAIN | table, "model", "recipe", "seed"):
            name = job_name(cell["model"], Path(str(cell["recipe"])).stem, f"seed{cell['seed']}", *further)
            if Path(str(cell["recipe"])).suffix:  # a file
                cell["recipe"] = str(home / str(cell["recipe"]))
            job = QueuedJob(name, "train", {"data": data, "out": str(out / "runs" / name), **cell})
            train_config(job.options)
            yield job


def _sweeps(said: Mapping[str, Any], home: Path, out: Path, trains: list[QueuedJob]) -> Iterator[QueuedJob]:
    for table in _tables(said, "sweep"):
        data = _data(table := dict(table), said, home)
        refuse_unknown(table, SWEEP, "[[sweep]] has no")
        for cell, further in _grid(SWEEP | table, "classifier", "attack", "threat"):
            for title, classifier in _classifiers(str(cell["classifier"]), home, trains):
                name = job_name(title, cell["attack"], cell["threat"], *further)
                options = {**cell, "data": data, "classifier": classifier, "out": str(out / "sweeps" / name)}
                sweep_arguments(options)
                yield QueuedJob(name, "sweep", options)


def _classifiers(said: str, home: Path, trains: list[QueuedJob]) -> Iterator[tuple[str, str]]:
    """Names and checkpoints of what a sweep attacks."""
    if said == TRAINED:
        if not trains:
            raise SettingsError("[[sweep]] attacks what is trained, and nothing is.", hint="Add [[train]].")
        for job in trains:
            yield job.name, str(RunFolder(job.options["out"]).best)
    elif (known := find_shipped(said)) is not None:
        yield said, str(known.path)
    elif (home / said).is_file():
        yield (Path(said).parent.name or "") + "-" + Path(said).stem, str(home / said)
    else:
        raise SettingsError(f"There is no classifier '{said}'.", hint=f"Name a checkpoint, or '{TRAINED}'.")


def _unlike(before: list[QueuedJob], jobs: Iterator[QueuedJob]) -> Iterator[QueuedJob]:
    """The jobs, none of which may be called as another."""
    names = [job.name for job in before]
    for job in jobs:
        names.append(job.name)
        yield job
    twice = {name for name in names if names.count(name) > 1}
    if twice:
        raise SettingsError(f"makes the job '{min(twice)}' twice.", hint="Let each be made by one table.")


def _check_types(options: Mapping[str, Any], defaults: Mapping[str, Any]) -> None:
    """Raise SettingsError for a value of another type than its default, where that has one."""
    for key, usual in defaults.items():
        kinds: tuple[type, ...] = (int, type(None)) if usual is None else (type(usual),)
        if key == "eps":
            kinds = (str, list, int, float)
        if type(options[key]) not in kinds:
            accepted = " or ".join(kind.__name__ for kind in kinds)
            raise SettingsError(f"'{key}' is {options[key]!r:.40}.", hint=f"Accepted: {accepted}.")


def train_config(options: Mapping[str, Any]) -> TrainConfig:
    """The configuration of a queued training. Raises SettingsError."""
    options = TRAIN | dict(options)
    _check_types(options, TRAIN)
    refuse_unknown([options["model"]], architectures(), "There is no architecture")
    refuse_unknown(options["options"], architectures()[options["model"]].options, "It has no option")
    reading_of(options)
    recipe = find_recipe(options["recipe"])
    recipe = recipe.changed(**{key: value for key, value in options.items() if key in RECIPE})
    return TrainConfig(
        options["model"],
        options["options"],
        recipe,
        seed=options["seed"],
        device=options["device"],
        excluded=tuple(map(str, options["excluded"])),
    )


def sweep_arguments(options: Mapping[str, Any]) -> dict[str, Any]:
    """What `sweep_dataset` is called with for a queued sweep, besides classifier and data. SettingsError."""
    options = SWEEP | dict(options)
    _check_types(options, SWEEP)
    refuse_unknown([options["threat"]], THREATS, "There is no threat model")
    refuse_unknown([options["split"]], ("train", "validation", "test"), "There is no split")
    reading_of(options)
    eps = options["eps"]
    text = ";".join(map(str, eps)) if isinstance(eps, list) else str(eps)
    named = ("threat", "split", "seed", "limit", "batch_size", "critical", "certify", "device")
    return {
        "attack": create_attack(options["attack"], **options["param"]),
        "epsilons": parse_epsilons(text, options["eps_unit"]),
        **{name: options[name] for name in named},
    }


def reading_of(options: Mapping[str, Any]) -> Reading:
    """How the data of a queued job is to be read. Raises SettingsError."""
    import msgspec

    said = options.get("reading", {})
    refuse_unknown(said, [entry.name for entry in fields(Reading)], "'reading' has no")
    try:
        return msgspec.convert(said, Reading)
    except msgspec.ValidationError as error:
        raise SettingsError(f"'reading' cannot be understood ({error}).") from error
