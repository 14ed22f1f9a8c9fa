"""What the tabs share: values, each with a signal that says that there is another one. Knows no service."""

from __future__ import annotations

import traceback
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from itertools import starmap
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from cxr_gui.core.base.errors import WorkbenchError
from cxr_gui.core.shifts import AS_IT_IS, Handling
from cxr_gui.jobs import Job
from cxr_gui.session.values import AttackSetting, Message, Offer, OpenFilm, about_problems

if TYPE_CHECKING:  # these import torch, which the window must not wait for
    from cxr_gui.core.choices import Catalog
    from cxr_gui.core.data import Dataset, Note
    from cxr_gui.core.inspect import FilmProof, Inspection
    from cxr_gui.core.models import Classifier
    from cxr_gui.core.runs import Entry, Remark
    from cxr_gui.core.sweep import Outcomes, ShiftResult, SweepResult
    from cxr_gui.core.training import Run


class State(QObject):
    """Read by everybody and written on the GUI thread alone, by the methods below.

    What was there stays until something better has arrived: a service sets what can be used, and tells of
    what cannot.
    """

    catalogChanged = Signal(object)  # Catalog
    datasetChanged = Signal(object)  # Dataset, of which nothing is excluded or found out yet
    classifierChanged = Signal(object)  # Classifier
    filmChanged = Signal(OpenFilm)
    handlingChanged = Signal(Handling)  # what befalls the film in the inspector before it is attacked
    settingChanged = Signal(AttackSetting)
    inspectionChanged = Signal(object)  # Inspection
    traceChanged = Signal(object)  # Trace of the film, or None while there is none
    proofChanged = Signal(object)  # FilmProof about the film, or None while there is none
    sweepChanged = Signal(object)  # SweepResult, complete or not; None when the sweeps were cleared
    sweepRemoved = Signal(object)  # SweepResult that is one of the sweeps no more
    shiftsChanged = Signal(tuple)  # ShiftResult of each classifier of the latest sweep of shifts
    outcomesChanged = Signal(object)  # Outcomes of one of the sweeps, or None
    excludedChanged = Signal(frozenset)  # the paths that are left out of training
    notesChanged = Signal(object)  # {path: Note} of all films that a person flagged or said something of
    runChanged = Signal(object)  # Run
    entriesChanged = Signal(tuple)  # Entry of each run, sweep and study that was found
    remarksChanged = Signal(object)  # {folder: Remark} of all of them of which a person said something
    folderUsed = Signal(str)  # where results were read or written
    droppedChanged = Signal(tuple)  # the paths of the images that were opened together
    messageRaised = Signal(Message)
    messageWithdrawn = Signal(Message)  # it holds no longer, whether or not it was dismissed
    jobStarted = Signal(Job)  # its name is its Lane

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.catalog: Catalog | None = None
        self.dataset: Dataset | None = None
        self.classifier: Classifier | None = None
        self.classifier_chosen = False
        self.film: OpenFilm | None = None
        self.handling = AS_IT_IS
        self.setting = AttackSetting()
        self.inspection: Inspection | None = None
        self.proof: FilmProof | None = None
        self.sweeps: tuple[SweepResult, ...] = ()
        self.shifts: tuple[ShiftResult, ...] = ()
        self.outcomes: Outcomes | None = None
        self.excluded: frozenset[str] = frozenset()
        self.notes: Mapping[str, Note] = {}
        self.run: Run | None = None
        self.entries: tuple[Entry, ...] = ()
        self.remarks: Mapping[str, Remark] = {}
        self.dropped: tuple[Path, ...] = ()
        self.labels: dict[Path, str | None] = {}
        self._problems: Message | None = None

    # -- what is open ------------------------------------------------------------------------------------

    def set_catalog(self, catalog: Catalog) -> None:
        """What can be chosen is known from now on."""
        self.catalog = catalog
        self.catalogChanged.emit(catalog)

    def set_dataset(self, dataset: Dataset) -> None:
        """Work on this dataset from now on."""
        self.dataset, self.outcomes, self.excluded = dataset, None, frozenset()
        self.datasetChanged.emit(dataset)
        if self._problems is not None:
            self.messageWithdrawn.emit(self._problems)
        self._problems = about_problems(dataset.problems)
        if self._problems is not None:
            self.messageRaised.emit(self._problems)

    def choose_classifier(self, classifier: Classifier) -> None:
        """Attack this classifier, whatever is opened."""
        self.use_classifier(classifier, chosen=True)

    def use_classifier(self, classifier: Classifier, *, chosen: bool = False) -> None:
        """Attack this classifier; one that nobody has `chosen` gives way to one that fits what is opened."""
        self.classifier, self.classifier_chosen = classifier, chosen
        self.classifierChanged.emit(classifier)

    def set_run(self, run: Run) -> None:
        """Show this run. What is attacked stays."""
        self.run = run
        self.runChanged.emit(run)
        self.folderUsed.emit(str(run.folder))

    def set_film(self, film: OpenFilm) -> None:
        """Inspect this film, and say what there is to be said of it.

        What holds no longer is taken back; after another frame of its file only what is new is said.
        """
        before = self.film
        told = before.messages() if before is not None else ()
        said = film.messages()
        again = before is not None and film.is_another_frame_of(before)
        for message in told:
            if message not in said:
                self.messageWithdrawn.emit(message)
        for message in said:
            if not (again and message in told):
                self.messageRaised.emit(message)
        self._show(film)

    def set_dropped(self, paths: Sequence[Path]) -> None:
        """These images were opened together, each once; what they show is as the dataset has it."""
        self.labels = {path: self.label_of(path) for path in paths}
        self.dropped = tuple(self.labels)
        self.droppedChanged.emit(self.dropped)

    def label_of(self, path: Path) -> str | None:
        """What an image shows, as somebody said of it or as the dataset has it; None where nobody knows."""
        if path in self.labels:
            return self.labels[path]
        if self.dataset is None:
            return None
        place = self.dataset.columns.places.get(str(path))
        return None if place is None else self.dataset.records[place].label

    def set_label(self, label: str | None) -> None:
        """Say what the film in the inspector truly shows, or that nobody knows."""
        if self.film is not None and label != self.film.label:
            self._show(replace(self.film, label=label))

    def set_labels(self, label: str | None) -> None:
        """Say that all images that were opened together show this class, or that nobody knows."""
        self.labels = dict.fromkeys(self.dropped, label)
        if self.film is not None and self.film.path in self.labels:
            self.set_label(label)

    def set_handling(self, handling: Handling) -> None:
        """Have the film in the inspector handled so from now on, until another one is shown."""
        if handling != self.handling:
            self.handling = handling
            self.handlingChanged.emit(handling)

    def _show(self, film: OpenFilm) -> None:
        before, self.film = self.film, film
        if before is None or film.radiograph is not before.radiograph:
            self.set_handling(AS_IT_IS)
        if film.path in self.labels:
            self.labels[film.path] = film.label
        self.filmChanged.emit(film)

    # -- what is attacked, and how -----------------------------------------------------------------------

    def set_attack(
        self, attack: str, parameters: dict[str, object] | None = None, threat: str = "rgb"
    ) -> None:
        """Choose the attack, its parameters and the threat model."""
        chosen = tuple(sorted((parameters or {}).items()))
        self._set_setting(replace(self.setting, attack=attack, parameters=chosen, threat=threat))

    def set_epsilon(self, epsilon: float) -> None:
        """Choose epsilon, in pixel units."""
        self._set_setting(replace(self.setting, epsilon=epsilon))

    def _set_setting(self, setting: AttackSetting) -> None:
        if setting != self.setting:
            self.setting = setting
            self.settingChanged.emit(setting)

    def set_inspection(self, inspection: Inspection) -> None:
        """What the attack, as it is set, made of the radiograph."""
        self.inspection = inspection
        self.inspectionChanged.emit(inspection)

    def set_proof(self, proof: FilmProof | None) -> None:
        """How far the decision about the film is proven; None while that is being looked for."""
        self.proof = proof
        self.proofChanged.emit(proof)

    # -- what was found out of the dataset ---------------------------------------------------------------

    def add_sweep(self, result: SweepResult) -> None:
        """Show a sweep beside the others; its points must have been worked out."""
        self.sweeps = (*self.sweeps, result)
        self.sweepChanged.emit(result)

    def remove_sweep(self, result: SweepResult) -> None:
        """Forget one of the sweeps."""
        self.sweeps = tuple(sweep for sweep in self.sweeps if sweep is not result)
        self.sweepRemoved.emit(result)

    def clear_sweeps(self) -> None:
        """Forget the sweeps done so far."""
        self.sweeps = ()
        self.sweepChanged.emit(None)

    def set_shifts(self, results: tuple[ShiftResult, ...]) -> None:
        """Show this sweep of shifts; its points must have been worked out."""
        self.shifts = results
        self.shiftsChanged.emit(results)

    def set_outcomes(self, found: Outcomes | None) -> None:
        """What one of the sweeps found out about the dataset's images."""
        if found is not self.outcomes:
            self.outcomes = found
            self.outcomesChanged.emit(found)

    def exclude(self, paths: Iterable[str]) -> None:
        """Leave exactly these records of the dataset out of training from now on."""
        chosen = frozenset(paths)
        if chosen != self.excluded:
            self.excluded = chosen
            self.excludedChanged.emit(chosen)

    def set_notes(self, notes: Mapping[str, Note]) -> None:
        """What is said of films, whichever dataset they are of."""
        self.notes = notes
        self.notesChanged.emit(notes)

    # -- what there is on the disk -----------------------------------------------------------------------

    def set_entries(self, entries: tuple[Entry, ...]) -> None:
        """These runs, sweeps and studies were found."""
        self.entries = entries
        self.entriesChanged.emit(entries)

    def set_remarks(self, remarks: Mapping[str, Remark]) -> None:
        """What is said of runs, sweeps and studies, wherever they are."""
        self.remarks = remarks
        self.remarksChanged.emit(remarks)

    # -- what is told ------------------------------------------------------------------------------------

    def tell(self, text: str, *, level: str = "info", details: str = "") -> None:
        """Show a message in the window's bar."""
        self.messageRaised.emit(Message(level, text, details))

    def offer(self, text: str, *offers: tuple[str, Callable[[], object]]) -> Message:
        """Show a message with buttons of these words, each of which does what it says."""
        message = Message("info", text, offers=tuple(starmap(Offer, offers)))
        self.messageRaised.emit(message)
        return message

    def tell_error(self, error: BaseException) -> None:
        """Show an error: its own words when it is ours, with the traceback in Details when it is not."""
        if isinstance(error, WorkbenchError):
            self.tell(str(error), level="error")
        else:
            details = "".join(traceback.format_exception(error))
            self.tell(f"Something unexpected went wrong ({error}).", level="error", details=details)
