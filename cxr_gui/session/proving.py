"""How far the decision about the film in the inspector is proven, whatever the attack."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QTimer

from cxr_gui.core.base.progress import Work
from cxr_gui.core.base.units import describe_epsilon
from cxr_gui.session.lanes import Lane, Lanes, Service
from cxr_gui.session.state import State
from cxr_gui.session.values import STILL

if TYPE_CHECKING:
    from cxr_gui.core.inspect import FilmProof, Inspection


class Proving(Service):
    """Looks for the certified radius whenever the classifier, the film or how it was handled is another."""

    def __init__(self, state: State, lanes: Lanes) -> None:
        super().__init__(state, lanes)
        self._told = False
        self._still = QTimer(self, singleShot=True, interval=STILL)
        self._still.timeout.connect(self._prove)
        state.classifierChanged.connect(self._prove)
        state.filmChanged.connect(self._prove)
        state.handlingChanged.connect(self._wait)
        state.inspectionChanged.connect(self._compare)

    def _wait(self) -> None:
        """A slider may be on its way: what was proven is of another film, and the next proof can wait."""
        self._lanes.cancel(Lane.PROOF)
        self._state.set_proof(None)
        self._still.start()

    def _prove(self) -> None:
        self._still.stop()
        classifier, film, handling = self._state.classifier, self._state.film, self._state.handling
        if classifier is None or film is None:
            return
        self._told = False
        self._state.set_proof(None)

        def prove() -> Work[FilmProof]:
            from cxr_gui.core.images import to_input
            from cxr_gui.core.inspect import prove

            pixels = to_input(film.radiograph.pixels, classifier.input_size)
            return (yield from prove(classifier, pixels, film.class_of(classifier), handling))

        self._lanes.start(Lane.PROOF, prove, self._show)

    def _show(self, proof: FilmProof) -> None:
        self._state.set_proof(proof)
        if self._state.inspection is not None:
            self._compare(self._state.inspection)

    def _compare(self, inspection: Inspection) -> None:
        """Tell, once a film, of an attack that did what is proven to be impossible."""
        proof, same = self._state.proof, inspection.handling == self._state.handling
        if proof is not None and same and not self._told and proof.contradicted_by(inspection):
            self._told = True
            self._state.tell(
                f"{inspection.attack.title} flipped at {describe_epsilon(inspection.linf)} what is proven "
                f"up to {describe_epsilon(proof.radius)}: one of the two is wrong. Please report it.",
                level="error",
            )
