"""Where the classifier looks in what is inspected: worked out when somebody asks, and kept up until told."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QTimer, Signal

from cxr_gui.core.base.progress import Work
from cxr_gui.session.lanes import Lane, Lanes, Service
from cxr_gui.session.state import State
from cxr_gui.session.values import STILL, Explained

if TYPE_CHECKING:
    from cxr_gui.core.inspect import Explanation, Inspection
    from cxr_gui.core.models import Classifier
    from cxr_gui.jobs import Job


class Explaining(Service):
    """The explanation of the session's inspection by one method, on a lane of its own."""

    changed = Signal(object)  # Explained as far as it is known; None for nothing
    methodChanged = Signal(object)  # the method, or None

    def __init__(self, state: State, lanes: Lanes) -> None:
        super().__init__(state, lanes)
        self.method: str | None = None
        self.explained: Explained | None = None
        self._of: tuple[object, ...] = ()
        self._job: Job | None = None
        self._still = QTimer(self, singleShot=True, interval=STILL)
        self._still.timeout.connect(self._explain)
        state.inspectionChanged.connect(self._follow)

    def explain(self, method: str | None) -> None:
        """Explain from now on by one of core's methods; None for no longer."""
        if method != self.method:
            self.method = method
            self._set(None)
            self.methodChanged.emit(method)
            self._explain()

    def _explain(self) -> None:
        classifier, inspection, method = self._state.classifier, self._state.inspection, self.method
        if classifier is None or inspection is None or method is None:
            return
        known = None if self.explained is None else self.explained.clean
        self._of, self._job = (classifier, inspection.clean), None
        job = self._lanes.start(
            Lane.EXPLANATION, lambda: explain_both(classifier, inspection, method, known), self._set
        )
        job.failed.connect(lambda _: self.explain(None))
        job.cancelled.connect(lambda: self._stop(job))
        self._job = job

    def _stop(self, job: Job) -> None:
        """Somebody cancelled the work itself: do not begin it again with the next inspection."""
        if job is self._job:
            self.explain(None)

    def _follow(self, inspection: Inspection) -> None:
        """Drop what was said of another image or classifier; explain this one when nothing moves any more."""
        if self.method is None:
            return
        now, known = (self._state.classifier, inspection.clean), self.explained
        same = len(self._of) == len(now) and all(a is b for a, b in zip(self._of, now, strict=True))
        self._set(Explained(known.clean, None) if known is not None and same else None)
        self._still.start()

    def _set(self, explained: Explained | None) -> None:
        self._still.stop()
        self._job = None
        self._lanes.cancel(Lane.EXPLANATION)
        if explained is not self.explained:
            self.explained = explained
            self.changed.emit(explained)


def explain_both(
    classifier: Classifier, inspection: Inspection, method: str, clean: Explanation | None
) -> Work[Explained]:
    """Where the classifier looks before and after the attack; `clean` where that is known already."""
    from cxr_gui.core.inspect import explain

    clean = clean or (yield from explain(classifier, inspection.clean, method))
    return Explained(clean, (yield from explain(classifier, inspection.perturbed, method)))
