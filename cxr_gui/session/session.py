"""The shared state: the dataset, the classifier, the radiograph and the results, each with a signal.

The session starts core's work on its lanes and keeps what was there until something better has arrived:
a folder or checkpoint that cannot be used leaves the old one in place and raises a message.
"""

from __future__ import annotations

import traceback
from collections.abc import Callable, Iterable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, QTimer, Signal

from cxr_gui.core.base.errors import WorkbenchError
from cxr_gui.core.base.progress import Event, Notice, Work
from cxr_gui.core.data import AS_RECOGNISED, Reading
from cxr_gui.core.training import EpochDone
from cxr_gui.jobs import Job, Lanes
from cxr_gui.session import work
from cxr_gui.session.explaining import Explaining
from cxr_gui.session.exporting import Exporting
from cxr_gui.session.fitting import Fitting
from cxr_gui.session.judging import Judging
from cxr_gui.session.opening import Opening
from cxr_gui.session.sweeping import Sweeping
from cxr_gui.session.values import AttackSetting, Exhibit, Message

if TYPE_CHECKING:  # these import torch, which the window must not wait for
    from cxr_gui.core.choices import Catalog
    from cxr_gui.core.data import Dataset, Source
    from cxr_gui.core.inspect import Inspection, Inspector
    from cxr_gui.core.models import Classifier
    from cxr_gui.core.sweep import Outcomes, SweepResult
    from cxr_gui.core.training import Run, TrainConfig

QUIET = 1000
"""Milliseconds after another dataset is shown until nothing is left to do that anybody waits for."""
PATIENT = ("thumbnails", "training", "sweep", "outcomes", "audit", "judging", "export", "tidying", "download")
"""The lanes that can wait: what is on screen, and whoever moves the slider, comes first."""


class Session(QObject):
    """The shared state. Everything here happens on the GUI thread; the work happens on lanes."""

    catalogChanged = Signal(object)  # Catalog
    datasetChanged = Signal(object)  # Dataset, of which nothing is excluded or found out yet
    classifierChanged = Signal(object)  # Classifier
    exhibitChanged = Signal(object)  # Exhibit
    settingChanged = Signal(object)  # AttackSetting
    inspectionChanged = Signal(object)  # Inspection
    traceChanged = Signal(object)  # Trace of the radiograph, or None while there is none
    sweepChanged = Signal(object)  # SweepResult, complete or not; None when the sweeps were cleared
    outcomesChanged = Signal(object)  # Outcomes of the latest sweep of the dataset, or None
    excludedChanged = Signal(object)  # frozenset of the paths that are left out of training
    runChanged = Signal(object)  # Run
    droppedChanged = Signal(list)  # the paths of the images that were opened together
    messageRaised = Signal(object)  # Message
    messageWithdrawn = Signal(object)  # Message that holds no longer, whether or not it was dismissed
    jobStarted = Signal(object)  # Job; its name says which: "dataset", "sweep", "training", ...

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.lanes = Lanes(self, patient=PATIENT)
        self.catalog: Catalog | None = None
        self.dataset: Dataset | None = None
        self.classifier: Classifier | None = None
        self.classifier_chosen = False
        self.exhibit: Exhibit | None = None
        self.setting = AttackSetting()
        self.inspection: Inspection | None = None
        self.sweeps: list[SweepResult] = []
        self.outcomes: Outcomes | None = None
        self.excluded: frozenset[str] = frozenset()
        self.run: Run | None = None
        self._inspector: tuple[object, Inspector] | None = None
        self._traced: Inspector | None = None
        self.fitting = Fitting(self, self._start)
        self.explaining = Explaining(self, self._start)
        self.exporting = Exporting(self, self._start)
        self.judging = Judging(self, self._start)
        self.opening = Opening(self, self._start)
        self.sweeping = Sweeping(self, self._start)

    # -- opening -----------------------------------------------------------------------------------------

    def load_catalog(self) -> Job:
        """Import torch and list what can be chosen, off the GUI thread."""

        def done(catalog: Catalog) -> None:
            self.catalog = catalog
            self.catalogChanged.emit(catalog)

        return self._start("catalog", work.load_catalog, done)

    def open_demo(self) -> Job:
        """Open the demo study: synthetic radiographs and the classifier shipped for them."""

        def done(found: tuple[Dataset, Classifier]) -> None:
            dataset, classifier = found
            self.use_classifier(classifier)
            self.set_dataset(dataset)

        return self._start("dataset", work.open_demo, done)

    def open_paths(self, paths: Iterable[str | Path]) -> None:
        """Open whatever was dropped: a folder, a checkpoint, or images (the first one is shown)."""
        chosen = [Path(path) for path in paths]
        images = []
        for path in chosen:
            if path.is_dir():
                self.open_dataset(path)
            elif path.suffix == ".safetensors":
                self.open_classifier(path)
            else:
                images.append(path)
        if images:
            self.droppedChanged.emit(images)
            self.open_image(images[0])

    def open_dataset(self, folder: str | Path, reading: Reading = AS_RECOGNISED) -> Job:
        """Index a folder, as `reading` says. The dataset is replaced only when the new one can be used."""
        previous = self.dataset
        return self._start(
            "dataset", lambda: work.open_dataset(Path(folder), previous, reading), self.set_dataset
        )

    def download(self, source: Source, folder: str | Path) -> Job:
        """Fetch `source` into a folder; the job is done with the dataset's folder."""
        job = self._start("download", lambda: work.download(source, Path(folder)), lambda _: None)
        job.cancelled.connect(
            lambda: self.tell(f"The download was stopped; the next one into {folder} goes on from there.")
        )
        return job

    def open_classifier(self, path: str | Path) -> Job:
        """Load a checkpoint."""
        return self._start("classifier", lambda: work.open_classifier(Path(path)), self.choose_classifier)

    def open_image(self, path: str | Path, label: str | None = None) -> Job:
        """Read a radiograph and inspect it. Without a label its record's is used, if it has one."""
        path = Path(path)
        known = label or self.label_of(path)
        return self._start("radiograph", lambda: work.open_image(path, known), self.set_exhibit)

    def set_label(self, label: str | None) -> None:
        """Say what the radiograph in the inspector truly shows, or that nobody knows."""
        if self.exhibit is not None and label != self.exhibit.label:
            self._show_exhibit(replace(self.exhibit, label=label))

    # -- attacking ---------------------------------------------------------------------------------------

    def set_attack(
        self, attack: str, parameters: dict[str, object] | None = None, threat: str = "rgb"
    ) -> None:
        """Choose the attack, its parameters and the threat model."""
        chosen = tuple(sorted((parameters or {}).items()))
        self._set_setting(replace(self.setting, attack=attack, parameters=chosen, threat=threat))

    def set_epsilon(self, epsilon: float) -> None:
        """Choose epsilon, in pixel units."""
        self._set_setting(replace(self.setting, epsilon=epsilon))

    def inspect(self) -> Job | None:
        """Attack the radiograph as set; the latest request wins."""
        classifier, exhibit, setting = self.classifier, self.exhibit, self.setting
        if classifier is None or exhibit is None:
            return None

        def attack() -> Work[Inspection]:
            key = (classifier, exhibit, replace(setting, epsilon=0.0))
            if self._inspector is None or self._inspector[0] != key:
                yield Event("Taking the gradient", 0, None)
                self._inspector = (key, work.inspector(classifier, exhibit, setting))
            yield Event("Attacking the radiograph", 0, None)
            return self._inspector[1].at(setting.epsilon)

        return self._start("inspection", attack, self._set_inspection, announce=False)

    def _trace(self) -> None:
        """Follow the radiograph's probability over epsilon, once for each attack on it.

        Only under single-step attacks, which pay one forward for each epsilon.
        """
        inspector = self._inspector[1] if self._inspector is not None else None
        if inspector is None or inspector is self._traced:
            return
        self._traced = inspector
        self.lanes["trace"].cancel()
        self.traceChanged.emit(None)
        if inspector.attack.single_step:
            self._start("trace", lambda: work.trace(inspector), self.traceChanged.emit, announce=False)

    # -- leaving out of training -------------------------------------------------------------------------

    def exclude(self, paths: Iterable[str]) -> None:
        """Leave exactly these records of the dataset out of training from now on."""
        chosen = frozenset(paths)
        if chosen != self.excluded:
            self.excluded = chosen
            self.excludedChanged.emit(chosen)

    def adopt_exclusions(self, config: TrainConfig) -> None:
        """Leave out what a run leaves out, so that it can go on; images of other datasets are passed over."""
        if self.dataset is not None:
            paths = map(self.dataset.in_root, config.excluded)
            self.exclude(path for path in paths if path in self.dataset.columns.places)

    def with_exclusions(self, config: TrainConfig) -> TrainConfig:
        """The same training less what is excluded here."""
        if self.dataset is None:
            return config
        return replace(config, excluded=tuple(sorted(map(self.dataset.below_root, self.excluded))))

    # -- training ----------------------------------------------------------------------------------------

    def train(self, config: TrainConfig, folder: str | Path, *, resume: bool = False) -> Job | None:
        """Train on a private classifier; each finished epoch's snapshot becomes the classifier.

        A stopped training leaves its run, which is opened; `resume` goes on with the one in `folder`.
        """
        dataset = self.dataset
        if dataset is None:
            self.tell("Open a dataset first: there is nothing to train on.", level="warning")
            return None
        folder, config = Path(folder), self.with_exclusions(config)
        job = self._start(
            "training", lambda: work.train(dataset, folder, config, resume=resume), self.set_run
        )
        job.events.connect(self._take_snapshots)
        job.cancelled.connect(lambda: self._open_stopped_run(folder))
        return job

    # -- exporting ---------------------------------------------------------------------------------------

    def export_inspection(self, folder: str | Path) -> Job | None:
        """Write the clean, perturbed and difference images, the panel and result.json into `folder`.

        What is explained on screen is explained there too.
        """
        inspection, classifier = self.inspection, self.classifier
        method, known = self.explaining.method, self.explaining.explained
        if inspection is None or classifier is None:
            self.tell("There is nothing to export yet: open a radiograph first.", level="warning")
            return None
        return self._export(
            lambda: work.export_inspection(inspection, classifier, Path(folder), method, known)
        )

    def export_sweeps(self, folder: str | Path) -> Job | None:
        """Write each sweep's sweep.json, images.csv and chart.png, and a report, into `folder`."""
        sweeps = list(self.sweeps)
        if not sweeps:
            self.tell("There is nothing to export yet: run a sweep first.", level="warning")
            return None
        known = (self.dataset, self.run, self.classifier)
        return self._export(lambda: work.export_sweeps(sweeps, Path(folder), *known))

    def _export(self, make: Callable[[], Work[Path]]) -> Job:
        return self._start(self.exporting.lane, make, lambda folder: self.tell(f"Exported to {folder}."))

    # -- the rest ----------------------------------------------------------------------------------------

    def tell(self, text: str, *, level: str = "info", details: str = "") -> None:
        """Show a message in the window's bar."""
        self.messageRaised.emit(Message(level, text, details))

    def tell_error(self, error: BaseException) -> None:
        """Show an error: its own words when it is ours, with the traceback in Details when it is not."""
        if isinstance(error, WorkbenchError):
            self.tell(str(error), level="error")
        else:
            details = "".join(traceback.format_exception(error))
            self.tell(f"Something unexpected went wrong ({error}).", level="error", details=details)

    def _tell_notices(self, events: list[Event]) -> None:
        for event in events:
            if isinstance(event, Notice):
                self.tell(event.text, level="warning")

    def close(self, milliseconds: int = 5000) -> bool:
        """Stop all work; False when some is still cleaning up after that time."""
        closed = self.lanes.close(milliseconds)
        self.opening.clean_up()
        return closed

    def _start(
        self,
        lane: str,
        make: Callable[[], Work[Any]],
        done: Callable[[Any], object],
        *,
        announce: bool = True,
    ) -> Job:
        job = self.lanes[lane].submit(make)
        job.events.connect(self._tell_notices)
        job.done.connect(done)
        job.failed.connect(self.tell_error)
        if announce:
            self.jobStarted.emit(job)
        return job

    def label_of(self, path: Path) -> str | None:
        """What an image shows, as somebody said of it or as the dataset has it; None where nobody knows."""
        if path in self.judging.labels:
            return self.judging.labels[path]
        if self.dataset is None:
            return None
        place = self.dataset.columns.places.get(str(path))
        return None if place is None else self.dataset.records[place].label

    def set_dataset(self, dataset: Dataset) -> None:
        """Work on this dataset from now on."""
        self.lanes["outcomes"].cancel()
        old = [] if self.dataset is None else [self.dataset]
        self.dataset, self.outcomes, self.excluded = dataset, None, frozenset()
        self.datasetChanged.emit(dataset)
        QTimer.singleShot(QUIET, self, lambda: self.lanes["tidying"].submit(lambda: work.let_go(old)))
        if dataset.problems:
            first, others = dataset.problems[0], len(dataset.problems) - 1
            more = f" The details tell {others:,} more." if others else ""
            self.tell(
                f"{Path(first.path).name} {first.what}{more}",
                level="warning",
                details="\n".join(f"{problem.path}: {problem.what}" for problem in dataset.problems),
            )

    def choose_classifier(self, classifier: Classifier) -> None:
        """Attack this classifier, whatever is opened."""
        self.use_classifier(classifier, chosen=True)

    def use_classifier(self, classifier: Classifier, *, chosen: bool = False) -> None:
        """Attack this classifier; one that nobody has `chosen` gives way to one that fits what is opened."""
        self.classifier, self.classifier_chosen = classifier, chosen
        self.classifierChanged.emit(classifier)
        self.inspect()

    def set_exhibit(self, exhibit: Exhibit) -> None:
        """Inspect this radiograph, and say what there is to be said of it.

        After another frame of its file only what is new; what holds no longer is taken back.
        """
        before = self.exhibit
        told = before.messages() if before is not None and exhibit.is_another_frame_of(before) else ()
        said = exhibit.messages()
        for message in told:
            if message not in said:
                self.messageWithdrawn.emit(message)
        for message in said:
            if message not in told:
                self.messageRaised.emit(message)
        self._show_exhibit(exhibit)

    def _show_exhibit(self, exhibit: Exhibit) -> None:
        self.exhibit = exhibit
        self.exhibitChanged.emit(exhibit)
        self.inspect()

    def _set_setting(self, setting: AttackSetting) -> None:
        if setting != self.setting:
            self.setting = setting
            self.settingChanged.emit(setting)
            self.inspect()

    def _set_inspection(self, inspection: Inspection) -> None:
        self.inspection = inspection
        self.inspectionChanged.emit(inspection)
        self._trace()

    def set_run(self, run: Run) -> None:
        """Show this run, and attack its classifier."""
        self.run = run
        self.runChanged.emit(run)
        self.choose_classifier(run.classifier)

    def _open_stopped_run(self, folder: Path) -> None:
        if (folder / "best.safetensors").is_file():
            self._start("classifier", lambda: work.open_run(folder), self.set_run)

    def _take_snapshots(self, events: list[Event]) -> None:
        snapshots = [event.classifier for event in events if isinstance(event, EpochDone)]
        if snapshots:
            self.choose_classifier(snapshots[-1])
