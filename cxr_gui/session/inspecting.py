"""The radiograph in the inspector, attacked as it is set; and its probability over epsilon."""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache
from typing import TYPE_CHECKING

from cxr_gui.core.base.decisions import probability
from cxr_gui.core.base.progress import Event, Work
from cxr_gui.session.lanes import Lane, Lanes, Service
from cxr_gui.session.state import State
from cxr_gui.session.values import TRACE, AttackSetting, OpenFilm, Trace

if TYPE_CHECKING:
    from cxr_gui.core.inspect import Inspection, Inspector
    from cxr_gui.core.models import Classifier


class Inspecting(Service):
    """Attacks again whenever the classifier, the radiograph or the setting is another; the latest wins."""

    def __init__(self, state: State, lanes: Lanes) -> None:
        super().__init__(state, lanes)
        # Called on the lane alone; what an attack that was overtaken has worked out serves the next one.
        self._inspector = lru_cache(maxsize=1)(_inspector)
        self._traced: Inspector | None = None
        for changed in (state.classifierChanged, state.filmChanged, state.settingChanged):
            changed.connect(self._inspect)

    def _inspect(self) -> None:
        classifier, film, setting = self._state.classifier, self._state.film, self._state.setting
        if classifier is None or film is None:
            return

        def attack() -> Work[tuple[Inspector, Inspection]]:
            yield Event("Taking the gradient", 0, None)
            inspector = self._inspector(classifier, film, replace(setting, epsilon=0.0))
            yield Event("Attacking the radiograph", 0, None)
            return inspector, inspector.at(setting.epsilon)

        self._lanes.start(Lane.INSPECTION, attack, self._show)

    def _show(self, found: tuple[Inspector, Inspection]) -> None:
        inspector, inspection = found
        self._state.set_inspection(inspection)
        if inspector is not self._traced:
            self._trace(inspector)

    def _trace(self, inspector: Inspector) -> None:
        """Follow the radiograph's probability over epsilon, once for each attack on it.

        Only under single-step attacks, which pay one forward for each epsilon.
        """
        self._traced = inspector
        self._lanes.cancel(Lane.TRACE)
        self._state.traceChanged.emit(None)
        if inspector.attack.single_step:
            show = self._state.traceChanged.emit
            self._lanes.start(Lane.TRACE, lambda: _trace(inspector), show)


def _inspector(classifier: Classifier, film: OpenFilm, setting: AttackSetting) -> Inspector:
    """What attacks this radiograph in this way; takes its gradient."""
    from cxr_gui.core.images import to_input
    from cxr_gui.core.inspect import Inspector

    label = classifier.classes.index(film.label) if film.label in classifier.classes else None
    pixels = to_input(film.radiograph.pixels, classifier.input_size)
    attack = setting.create()
    return Inspector(classifier, pixels, attack, setting.threat, label, film.radiograph.source)


def _trace(inspector: Inspector) -> Work[Trace]:
    """Follow the radiograph's probability over epsilon, a few forwards at a time."""
    logits: list[float] = []
    for start in range(0, len(TRACE), 4):
        yield Event("Tracing the radiograph", start, len(TRACE))
        logits += inspector.curve(TRACE[start : start + 4]).tolist()
    yield Event("Looking for the critical epsilon", 0, None)
    probabilities = tuple(probability(logit) for logit in logits)
    return Trace(TRACE, probabilities, inspector.critical(TRACE[-1]))
