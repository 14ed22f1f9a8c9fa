"""Where a report's contents come from: the folder of a study, or of a sweep alone."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from cxr_gui.core.base.errors import SettingsError
from cxr_gui.core.base.files import exists, read_json
from cxr_gui.core.models import Classifier
from cxr_gui.core.sweep import SweepResult, described, read_sweep
from cxr_gui.core.training import Run, RunConfig, read_run, read_run_config

STUDY_FILE, SWEEP_FILE = "study.json", "sweep.json"
HINT = "Choose a folder written by `study` or by `sweep`."
MOST_SWEEPS = 20
"""In one report: more lines in a chart than anyone can tell apart."""


@dataclass(frozen=True)
class AuditFinding:
    """One thing the audit looked at, in words; severity, of one that failed: notice or serious."""

    name: str
    passed: bool
    severity: str
    text: str


@dataclass(frozen=True)
class Example:
    """A picture in the study's folder and what it shows."""

    file: str
    caption: str


@dataclass(frozen=True)
class Record:
    """study.json. Everything in it is optional; what it does not say is empty here.

    counts   images of each class in each split     seconds  how long each part of the work took
    """

    command: str = ""
    run: str = "run"
    sweep: str = "sweep"
    data_name: str = ""
    data_fingerprint: str = ""
    counts: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    findings: tuple[AuditFinding, ...] = ()
    examples: tuple[Example, ...] = ()
    seconds: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, eq=False)
class Source:
    """All a report can be made from; only the sweep is always there.

    found  the classifier that was attacked, where it is known without its run
    """

    folder: Path
    sweep: SweepResult
    run: Run | None = None
    run_config: RunConfig | None = None
    record: Record = field(default_factory=Record)
    found: Classifier | None = None

    @property
    def classifier(self) -> Classifier | None:
        """The classifier that was attacked, if it is known."""
        return self.found if self.run is None else self.run.classifier

    @property
    def classifier_file(self) -> Path | None:
        """Its checkpoint, if there is one."""
        if self.run is not None:
            return self.run.best_path
        return None if self.found is None else self.found.file

    @property
    def data_name(self) -> str:
        """What the dataset's folder is called, by the study or else by the sweep; empty when unknown."""
        return self.record.data_name or self._of_data("name")

    @property
    def data_fingerprint(self) -> str:
        """Which files the dataset was made of; empty when unknown."""
        return self.record.data_fingerprint or self._of_data("fingerprint")

    @property
    def command(self) -> str:
        """The call that made it; empty when unknown."""
        return self.record.command or str(self.sweep.about.get("command", ""))

    def _of_data(self, name: str) -> str:
        data = self.sweep.about.get("data")
        return str(data.get(name, "")) if isinstance(data, Mapping) else ""


def read_sources(folders: Sequence[Path]) -> list[Source]:
    """Read studies, sweeps and folders of sweeps, in the order given, those in one folder by name.

    Raises SettingsError for none, for more than MOST_SWEEPS and for one named twice, else as `read_source`.
    """
    found = [place for folder in folders for place in _results_in(folder)]
    if not found:
        raise SettingsError("There is nothing to report on.", hint=HINT)
    if len({place.resolve() for place in found}) < len(found):
        raise SettingsError("The same study or sweep is named twice.", hint="Name each one once.")
    if len(found) > MOST_SWEEPS:
        raise SettingsError(
            f"{len(found)} sweeps are too many for one report.", hint=f"Compare at most {MOST_SWEEPS}."
        )
    return [read_source(place) for place in found]


def _results_in(folder: Path) -> list[Path]:
    """The folder itself, or the sweeps in it where it is neither a study nor a sweep."""
    folder = folder.parent if folder.name in (STUDY_FILE, SWEEP_FILE) else folder
    if (folder / STUDY_FILE).is_file() or (folder / SWEEP_FILE).is_file():
        return [folder]
    sweeps = {path.parent for path in folder.glob(f"*/{SWEEP_FILE}")}
    return sorted(sweeps, key=_by_number) or [folder]


def _by_number(folder: Path) -> tuple[int, str]:
    """1-fgsm, 2-pgd, 10-apgd: numbered folders in the order of their numbers, others after them by name."""
    number = folder.name.partition("-")[0]
    return (int(number) if number.isdecimal() else sys.maxsize, folder.name)


def read_source(folder: Path) -> Source:
    """Read a study's or a sweep's folder (or the study.json or sweep.json in it).

    Raises SettingsError when it is neither, and whatever its run and its sweep raise when they are damaged.
    """
    folder = folder.parent if folder.name in (STUDY_FILE, SWEEP_FILE) else folder
    if not (folder / STUDY_FILE).is_file():
        if not (folder / SWEEP_FILE).is_file():
            raise SettingsError("holds neither a study nor a sweep.", where=folder, hint=HINT)
        return Source(folder, read_sweep(folder))
    record = _read_record(folder / STUDY_FILE)
    run_folder = inside(folder, record.run)
    sweep = read_sweep(inside(folder, record.sweep))
    if not (exists(run_folder) and run_folder.is_dir()):
        return Source(folder, sweep, record=record)
    run = read_run(run_folder)
    known = {**described(run.classifier), **{key: value for key, value in sweep.about.items() if value != ""}}
    return Source(
        folder=folder,
        sweep=replace(sweep, about={**known, "recipe": known["recipe"] or run.config.recipe.title}),
        run=run,
        run_config=read_run_config(run_folder),
        record=record,
    )


def inside(folder: Path, name: str) -> Path:
    """The file or folder `name` of `folder`. Raises SettingsError for one that lies elsewhere.

    A study.json may come from a stranger; it must not put other files of this machine into a report.
    """
    path = folder / name
    if "\0" in name or not path.resolve().is_relative_to(folder.resolve()):
        raise SettingsError(
            f"names {name!r:.80}, which is not in its folder.", where=folder / STUDY_FILE, hint=HINT
        )
    return path


def _read_record(path: Path) -> Record:
    try:
        return record_of(read_json(path))
    except OSError as error:
        raise SettingsError(f"cannot be read ({error.strerror}).", where=path, hint=HINT) from error
    except (AttributeError, KeyError, OverflowError, TypeError, ValueError) as error:
        raise SettingsError(f"is not the record of a study ({error}).", where=path, hint=HINT) from error


def record_of(document: dict[str, Any]) -> Record:
    """What a study.json says. Raises KeyError, TypeError, ValueError and their like for one that is none."""
    data = document.get("data", {})
    return Record(
        command=str(document.get("command", "")),
        run=str(document.get("run", "run")),
        sweep=str(document.get("sweep", "sweep")),
        data_name=str(data.get("name", "")),
        data_fingerprint=str(data.get("fingerprint", "")),
        counts={
            str(split): {str(label): int(count) for label, count in found.items()}
            for split, found in data.get("counts", {}).items()
        },
        findings=tuple(
            AuditFinding(
                name=str(finding["name"]),
                passed=bool(finding["passed"]),
                severity=str(finding.get("severity", "")),
                text=" ".join(str(finding[part]) for part in ("summary", "advice") if finding.get(part)),
            )
            for finding in document.get("audit", {}).get("findings", ())
        ),
        examples=tuple(
            Example(str(example["file"]), str(example["caption"])) for example in document.get("examples", ())
        ),
        seconds={str(stage): float(seconds) for stage, seconds in document.get("seconds", {}).items()},
    )
