"""Which decisions are proven on the whole ball around an image, and how large the ball may be.

What is proven: the classifier's function in exact arithmetic decides right on every image of the ball.
The bounds are computed in float64; interval bounds are widened by what rounding can do to each sum, see
`interval.ROUNDING`. People run the classifier in float32, which differs from the exact function by rounding
of its own (some 1e-6 of a logit, in the classifiers at hand), and the linear form is rounded as it goes
backwards (some 1e-10): a margin must clear SLACK, which is far more than both, and is stated, not proven,
to cover them, as `backward.SPARE` is for bounds on the way. The ball is larger by REACH, for an image in
float32 may lie outside epsilon by its rounding.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterable, Sequence

import torch
from torch import Tensor

from cxr_gui.core.attacks import check_epsilon, check_labels, check_pixels
from cxr_gui.core.base.errors import ArgumentError, ResourceError
from cxr_gui.core.base.pieces import Pieces
from cxr_gui.core.base.progress import Event, Work
from cxr_gui.core.base.registry import refuse_unknown
from cxr_gui.core.base.roots import TOLERANCE as TOLERANCE
from cxr_gui.core.certify.backward import narrowed_intervals
from cxr_gui.core.certify.bound import BOUNDS, DEFAULT_BOUND
from cxr_gui.core.certify.interval import Interval, ball
from cxr_gui.core.certify.linear import linear_bound
from cxr_gui.core.certify.network import Network, read_network
from cxr_gui.core.certify.reading import unbounded
from cxr_gui.core.certify.search import largest_proven
from cxr_gui.core.certify.tracing import fold_batch_norm
from cxr_gui.core.models import Classifier

SLACK = 1e-4
"""What a proven margin has to spare, in logits."""

REACH = 2.0**-23
"""By how much the ball is larger than epsilon, in pixel units: twice the rounding of float32 below 1."""

BATCH = 16


class Prover:
    """Margins of a classifier's decisions that no attack can get below.

    bound  one of BOUNDS            steps  of improvement of the linear bounds, see `linear_bound`

    Raises UnboundedError for a layer without bounds, ArgumentError for a classifier in train mode or with a
    weight that is no finite number, SettingsError for an unknown bound.
    """

    def __init__(self, classifier: Classifier, bound: str = DEFAULT_BOUND, steps: int = 0) -> None:
        refuse_unknown([bound], [*BOUNDS], "There is no bound")
        if steps < 0 or (steps and bound == "interval"):
            raise ArgumentError(
                f"is {steps}.",
                where="steps",
                hint="Accepted: an integer from 0 on, and for interval bounds 0: they have no slopes.",
            )
        if any(module.training for module in classifier.modules()):
            raise ArgumentError("is in train mode.", where="classifier", hint="Call its eval() first.")
        for name, value in classifier.state_dict().items():
            if not bool(value.isfinite().all()):
                raise ArgumentError(
                    f"has NaN or infinity in '{name}'.", where="classifier", hint="Train or load it again."
                )
        read_network(classifier)  # where a layer without bounds has the name that the classifier gives it
        self._exact = _frozen(classifier, torch.float64)
        self._quick = _frozen(classifier, torch.float32)
        self._unconfirmed: Classifier | None = copy.deepcopy(classifier).double()
        self._threshold = classifier.threshold_logit
        self._bound, self._steps = bound, steps
        self.device = classifier.device

    def margins(self, pixels: Tensor, labels: Tensor, epsilon: float | Tensor) -> Tensor:
        """How far each logit stays on the right side of the threshold at least, [B].

        Below 0 nothing is proven.

        pixels [B, 1 or 3, H, W] in 0..1, labels [B] of 0 and 1, epsilon in pixel units, one or [B]. The best
        of the bounds; the costliest only of what the others leave open.
        """
        pixels = check_pixels(pixels).to(self.device, torch.float64)
        margins = self._margins(self._exact, pixels, labels, epsilon)
        self._confirm(pixels[:1])
        return margins

    def radii(self, pixels: Tensor, labels: Tensor) -> Tensor:
        """The certified radius of each image, [B] float64 in pixel units: 0 where the decision is wrong.

        Searched to TOLERANCE in float32, which says where to look and no more: each was proven itself in
        float64, whatever the bounds do elsewhere. Where float32 hoped for too much, float64 searches.
        """
        radii = self._searched(self._quick, pixels.float(), labels)
        hoped = radii.nonzero()[:, 0]
        if len(hoped):
            proven = self.margins(pixels[hoped], labels[hoped], radii[hoped]) >= 0
            rest = hoped[~proven.to(hoped.device)]
            radii[rest] = self._searched(self._exact, pixels[rest].double(), labels[rest])
        return radii

    def _confirm(self, pixels: Tensor) -> None:
        """Once, with the first image asked for: what was read is the classifier, for it holds its logit."""
        classifier, self._unconfirmed = self._unconfirmed, None
        if classifier is None:
            return
        with torch.no_grad():
            logits, bounds = classifier(pixels), self._exact.interval_bounds(ball(pixels, REACH))
        if ((logits < bounds.lower - SLACK) | (logits > bounds.upper + SLACK)).any():
            raise unbounded("a network that computes something else than it did when it was read")

    def _searched(self, network: Network, pixels: Tensor, labels: Tensor) -> Tensor:
        def margins_at(places: Tensor, epsilons: Tensor) -> Tensor:
            some, reach = places.to(pixels.device), epsilons.to(pixels.device)
            return self._margins(network, pixels[some], labels[some], reach).cpu()

        return largest_proven(margins_at, len(pixels)).to(pixels.device)

    def _margins(self, network: Network, pixels: Tensor, labels: Tensor, epsilon: float | Tensor) -> Tensor:
        """Margins [B] float64, computed in the pixels' number type, which is the network's."""
        pixels, labels = check_pixels(pixels).to(self.device), check_labels(labels, len(pixels))
        reach = check_epsilon(epsilon, pixels) + REACH
        signs = 2 * labels.to(pixels) - 1
        with torch.no_grad():
            box = ball(pixels, reach)
            box = network.reduced(Interval(box.lower, box.upper))
            margins = self._bounded(network, network.intervals(box), signs)
            if self._bound == "backward":
                for image in (~(margins >= 0)).nonzero():
                    narrowed = narrowed_intervals(network, Interval(box.lower[image], box.upper[image]))
                    found = self._bounded(network, narrowed, signs[image])
                    margins[image] = torch.fmax(margins[image], found)
        return margins.double().nan_to_num(nan=-torch.inf)

    def _bounded(self, network: Network, intervals: Sequence[Interval], signs: Tensor) -> Tensor:
        """Margins [B] over these intervals."""
        last = intervals[-1]
        if last.lower.numel() != len(signs):
            raise ArgumentError(
                f"answers with {last.lower[0].numel()} numbers an image.",
                where="classifier",
                hint="Accepted: one logit.",
            )
        least = torch.where(signs > 0, last.lower.reshape(-1), -last.upper.reshape(-1))
        if self._bound != "interval":
            least = torch.fmax(least, linear_bound(network, intervals, signs, self._steps))
        return least - signs * self._threshold - SLACK


def _frozen(classifier: Classifier, dtype: torch.dtype) -> Network:
    """The network of a copy in which BatchNorms are part of the convolutions before them."""
    frozen = copy.deepcopy(classifier).double().requires_grad_(False)
    fold_batch_norm(frozen.network)
    return read_network(frozen.to(dtype))


def certified(
    classifier: Classifier,
    pixels: Tensor,
    labels: Tensor,
    epsilon: float | Tensor,
    *,
    bound: str = DEFAULT_BOUND,
    steps: int = 0,
) -> Tensor:
    """Whether each decision is proven right on the whole ball, bool [B]; see Prover and its margins."""
    return Prover(classifier, bound, steps).margins(pixels, labels, epsilon) >= 0


def certified_radii(
    classifier: Classifier,
    batches: Iterable[tuple[Tensor, Tensor]],
    *,
    bound: str = DEFAULT_BOUND,
    steps: int = 0,
) -> Work[Tensor]:
    """The certified radius of every image of `batches`, [N] float64 on the CPU; yields after each few images.

    Batches that take too much memory are halved until they fit. Raises ResourceError when one image does not.
    """
    prover, pieces = Prover(classifier, bound, steps), Pieces()
    found: list[Tensor] = [torch.empty(0, dtype=torch.float64)]
    for pixels, labels in batches:
        for images, truths in zip(torch.split(pixels, BATCH), torch.split(labels, BATCH), strict=True):
            found.append(_in_pieces(prover.radii, images, truths, pieces))
            yield Event("certify", sum(map(len, found)), None)
    return torch.cat(found)


def _in_pieces(
    work: Callable[[Tensor, Tensor], Tensor], pixels: Tensor, labels: Tensor, pieces: Pieces
) -> Tensor:
    while True:
        with pieces.attempt(len(pixels), _too_large):
            parts = zip(pixels.chunk(pieces.count), labels.chunk(pieces.count), strict=True)
            return torch.cat([work(*part).cpu() for part in parts])


def _too_large(images: int) -> ResourceError:
    how_many = f"{images} images at once" if images > 1 else "one image"
    return ResourceError(
        f"Bounds of {how_many} take more memory than there is.",
        hint="Close other programs, or choose a smaller classifier.",
    )
