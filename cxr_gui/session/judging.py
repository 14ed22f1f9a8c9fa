"""The images that were opened together: their labels, and what the attack makes of each."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from cxr_gui.core.base.progress import Event
from cxr_gui.core.inspect import ImageJudged
from cxr_gui.session import work

if TYPE_CHECKING:
    from cxr_gui.core.inspect import Judged
    from cxr_gui.jobs import Job
    from cxr_gui.session.session import Session
    from cxr_gui.session.values import AttackSetting, Exhibit


class Judging(QObject):
    """Verdicts of a set of images on a lane of its own, one after another.

    They are worked out when images are opened together. Another attack, label or classifier makes them stale,
    and they are worked out anew when somebody asks: it may take long.
    """

    changed = Signal()  # of verdicts, of their staleness, or of what runs
    judged = Signal(object)  # Judged
    progress = Signal(int, int)  # so many of so many are done

    def __init__(self, session: Session, start: Callable[..., Job]) -> None:
        super().__init__(session)
        self._session, self._start = session, start
        self.paths: tuple[Path, ...] = ()
        self.labels: dict[Path, str | None] = {}
        self.verdicts: dict[Path, Judged] = {}
        self.setting: AttackSetting | None = None
        self.job: Job | None = None
        self._classifier: object = None
        self._labels_then: dict[Path, str | None] = {}
        session.droppedChanged.connect(self._take)
        session.classifierChanged.connect(self._meet)
        session.settingChanged.connect(lambda _: self.changed.emit())
        session.exhibitChanged.connect(self._take_label)

    @property
    def stale(self) -> bool:
        """Whether the verdicts are of another attack, other labels, or not all there."""
        if self.setting is None or len(self.paths) < 2:
            return False
        same = self.setting == self._session.setting and self._classifier is self._session.classifier
        return not (same and self._labels_then == self.labels and len(self.verdicts) == len(self.paths))

    def judge(self) -> Job | None:
        """Work out the verdict of each image under the attack as it is set."""
        classifier, setting = self._session.classifier, self._session.setting
        self._session.lanes["judging"].cancel()
        if classifier is None or len(self.paths) < 2:
            return None
        self.verdicts, self.setting = {}, setting
        self._classifier, self._labels_then = classifier, dict(self.labels)
        images = [(path, self.labels[path]) for path in self.paths]
        job = self._start("judging", lambda: work.judge(images, classifier, setting), lambda _: None)
        self.job = job
        job.events.connect(self._note)
        job.ended.connect(self._end)
        self.changed.emit()
        return job

    def set_labels(self, label: str | None) -> None:
        """Say that all of them show this class, or that nobody knows; and judge them anew."""
        self.labels = dict.fromkeys(self.paths, label)
        exhibit = self._session.exhibit
        if exhibit is not None and exhibit.path in self.labels:
            self._session.set_label(label)
        self.judge()

    def _meet(self) -> None:
        """The first classifier judges at once; a later one, as of each epoch of a training, when asked to."""
        if self.setting is None:
            self.judge()
        else:
            self.changed.emit()

    def _take(self, paths: Sequence[Path]) -> None:
        known = self._session.label_of
        self.paths = tuple(dict.fromkeys(Path(path) for path in paths))
        self.labels = {path: known(path) for path in self.paths}
        self.verdicts, self.setting = {}, None
        self.judge()
        self.changed.emit()

    def _take_label(self, exhibit: Exhibit) -> None:
        if exhibit.path in self.labels and self.labels[exhibit.path] != exhibit.label:
            self.labels[exhibit.path] = exhibit.label
            self.changed.emit()

    def _note(self, events: list[Event]) -> None:
        for event in events:
            if isinstance(event, ImageJudged):
                self.verdicts[event.judged.path] = event.judged
                self.judged.emit(event.judged)
        self.progress.emit(events[-1].done, events[-1].total or 0)

    def _end(self) -> None:
        if self.job is not None and not self.job.running:
            self.job = None
            self.changed.emit()
