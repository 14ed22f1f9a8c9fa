"""How far the decision about the film in the inspector is proven, whatever the attack."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cxr_gui.core.base.progress import Work
from cxr_gui.core.base.units import describe_epsilon
from cxr_gui.session.lanes import Lane, Lanes, Service
from cxr_gui.session.state import State

if TYPE_CHECKING:
    from cxr_gui.core.inspect import FilmProof, Inspection
    from cxr_gui.jobs import Job


class Proving(Service):
    """Looks for the certified radius whenever the classifier or the film is another.

    While a training goes on, an epoch's classifier waits until it has ended: to prove each beside the next
    one's training would take the processor from the window.
    """

    def __init__(self, state: State, lanes: Lanes) -> None:
        super().__init__(state, lanes)
        self._told = False
        self._awaited: Job | None = None
        state.classifierChanged.connect(self._prove_classifier)
        state.filmChanged.connect(self._prove)
        state.inspectionChanged.connect(self._compare)

    def _prove_classifier(self) -> None:
        training = self._lanes.job(Lane.TRAINING)
        if training is None:
            self._prove()
            return
        self._lanes.cancel(Lane.PROOF)  # of the one before
        self._state.set_proof(None)
        if training is not self._awaited:
            self._awaited = training
            training.ended.connect(self._prove_at_last)

    def _prove_at_last(self) -> None:
        self._awaited = None
        if self._state.proof is None and self._lanes.job(Lane.PROOF) is None:
            self._prove()

    def _prove(self) -> None:
        classifier, film = self._state.classifier, self._state.film
        if classifier is None or film is None:
            return
        self._told = False
        self._state.set_proof(None)

        def prove() -> Work[FilmProof]:
            from cxr_gui.core.images import to_input
            from cxr_gui.core.inspect import prove

            label = classifier.classes.index(film.label) if film.label in classifier.classes else None
            return (
                yield from prove(classifier, to_input(film.radiograph.pixels, classifier.input_size), label)
            )

        self._lanes.start(Lane.PROOF, prove, self._show, announce=False)

    def _show(self, proof: FilmProof) -> None:
        self._state.set_proof(proof)
        if self._state.inspection is not None:
            self._compare(self._state.inspection)

    def _compare(self, inspection: Inspection) -> None:
        """Tell, once a film, of an attack that did what is proven to be impossible."""
        proof = self._state.proof
        if proof is not None and not self._told and proof.contradicted_by(inspection):
            self._told = True
            self._state.tell(
                f"{inspection.attack.title} flipped at {describe_epsilon(inspection.linf)} what is proven "
                f"up to {describe_epsilon(proof.radius)}: one of the two is wrong. Please report it.",
                level="error",
            )
