"""The folder of a run: its config, numbers, classifier and the state it can be resumed from.

config.json        everything needed to train the same again: `train --config RUN/config.json`
metrics.csv        one row per finished epoch
best.safetensors   the classifier the run keeps
last.ckpt          the state of the training (safetensors): weights, optimiser, position; for `resume`
events.out.*       TensorBoard
run.lock           held while a process trains here
"""

from __future__ import annotations

import csv
import os
import platform
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any

import cxr_gui
from cxr_gui.core.base import spreadsheet
from cxr_gui.core.base.errors import CheckpointError, SettingsError, TrainingError
from cxr_gui.core.base.files import atomic_open, locked, read_json, remove_leftovers, write_json
from cxr_gui.core.data import AS_RECOGNISED, Reading
from cxr_gui.core.training.events import ROW_FIELDS, EpochRow
from cxr_gui.core.training.recipes import Recipe, TrainConfig

if TYPE_CHECKING:
    from cxr_gui.core.models import Classifier

FORMAT = "cxr-gui run 1"


@dataclass(frozen=True)
class RunConfig:
    """config.json: how the run was started, on which data, and with which versions.

    data  where the run expects it; a run from elsewhere knows no more than its name
    """

    config: TrainConfig
    data: Path
    fingerprint: str
    versions: dict[str, str]
    reading: Reading = AS_RECOGNISED


@dataclass(frozen=True, eq=False)
class Run:
    """A training that was finished or stopped, as its folder tells it.

    history     one row per finished epoch; empty when it was stopped in the first
    classifier  the one the run keeps, on the CPU, in eval mode, frozen; its threshold is `threshold`
    data        the folder or table of labels it was trained on, which was read as `reading` says
    best_epoch  the epoch it comes from; 0 when that epoch was not finished
    outcome     "finished", "stopped early" (no better epoch came), "collapsed", or "unfinished"
    """

    folder: Path
    config: TrainConfig
    data: Path
    history: tuple[EpochRow, ...]
    classifier: Classifier
    threshold: float
    best_epoch: int
    outcome: str
    reading: Reading = AS_RECOGNISED

    @property
    def best_path(self) -> Path:
        return RunFolder(self.folder).best


class RunFolder:
    """Where each of a run's files is, and how it is written."""

    def __init__(self, path: str | os.PathLike[str]) -> None:
        self.path = Path(path)
        self.config = self.path / "config.json"
        self.metrics = self.path / "metrics.csv"
        self.best = self.path / "best.safetensors"
        self.state = self.path / "last.ckpt"

    @property
    def exists(self) -> bool:
        """Whether a run that finished an epoch is there, by the names of its files."""
        return self.config.is_file() and self.metrics.is_file()

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Hold the folder for this process, and clear away what a killed one left in it.

        Raises TrainingError when another process (or thread) trains here, OutputError when it cannot be made.
        """
        busy = TrainingError(
            "is being trained in by another process.",
            where=self.path,
            hint="Wait for it, stop it, or choose another folder.",
        )
        with locked(self.path / "run.lock", busy):
            for file in (self.config, self.metrics, self.best, self.state):
                remove_leftovers(file)
            yield

    def write_config(
        self, config: TrainConfig, data: Path, fingerprint: str, reading: Reading = AS_RECOGNISED
    ) -> None:
        """Write config.json. Raises OutputError."""
        import torch

        write_json(
            self.config,
            {
                "format": FORMAT,
                **asdict(config),
                "data": {
                    "root": _shared_name(data, self.path),
                    "fingerprint": fingerprint,
                    **asdict(reading),
                },
                "versions": {
                    "cxr-gui": cxr_gui.__version__,
                    "torch": torch.__version__,
                    "python": platform.python_version(),
                },
            },
        )

    def write_metrics(self, history: Sequence[EpochRow]) -> None:
        """Write metrics.csv, whole: a few hundred rows at most. Raises OutputError."""
        with atomic_open(self.metrics, "w", encoding="utf-8", newline="") as file:
            table = csv.writer(file)
            table.writerow(ROW_FIELDS)
            table.writerows(
                ["" if value is None else value for value in asdict(row).values()] for row in history
            )

    def read_metrics(self) -> tuple[EpochRow, ...]:
        """The rows of metrics.csv. Raises CheckpointError when there is no such file or it is damaged."""
        try:
            columns = spreadsheet.columns(self.metrics)
            rows = zip(*columns.values(), strict=True)
            return tuple(_row(dict(zip(columns, cells, strict=True))) for cells in rows)
        except OSError as error:
            raise CheckpointError(f"cannot be read ({error.strerror}).", where=self.metrics) from error
        except ValueError as error:
            raise CheckpointError(f"is not a run's table ({error}).", where=self.metrics) from error


def _shared_name(data: Path, run: Path) -> str:
    """How config.json names the data: from the run where it lies beside it, beside its study or below them,
    else by its last part, for a run is given to others and its folders are nobody's business.
    """
    data, run = data.resolve(), run.resolve()
    near = data.is_relative_to(run.parent) or data.parent == run.parent.parent
    return Path(os.path.relpath(data, run)).as_posix() if near else data.name


def _row(values: dict[str, str]) -> EpochRow:
    """A row from its text; an empty cell is what was not measured."""
    import msgspec

    return msgspec.convert({name: cell for name, cell in values.items() if cell}, EpochRow, strict=False)


@dataclass(frozen=True, kw_only=True)
class _Data(Reading):
    """What config.json says of the data."""

    root: str
    fingerprint: str


@dataclass(frozen=True)
class _Document:
    """config.json as `write_config` writes it; earlier versions left no images out."""

    format: str
    architecture: str
    options: dict[str, Any]
    recipe: dict[str, Any]
    seed: int
    device: str
    data: _Data
    versions: dict[str, str]
    excluded: tuple[str, ...] = ()


def read_config(path: str | os.PathLike[str]) -> TrainConfig:
    """The training that RUN/config.json (or RUN) describes. Raises SettingsError when it is not one."""
    return read_run_config(path).config


def read_run_config(path: str | os.PathLike[str]) -> RunConfig:
    """Read RUN/config.json (or RUN) whole. Raises SettingsError when it is not one."""
    path = Path(path)
    path = RunFolder(path).config if path.is_dir() else path
    try:
        said = read_json(path, _Document)
        if said.format != FORMAT:
            raise ValueError(f"its format is {said.format!r:.40}")
        recipe = Recipe.from_dict(said.recipe)
        return RunConfig(
            TrainConfig(said.architecture, said.options, recipe, said.seed, said.device, said.excluded),
            Path(os.path.normpath(path.parent.resolve() / said.data.root)),
            said.data.fingerprint,
            said.versions,
            Reading(*(getattr(said.data, entry.name) for entry in fields(Reading))),
        )
    except OSError as error:
        raise SettingsError(f"cannot be read ({error.strerror}).", where=path) from error
    except SettingsError as error:
        raise SettingsError(error.what, where=path, hint=error.hint) from error
    except ValueError as error:  # of a path that can be none, too
        raise SettingsError(
            f"is not the config of a run ({error}).", where=path, hint="Choose a run's config.json."
        ) from error


def read_run(folder: str | os.PathLike[str]) -> Run:
    """Read a run from its folder. Raises SettingsError or CheckpointError for missing or damaged parts."""
    from cxr_gui.core.models import load

    files = RunFolder(folder)
    saved = read_run_config(files.config)
    classifier = load(files.best)
    history = files.read_metrics() if files.metrics.exists() else ()
    metrics = classifier.card.metrics
    return Run(
        folder=files.path,
        config=saved.config,
        data=saved.data,
        history=history,
        classifier=classifier,
        threshold=classifier.threshold,
        best_epoch=int(str(metrics.get("epoch", 0))),
        outcome=read_outcome(files.path) or "unfinished",
        reading=saved.reading,
    )


def read_outcome(folder: str | os.PathLike[str]) -> str | None:
    """How the run in `folder` ended, or None while it can still be resumed. Reads no weights."""
    state = RunFolder(folder).state
    if not state.is_file():
        return None
    from cxr_gui.core.training.state import read_journal

    return read_journal(state).outcome


def same_training(config: TrainConfig, other: TrainConfig) -> bool:
    """True when both describe the same training; on which device does not matter."""
    return not config_differences(config, other)


def config_differences(there: TrainConfig, here: TrainConfig) -> list[str]:
    """In what two trainings differ, as "epochs: 3 there, 5 here"; on which device does not matter."""
    one, other = (
        {**asdict(config), **config.recipe.to_dict(), "recipe": config.recipe.name}
        for config in (there, here)
    )
    return [
        f"{name.replace('_', ' ')}: {one[name]} there, {other[name]} here"
        for name in one
        if name not in ("device", "name", "summary") and one[name] != other[name]
    ]
