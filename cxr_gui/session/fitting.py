"""Which shipped classifier judges what is opened, as long as nobody has chosen one."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from cxr_gui.core.base import published
from cxr_gui.core.base.progress import Event, Work
from cxr_gui.core.models import DEMO, STANDARD, find_shipped
from cxr_gui.session.lanes import Lane, Lanes, Service
from cxr_gui.session.opening import load_classifier
from cxr_gui.session.state import State
from cxr_gui.session.values import OpenFilm

if TYPE_CHECKING:
    from cxr_gui.core.data import Dataset
    from cxr_gui.core.models import Classifier

SWITCHED = "The {} classifier judges what is open now: the demo classifier knows synthetic films only."


class Fitting(Service):
    """The demo classifier judges synthetic films, the one trained on X-rays of people all others."""

    def __init__(self, state: State, lanes: Lanes) -> None:
        super().__init__(state, lanes)
        state.datasetChanged.connect(self._fit_dataset)
        state.filmChanged.connect(self._fit_film)

    def _fit_dataset(self, dataset: Dataset) -> None:
        if dataset.classes == published.CLASSES:
            self._fit(dataset.root)

    def _fit_film(self, film: OpenFilm) -> None:
        dataset = self._state.dataset
        if dataset is None or not film.path.is_relative_to(dataset.root):
            self._fit(film.path)

    def _fit(self, path: Path) -> None:
        state = self._state
        if state.classifier_chosen or self._lanes.job(Lane.CLASSIFIER) is not None:
            return
        file = None if state.classifier is None else state.classifier.file
        self._lanes.start(Lane.CLASSIFIER, lambda: _fitting(path, file), self._take)

    def _take(self, classifier: Classifier | None) -> None:
        if classifier is None or self._state.classifier_chosen:  # it fits, or was chosen
            return
        first = self._state.classifier is None
        self._state.use_classifier(classifier)
        if not first:
            self._state.tell(SWITCHED.format(classifier.name))


def _fitting(path: Path, current: Path | None) -> Work[Classifier | None]:
    """The shipped classifier for the film or dataset at `path`; None when the `current` file is its."""
    from cxr_gui.core.demo import is_demo

    yield Event("Loading the classifier", 0, None)
    suited = find_shipped(DEMO if is_demo(path) else STANDARD)
    if suited is None or suited.path == current:
        return None
    return (yield from load_classifier(suited.path))
