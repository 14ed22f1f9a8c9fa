"""Certified radii beside an attack: for each image, within which no attack at all can change the decision."""

from __future__ import annotations

import copy
from collections.abc import Generator, Sequence
from dataclasses import dataclass, field

import torch
from torch import Tensor, nn

from cxr_gui.core.attacks import Attack, Batch, LinfBall
from cxr_gui.core.base.errors import ArgumentError
from cxr_gui.core.certify import BOUNDS, DEFAULT_BOUND, SLACK, TOLERANCE, Prover
from cxr_gui.core.models import Classifier

PARTS = 4
"""Bounds in float64 take several times an attack's memory: a batch is proven in so many parts."""


@dataclass(frozen=True, eq=False)
class Proof:
    """Proves decisions of one classifier, by a bound that is improved in so many steps (see Prover).

    known  the radius of each image, by its number, that was proven before. No attack has a say in it: sweeps
           of the same images under the same threat model share one Proof, and the first pays for it
    """

    prover: Prover
    bound: str
    steps: int
    known: dict[int, float] = field(default_factory=dict)

    @classmethod
    def of(
        cls, classifier: nn.Module, attacks: Sequence[Attack], bound: str = DEFAULT_BOUND, steps: int = 0
    ) -> Proof:
        """On the balls that the attacks search.

        Raises ArgumentError for an attack in another norm than L-infinity, and where nothing can be proven of
        the classifier: UnboundedError names the layer that has no bounds.
        """
        for attack in attacks:
            if attack.norm is LinfBall:
                continue
            raise ArgumentError(
                f"is {attack.title}: its epsilon is no bound of each pixel's change, but a certified radius "
                "is, so the two cannot stand on one axis.",
                where="attack",
                hint="Choose an attack in the L-infinity norm, or leave out the certificate.",
            )
        if not isinstance(classifier, Classifier):
            raise ArgumentError(
                f"is a {type(classifier).__name__}, of which no bounds are known.",
                where="classifier",
                hint="Make a Classifier of it first.",
            )
        if classifier.device.type == "mps":  # has no float64
            classifier = copy.deepcopy(classifier).cpu()
        return cls(Prover(classifier, bound, steps), bound, steps)

    def radii(self, batch: Batch) -> Generator[None, None, Tensor]:
        """The certified radius of each image, [B] float64 in pixel units; yields after each part."""
        device = self.prover.device
        new = batch[torch.tensor([row not in self.known for row in batch.rows])]
        for part in new.cut(max(len(new), 1) if self.bound == "backward" else PARTS):
            found = self.prover.radii(part.pixels.to(device), part.labels.to(device))
            self.known.update(zip(part.rows, found.tolist(), strict=True))
            yield
        return torch.tensor([self.known[row] for row in batch.rows], dtype=torch.float64)

    @property
    def described(self) -> dict[str, object]:
        """How the radii are proven, for their readers: slack in logits, tolerance in pixel units."""
        improved = f", slopes improved in {self.steps} steps" if self.steps else ""
        return {
            "method": f"{BOUNDS[self.bound].title}{improved}",
            "bound": self.bound,
            "steps": self.steps,
            "slack": SLACK,
            "tolerance": TOLERANCE,
        }
