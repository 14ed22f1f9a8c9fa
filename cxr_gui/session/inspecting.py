"""The radiograph in the inspector, attacked as it is set; and its probability over epsilon."""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache
from typing import TYPE_CHECKING

from PySide6.QtCore import QTimer

from cxr_gui.core.base.decisions import probability
from cxr_gui.core.base.progress import Event, Work
from cxr_gui.core.shifts import AS_IT_IS, Handling
from cxr_gui.session.lanes import Lane, Lanes, Service
from cxr_gui.session.state import State
from cxr_gui.session.values import STILL, TRACE, AttackSetting, OpenFilm, Trace

if TYPE_CHECKING:
    from cxr_gui.core.inspect import Inspection, Inspector
    from cxr_gui.core.models import Classifier


class Inspecting(Service):
    """Attacks again whenever classifier, radiograph, handling or setting is another; the latest wins."""

    def __init__(self, state: State, lanes: Lanes) -> None:
        super().__init__(state, lanes)
        # Called on the lane alone; what an attack that was overtaken has worked out serves the next one.
        self._as_read = lru_cache(maxsize=1)(_as_read)
        self._handled = lru_cache(maxsize=1)(_handled)
        self._traced: Inspector | None = None
        self._still = QTimer(self, singleShot=True, interval=STILL)
        self._still.timeout.connect(self._trace)
        for changed in (
            state.classifierChanged,
            state.filmChanged,
            state.handlingChanged,
            state.settingChanged,
        ):
            changed.connect(self._inspect)

    def _inspect(self) -> None:
        classifier, film, setting = self._state.classifier, self._state.film, self._state.setting
        handling = self._state.handling
        if classifier is None or film is None:
            return

        def attack() -> Work[tuple[Inspector, Inspection]]:
            yield Event("Taking the gradient", 0, None)
            as_read = self._as_read(classifier, film, replace(setting, epsilon=0.0))
            inspector = self._handled(as_read, handling)
            yield Event("Attacking the radiograph", 0, None)
            return inspector, inspector.at(setting.epsilon)

        self._lanes.start(Lane.INSPECTION, attack, self._show)

    def _show(self, found: tuple[Inspector, Inspection]) -> None:
        inspector, inspection = found
        self._state.set_inspection(inspection)
        if inspector is not self._traced:
            self._traced = inspector
            self._lanes.cancel(Lane.TRACE)
            self._state.traceChanged.emit(None)
            if inspector.handling == AS_IT_IS:
                self._trace()
            else:  # by a slider that may be on its way
                self._still.start()

    def _trace(self) -> None:
        """Follow the radiograph's probability over epsilon, once for each attack on it.

        Only under single-step attacks, which pay one forward for each epsilon.
        """
        self._still.stop()
        inspector = self._traced
        if inspector is not None and inspector.attack.single_step:
            show = self._state.traceChanged.emit
            self._lanes.start(Lane.TRACE, lambda: _trace(inspector), show)


def _as_read(classifier: Classifier, film: OpenFilm, setting: AttackSetting) -> Inspector:
    """What attacks this radiograph in this way; takes its gradient."""
    from cxr_gui.core.images import to_input
    from cxr_gui.core.inspect import Inspector

    return Inspector(
        classifier,
        to_input(film.radiograph.pixels, classifier.input_size),
        setting.create(),
        setting.threat,
        film.class_of(classifier),
        film.radiograph.source,
    )


def _handled(inspector: Inspector, handling: Handling) -> Inspector:
    """The same of the radiograph so handled."""
    return inspector if handling == AS_IT_IS else inspector.handled(handling)


def _trace(inspector: Inspector) -> Work[Trace]:
    """Follow the radiograph's probability over epsilon, a few forwards at a time."""
    logits: list[float] = []
    for start in range(0, len(TRACE), 4):
        yield Event("Tracing the radiograph", start, len(TRACE))
        logits += inspector.curve(TRACE[start : start + 4]).tolist()
    yield Event("Looking for the critical epsilon", 0, None)
    probabilities = tuple(probability(logit) for logit in logits)
    return Trace(TRACE, probabilities, inspector.critical(TRACE[-1]))
