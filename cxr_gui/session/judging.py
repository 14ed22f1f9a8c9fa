"""The images that were opened together: what the attack makes of each."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import Signal

from cxr_gui.core.base.progress import Event, Work
from cxr_gui.core.inspect import ImageJudged
from cxr_gui.session.films import Films
from cxr_gui.session.lanes import Lane, Lanes, Service
from cxr_gui.session.state import State
from cxr_gui.session.values import TRACE, AttackSetting, OpenFilm

if TYPE_CHECKING:
    from cxr_gui.core.images import Radiograph
    from cxr_gui.core.inspect import Judged
    from cxr_gui.core.models import Classifier
    from cxr_gui.jobs import Job


class Judging(Service):
    """Verdicts of a set of images on a lane of its own, one after another.

    They are worked out when images are opened together. Another attack, label or classifier makes them stale,
    and they are worked out anew when somebody asks: it may take long.
    """

    changed = Signal()  # of verdicts, of their staleness, or of what runs
    judged = Signal(object)  # Judged
    progress = Signal(int, int)  # so many of so many are done

    def __init__(self, state: State, lanes: Lanes, films: Films) -> None:
        super().__init__(state, lanes)
        self._films = films
        self.verdicts: dict[Path, Judged] = {}
        self.setting: AttackSetting | None = None
        self.job: Job | None = None
        self._classifier: object = None
        self._labels_then: dict[Path, str | None] = {}
        state.droppedChanged.connect(self._take)
        state.classifierChanged.connect(self._meet)
        state.settingChanged.connect(lambda _: self.changed.emit())
        state.filmChanged.connect(self._follow)

    @property
    def stale(self) -> bool:
        """Whether the verdicts are of another attack, other labels, or not all there."""
        state = self._state
        if self.setting is None or len(state.dropped) < 2:
            return False
        same = self.setting == state.setting and self._classifier is state.classifier
        return not (same and self._labels_then == state.labels and len(self.verdicts) == len(state.dropped))

    def judge(self) -> Job | None:
        """Work out the verdict of each image under the attack as it is set."""
        state = self._state
        classifier, setting = state.classifier, state.setting
        self.cancel()
        if classifier is None or len(state.dropped) < 2:
            return None
        self.verdicts, self.setting = {}, setting
        self._classifier, self._labels_then = classifier, dict(state.labels)
        images = list(state.labels.items())
        read = self._films.read
        self.job = job = self._lanes.start(Lane.JUDGING, lambda: _judge(images, classifier, setting, read))
        job.events.connect(self._note)
        job.ended.connect(self._end)
        self.changed.emit()
        return job

    def cancel(self) -> None:
        """Work out no more; the verdicts found so far are kept."""
        self._lanes.cancel(Lane.JUDGING)

    def set_labels(self, label: str | None) -> None:
        """Say that all of them show this class, or that nobody knows; and judge them anew."""
        self._state.set_labels(label)
        self.judge()

    def _meet(self) -> None:
        """The first classifier judges at once; a later one when asked to: it may take long."""
        if self.setting is None:
            self.judge()
        else:
            self.changed.emit()

    def _take(self) -> None:
        self.verdicts, self.setting = {}, None
        self.judge()
        self.changed.emit()

    def _follow(self, film: OpenFilm) -> None:
        if film.path in self._state.labels:
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


def _judge(
    images: Sequence[tuple[Path, str | None]],
    classifier: Classifier,
    setting: AttackSetting,
    read: Callable[[Path], Radiograph],
) -> Work[tuple[Judged, ...]]:
    """What the attack, as it is set, makes of each image."""
    yield Event("Judging images", 0, len(images))
    from cxr_gui.core.inspect import judge

    attack = setting.create()
    return (yield from judge(images, classifier, attack, setting.threat, setting.epsilon, read, TRACE[-1]))
