"""Where a report's contents come from: the folder of a study, or of a sweep alone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from cxr_gui.core.base.errors import SettingsError
from cxr_gui.core.base.files import exists
from cxr_gui.core.models import Classifier
from cxr_gui.core.report.privacy import elide
from cxr_gui.core.report.study_folder import HINT, StudyFolder
from cxr_gui.core.report.study_record import StudyRecord
from cxr_gui.core.sweep import (
    ShiftResult,
    SweepFolder,
    SweepResult,
    described,
    read_shifts,
    read_sweep,
    shifts_folder,
)
from cxr_gui.core.training import Run, RunConfig, read_run, read_run_config

MOST_SWEEPS = 20
"""In one report: more lines in a chart than anyone can tell apart."""


@dataclass(frozen=True, eq=False)
class ReportSource:
    """All a report can be made from; only the sweep is always there.

    found   the classifier that was attacked, where it is known without its run
    number  which of several it is, from 1; 0 where there is only one
    """

    folder: Path
    sweep: SweepResult
    run: Run | None = None
    run_config: RunConfig | None = None
    record: StudyRecord = field(default_factory=StudyRecord)
    found: Classifier | None = None
    number: int = 0

    @property
    def sweep_folder(self) -> Path:
        """Where the sweep itself lies."""
        study = StudyFolder(self.folder)
        return study.inside(self.record.sweep) if study.exists else self.folder

    @property
    def whose(self) -> str:
        """What a caption adds where there are several: " of sweep 2"."""
        return f" of sweep {self.number}" if self.number else ""

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
        return self.record.data.name or self._of_data("name")

    @property
    def data_fingerprint(self) -> str:
        """Which files the dataset was made of; empty when unknown."""
        return self.record.data.fingerprint or self._of_data("fingerprint")

    @property
    def of_data(self) -> str:
        """ " of chest_xray", in a sentence about its images; empty when unknown."""
        return f" of {elide(self.data_name)}" if self.data_name else ""

    @property
    def command(self) -> str:
        """The call that made it; empty when unknown."""
        return self.record.command or str(self.sweep.about.get("command", ""))

    def _of_data(self, name: str) -> str:
        data = self.sweep.about.get("data")
        return str(data.get(name, "")) if isinstance(data, Mapping) else ""


def read_all(folders: Sequence[Path]) -> tuple[list[ReportSource], tuple[ShiftResult, ...]]:
    """The studies and sweeps in folders, and the sweeps of shifts, which some have beside them or alone.

    Raises as `read_sources`, and CheckpointError for a damaged sweep of shifts.
    """
    places = {folder: shifts_folder(folder) for folder in folders}
    shifts = tuple(result for place in places.values() if place is not None for result in read_shifts(place))
    attacked = [folder for folder in folders if places[folder] is None or _has_sweeps(folder)]
    return read_sources(attacked) if attacked or not shifts else [], shifts


def read_sources(folders: Sequence[Path]) -> list[ReportSource]:
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


def _has_sweeps(folder: Path) -> bool:
    return StudyFolder(folder).exists or SweepFolder(folder).exists or bool(SweepFolder.below(folder))


def _results_in(folder: Path) -> list[Path]:
    """The folder itself, or the sweeps in it where it is neither a study nor a sweep."""
    sweep = SweepFolder(folder)
    study = StudyFolder(sweep.path)
    return [study.path] if study.exists or sweep.exists else SweepFolder.below(folder) or [folder]


def read_source(folder: Path) -> ReportSource:
    """Read a study's or a sweep's folder (or the study.json or sweep.json in it).

    Raises SettingsError when it is neither, and whatever its run and its sweep raise when they are damaged.
    """
    study = StudyFolder(SweepFolder(folder).path)
    folder = study.path
    if not study.exists:
        if not SweepFolder(folder).exists:
            raise SettingsError("holds neither a study nor a sweep.", where=folder, hint=HINT)
        return ReportSource(folder, read_sweep(folder))
    record = study.read_record()
    run_folder = study.inside(record.run)
    sweep = read_sweep(study.inside(record.sweep))
    if not (exists(run_folder) and run_folder.is_dir()):
        return ReportSource(folder, sweep, record=record)
    run = read_run(run_folder)
    known = {**described(run.classifier), **{key: value for key, value in sweep.about.items() if value != ""}}
    return ReportSource(
        folder=folder,
        sweep=replace(sweep, about={**known, "recipe": known["recipe"] or run.config.recipe.title}),
        run=run,
        run_config=read_run_config(run_folder),
        record=record,
    )
