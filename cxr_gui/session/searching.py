"""The worst plausible film: how the one in the inspector can be handled and be decided otherwise."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Signal

from cxr_gui.core.base.progress import Event, Work
from cxr_gui.session.lanes import Lane, Lanes, Service
from cxr_gui.session.state import State
from cxr_gui.session.values import OpenFilm

if TYPE_CHECKING:
    from cxr_gui.core.inspect import PlausibleFilm
    from cxr_gui.core.models import Classifier
    from cxr_gui.jobs import Job

NEED_BOTH = "Open a radiograph and a classifier first: the search looks for what flips one with the other."


class Searching(Service):
    """Searches when somebody asks, and handles the film as was found; another film, label or classifier makes
    what was found a matter of the past."""

    changed = Signal(object)  # PlausibleFilm, or None while nothing is known

    def __init__(self, state: State, lanes: Lanes) -> None:
        super().__init__(state, lanes)
        state.filmChanged.connect(self._forget)
        state.classifierChanged.connect(self._forget)

    def search(self) -> Job | None:
        """Look for the mildest handling that flips; None, with a message, while there is no film."""
        classifier, film = self._state.classifier, self._state.film
        if classifier is None or film is None:
            self._state.tell(NEED_BOTH, level="warning")
            return None
        self.changed.emit(None)
        return self._lanes.start(Lane.PLAUSIBLE, lambda: _search(classifier, film), self._show)

    def cancel(self) -> None:
        """Look no further."""
        self._lanes.cancel(Lane.PLAUSIBLE)

    def _show(self, found: PlausibleFilm) -> None:
        self._state.set_handling(found.handling)
        self.changed.emit(found)

    def _forget(self) -> None:
        self.cancel()
        self.changed.emit(None)


def _search(classifier: Classifier, film: OpenFilm) -> Work[PlausibleFilm]:
    yield Event("Looking for a plausible film that flips", 0, None)
    from cxr_gui.core.images import to_input
    from cxr_gui.core.inspect import worst_plausible

    pixels = to_input(film.radiograph.pixels, classifier.input_size)
    return (yield from worst_plausible(classifier, pixels, label=film.class_of(classifier)))
