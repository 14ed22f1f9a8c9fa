"""How far the decision about one film is proven."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import torch
from numpy.typing import NDArray

from cxr_gui.core.attacks import logits_of
from cxr_gui.core.base.decisions import wrong
from cxr_gui.core.base.progress import Event, Work
from cxr_gui.core.base.units import describe_epsilon, epsilon_text
from cxr_gui.core.certify import TOLERANCE, Prover, UnboundedError
from cxr_gui.core.inspect.handling import handled
from cxr_gui.core.shifts import AS_IT_IS, Handling

if TYPE_CHECKING:
    from cxr_gui.core.inspect.inspection import Inspection
    from cxr_gui.core.models import Classifier

VACUOUS = "the bounds are too wide to say anything, as they are where training was not on bounds"
"""Why nothing is proven about a classifier that can be bounded: no sign that it is fragile."""


@dataclass(frozen=True)
class FilmProof:
    """Up to where no attack within the L-infinity ball can change the decision about one film.

    radius  certified radius, pixel units; 0 where nothing is proven       label  the class that is proven
    why     the reason when nothing is proven, in words; "" otherwise
    """

    radius: float
    label: int
    why: str = ""

    def brief(self, unit: str = "model") -> str:
        """ "Proven to 0.0041", or "Nothing proven"; `sentence` says the rest."""
        return f"Proven to {epsilon_text(self.radius, unit)}" if self.radius > 0 else "Nothing proven"

    def sentence(self, unit: str = "model") -> str:
        """ "Proven up to 0.0041 (0.52/255)", `unit` first, or that nothing is, and why."""
        if self.radius > 0:
            proven = describe_epsilon(self.radius, unit)
            return f"Proven up to {proven}: no attack can change the decision there."
        return f"Nothing proven: {self.why}."

    def contradicted_by(self, inspection: Inspection) -> bool:
        """Whether an attack has done what was proven to be impossible: then one of the two is wrong."""
        inside = inspection.state == "flipped" and inspection.linf <= self.radius
        return inside and inspection.label == self.label


def prove(
    classifier: Classifier,
    pixels: NDArray[np.uint8],
    label: int | None = None,
    handling: Handling = AS_IT_IS,
) -> Work[FilmProof]:
    """The proof of the decision about pixels uint8 [H, W] of the classifier's input size, handled so.

    label  0 or 1, the decision that would be right; None: whatever is decided of the film as read
    """
    read = torch.from_numpy(pixels.astype(np.float32) / 255)[None, None]
    grey = read.to(classifier.device)
    logit = float(logits_of(classifier, grey))
    truth = int(logit >= classifier.threshold_logit) if label is None else label
    if handling != AS_IT_IS:
        grey = handled(read, [handling]).to(classifier.device)
        logit = float(logits_of(classifier, grey))
    if wrong(logit, truth, classifier.threshold_logit):
        return FilmProof(0.0, truth, "the decision is wrong at epsilon 0")
    try:
        prover = Prover(classifier)
    except UnboundedError as error:
        return FilmProof(0.0, truth, f"the classifier {error.what.rstrip('.')}")
    yield Event("Looking for the certified radius", 0, None)
    radius = float(prover.radii(grey, torch.tensor([truth])))
    if radius <= TOLERANCE:  # as finely as it is searched, and no proof that anybody could use
        return FilmProof(0.0, truth, VACUOUS)
    return FilmProof(radius, truth)
