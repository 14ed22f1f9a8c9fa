"""Which shipped classifier judges what is opened, as long as nobody has chosen one."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject

from cxr_gui.core.base import published
from cxr_gui.session import work

if TYPE_CHECKING:
    from cxr_gui.core.data import Dataset
    from cxr_gui.core.models import Classifier
    from cxr_gui.jobs import Job
    from cxr_gui.session.session import Session
    from cxr_gui.session.values import Exhibit

SWITCHED = "The {} classifier judges what is open now: the demo classifier knows synthetic films only."


class Fitting(QObject):
    """The demo classifier judges synthetic films, the one trained on X-rays of people all others."""

    def __init__(self, session: Session, start: Callable[..., Job]) -> None:
        super().__init__(session)
        self._session, self._start = session, start
        session.datasetChanged.connect(self._fit_dataset)
        session.exhibitChanged.connect(self._fit_exhibit)

    def _fit_dataset(self, dataset: Dataset) -> None:
        if dataset.classes == published.CLASSES:
            self._fit(dataset.root)

    def _fit_exhibit(self, exhibit: Exhibit) -> None:
        dataset = self._session.dataset
        if dataset is None or not exhibit.path.is_relative_to(dataset.root):
            self._fit(exhibit.path)

    def _fit(self, path: Path) -> None:
        session = self._session
        if session.classifier_chosen or session.lanes["classifier"].job is not None:
            return
        file = None if session.classifier is None else session.classifier.file
        self._start("classifier", lambda: work.fitting_classifier(path, file), self._take, announce=False)

    def _take(self, classifier: Classifier | None) -> None:
        if classifier is None:  # the one in use fits
            return
        first = self._session.classifier is None
        self._session.use_classifier(classifier)
        if not first:
            self._session.tell(SWITCHED.format(classifier.name))
