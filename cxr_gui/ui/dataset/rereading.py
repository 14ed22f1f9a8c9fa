"""Reading a folder again: where it has changed, or as somebody says; remembered for the next start."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, Qt
from PySide6.QtWidgets import QWidget

from cxr_gui.core.base.files import json_text, parse_json
from cxr_gui.core.data import AS_RECOGNISED, Choices, ClassesError, Reading
from cxr_gui.session import Lane, Session
from cxr_gui.ui.dataset.reading import ReadingDialog
from cxr_gui.ui.widgets.settings import RECENT_LIMIT, Setting, Settings

if TYPE_CHECKING:
    from cxr_gui.core.data import Dataset
    from cxr_gui.jobs import Job


class Rereading(QObject):
    """Opens folders for the dataset tab, and asks what their names do not say."""

    def __init__(self, session: Session, settings: Settings, parent: QWidget) -> None:
        super().__init__(parent)
        self._session, self._settings, self._over = session, settings, parent
        self.known = ReadingSettings(settings.store, fresh=settings.fresh)
        session.jobStarted.connect(self._watch)

    def open(self, path: Path) -> Job:
        """Read a folder or table of labels as somebody said of it before."""
        return self._session.opening.dataset(path, self.known.of(path))

    def again(self) -> None:
        """Look for what has changed in the folder; what is excluded from training stays so."""
        dataset = self._session.dataset
        if dataset is not None:
            self._read(dataset.opened, dataset.reading)

    def ask(self) -> None:
        """Let somebody say which classes the folder has, and whose images they are."""
        dataset = self._session.dataset
        if dataset is not None:
            labelled = dataset.classes if dataset.choices.labels or dataset.choices.findings else None
            example = dataset.below_root(dataset.records[0].path)
            self._show(dataset.opened, dataset.choices, dataset.reading, labelled, example)

    def _show(self, path: Path, choices: Choices, reading: Reading, *known: Any) -> None:
        dialog = ReadingDialog(self._over, path.name, choices, reading, *known)
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.chosen.connect(lambda chosen: self._read(path, chosen))
        dialog.open()

    def _read(self, path: Path, reading: Reading) -> None:
        excluded = self._session.excluded

        def done(dataset: Dataset) -> None:
            self.known.keep(path, reading)
            self._settings.remember_folder(str(path))
            self._session.exclude(path for path in excluded if path in dataset.columns.places)

        self._session.opening.dataset(path, reading).done.connect(done)

    def _watch(self, job: Job) -> None:
        if job.name == Lane.DATASET:
            job.failed.connect(self._ask_for_two)

    def _ask_for_two(self, error: BaseException) -> None:
        """A folder of more than two classes can be opened once somebody says which two."""
        if isinstance(error, ClassesError) and error.where is not None:
            choices = error.choices
            if len(choices.labels) > 2 or choices.findings:
                self._show(Path(error.where), choices, AS_RECOGNISED)


class ReadingSettings(Settings):
    """How folders were read the last times, the latest first; each as a line of JSON."""

    readings: Setting[list[str]] = Setting("dataset/readings", [])

    def of(self, path: Path) -> Reading:
        """How a folder or table is to be read."""
        for entry in self.readings:
            found = _reading_in(entry, path)
            if found is not None:
                return found
        return AS_RECOGNISED

    def keep(self, path: Path, reading: Reading) -> None:
        """Remember it, unless it is as recognised."""
        rest = [entry for entry in self.readings if _reading_in(entry, path) is None]
        if reading != AS_RECOGNISED:
            rest.insert(0, json_text({"path": str(path), **asdict(reading)}))
        self.readings = rest[:RECENT_LIMIT]


def _reading_in(entry: str, path: Path) -> Reading | None:
    """What an entry says about `path`; None when it says nothing, or nonsense: anybody may edit the file."""
    try:
        about = parse_json(entry, dict).get("path")
        return parse_json(entry, Reading) if about == str(path) else None
    except ValueError:
        return None
