"""The worst plausible film: handled as films are on a ward, and decided otherwise."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from cxr_gui.core.attacks import check_logits, device_of, logits_of, threshold_logit
from cxr_gui.core.base.decisions import margin, wrong
from cxr_gui.core.base.errors import ArgumentError
from cxr_gui.core.base.progress import Event, Work
from cxr_gui.core.inspect.handling import handled
from cxr_gui.core.shifts import AS_IT_IS, Handling, Ward

PARAMETERS = 6
GRID = 9
"""Points of the grid on each axis, of every two that may change together."""

DRAWN = 256
"""Points tried all over the box."""

ROUNDS, TRIES = 24, 32
"""Of the refinement: how often the box is made smaller, and points tried in it."""

SMALLER = 0.9
TOLERANCE = 1e-3
"""Of a share, below which the refinement goes no further."""

BATCH = 32

Shares = NDArray[np.float64]
"""[..., 6] in -1..1, of what passes on the ward."""


@dataclass(frozen=True)
class PlausibleFilm:
    """What the search came to for one film.

    handling   the mildest that was found to flip the decision, or the one that came nearest where none does
    flipped    whether it does
    share      the largest of its parts as a share of what passes, 0..1
    logit      the classifier's of the film so handled         tried  how many ways of handling were looked at
    """

    handling: Handling
    flipped: bool
    share: float
    logit: float
    tried: int

    @property
    def sentence(self) -> str:
        """For people; that nothing was found proves nothing."""
        if self.flipped and self.handling == AS_IT_IS:
            return "Wrong as it is: nothing has to befall it."
        if self.flipped:
            return f"Flips at {self.handling.words} ({100 * self.share:.0f} % of what passes on the ward)."
        nearest = f"Nearest to it: {self.handling.words}."
        return f"No flip found in {self.tried:,} ways of handling, which proves nothing. {nearest}"


def worst_plausible(
    classifier: nn.Module,
    pixels: NDArray[np.uint8],
    ward: Ward | None = None,
    *,
    label: int | None = None,
    seed: int = 0,
) -> Work[PlausibleFilm]:
    """Look for the mildest handling within `ward` at which the decision is not `label`.

    pixels  uint8 [H, W] of the classifier's input size, as `images.to_input` gives them
    label   0 or 1; None: the decision on the film as it is
    Mild is the largest part being small. A grid over every two parameters and points all over the box are
    tried from mild to strong until one flips; then ever smaller boxes around it; at last whatever it can do
    without is left out. Raises ArgumentError where nothing may change, AnswerError for a logit that is not
    finite.
    """
    ward = Ward() if ward is None else ward
    if not ward.open:
        raise ArgumentError("lets nothing change.", where="ward", hint="Give one of its fields a range.")
    random = np.random.default_rng(seed)
    grey = torch.from_numpy(pixels.astype(np.float32) / 255)[None, None]
    search = _Search(classifier, grey.to(device_of(classifier) or "cpu"), ward, label)
    candidates = _by_size(np.concatenate([_grid(ward.open), _drawn(ward.open, random)]))
    for first in range(0, len(candidates), BATCH):
        if search.flipped:  # what follows is no milder
            break
        search.look(candidates[first : first + BATCH])
        yield Event("Looking for a plausible film that flips", first, len(candidates))
    for number in range(ROUNDS if search.flipped else 0):
        yield Event("Making it milder", number, ROUNDS)
        if not search.shrink(random):
            break
    if search.flipped:
        search.bisect()
        search.simplify()
    return search.found()


class _Search:
    """The best handling so far: the mildest that flips, or the one nearest to flipping.

    best     its shares [6]             height   how far on the wrong side of the threshold it brings the film
    flipped  whether that is across
    """

    def __init__(self, classifier: nn.Module, pixels: Tensor, ward: Ward, label: int | None) -> None:
        self._classifier, self._pixels, self._ward = classifier, pixels, ward
        self._threshold = threshold_logit(classifier)
        clean = check_logits(logits_of(classifier, handled(pixels, [Handling()])))
        self._label = int(clean[0] >= self._threshold) if label is None else label
        self.best, self.height, self.flipped, self.tried = np.zeros(PARAMETERS), -np.inf, False, 0
        self.look(self.best[None])

    @property
    def size(self) -> float:
        return float(np.abs(self.best).max())

    def look(self, shares: Shares) -> bool:
        """Try handlings [B, 6]; True where one of them is better than the best."""
        self.tried += len(shares)
        films = handled(self._pixels, [self._ward.handling(each) for each in shares.tolist()])
        logits = check_logits(logits_of(self._classifier, films)).double()
        labels = torch.full(logits.shape, self._label, device=logits.device)
        heights = margin(logits, labels, self._threshold).cpu().numpy()
        flips = wrong(logits, labels, self._threshold).cpu().numpy()
        if flips.any():
            sizes = np.where(flips, np.abs(shares).max(axis=1), np.inf)
            place = int(sizes.argmin())
            better = not self.flipped or sizes[place] < self.size
        else:
            place = int(heights.argmax())
            better = not self.flipped and heights[place] > self.height
        if better:
            self.best, self.height, self.flipped = shares[place], float(heights[place]), bool(flips[place])
        return better

    def shrink(self, random: np.random.Generator) -> bool:
        """Try points around the best in a box that is smaller; True where one of them flips."""
        size = self.size * SMALLER
        steps = random.normal(0, 0.3 * size, (TRIES, PARAMETERS))
        steps[0] = 0
        tried = np.clip(self.best + steps, -size, size)
        tried[:, [place for place in range(PARAMETERS) if place not in self._ward.open]] = 0
        return self.size > TOLERANCE and self.look(tried)

    def bisect(self) -> None:
        """Go back towards the film as it is, as far as the decision stays wrong."""
        low, high = 0.0, 1.0
        direction = self.best
        while (high - low) * np.abs(direction).max() > TOLERANCE:
            middle = (low + high) / 2
            if self.look(middle * direction[None]):
                high = middle
            else:
                low = middle

    def simplify(self) -> None:
        """Leave out, least first, each part without which the decision stays wrong."""
        for place in np.argsort(np.abs(self.best)):
            without = self.best.copy()
            without[place] = 0
            if self.best[place] and without.any():
                self.keep(without)

    def keep(self, shares: Shares) -> None:
        """Take these instead of the best if they flip, even where they are no smaller."""
        best, height = self.best, self.height
        self.flipped = False
        self.look(shares[None])
        if not self.flipped:
            self.best, self.height, self.flipped = best, height, True

    def found(self) -> PlausibleFilm:
        logit = self._threshold + self.height * (1 - 2 * self._label)
        return PlausibleFilm(
            self._ward.handling(self.best.tolist()), self.flipped, self.size, logit, self.tried
        )


def _grid(places: list[int]) -> Shares:
    """Every two parameters that may change, on a grid; every one by itself is among them."""
    axis = np.linspace(-1, 1, GRID)
    if len(places) == 1:
        shares = np.zeros((GRID, PARAMETERS))
        shares[:, places[0]] = axis
        return shares
    points = np.stack(np.meshgrid(axis, axis), axis=-1).reshape(-1, 2)
    found = []
    for pair in combinations(places, 2):
        shares = np.zeros((len(points), PARAMETERS))
        shares[:, pair] = points
        found.append(shares)
    return np.unique(np.concatenate(found), axis=0)


def _drawn(places: list[int], random: np.random.Generator) -> Shares:
    """Points all over the box, as many near its middle as near its surface."""
    shares = np.zeros((DRAWN, PARAMETERS))
    shares[:, places] = random.uniform(-1, 1, (DRAWN, len(places)))
    largest = np.abs(shares).max(axis=1, keepdims=True)
    drawn: Shares = shares / largest * random.uniform(0, 1, (DRAWN, 1))
    return drawn


def _by_size(shares: Shares) -> Shares:
    """From mild to strong."""
    ordered: Shares = shares[np.argsort(np.abs(shares).max(axis=1), kind="stable")]
    return ordered
