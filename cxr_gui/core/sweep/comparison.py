"""Several sweeps of the same images, brought in line so that they can be compared image by image."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from cxr_gui.core.base.errors import SettingsError
from cxr_gui.core.sweep.paired import PairedDifference, balanced_difference
from cxr_gui.core.sweep.result import SweepResult

Key = tuple[str, str]
"""What makes two images the same one: the path below the dataset's folder, and the true class."""


@dataclass(frozen=True, eq=False)
class Comparison:
    """Sweeps over the same N images in the same order; the first is what the others are held against.

    left_out  how many images of each sweep are not in all others, and are not in `sweeps` either
    """

    sweeps: tuple[SweepResult, ...]
    left_out: tuple[int, ...]

    @property
    def reference(self) -> SweepResult:
        """The first sweep."""
        return self.sweeps[0]

    @cached_property
    def patients(self) -> tuple[Hashable, ...] | None:
        """Whose image each is, by the first sweep that knows; an image of nobody known is its own patient."""
        for result in self.sweeps:
            if result.patients is not None and any(result.patients):
                return tuple(number if who is None else who for number, who in enumerate(result.patients))
        return None

    def differences(self, number: int) -> tuple[tuple[float, PairedDifference], ...]:
        """(epsilon in pixel units, accuracy of sweep `number` less the first's) by rising shared epsilon."""
        other = self.sweeps[number]
        return tuple(
            (
                epsilon,
                balanced_difference(
                    self.reference.correct[mine], other.correct[theirs], other.labels, self.patients
                ),
            )
            for epsilon, mine, theirs in shared_epsilons(self.reference, other)
        )


def align(sweeps: Sequence[SweepResult]) -> Comparison:
    """The sweeps on the images they all attacked, in the order of the first.

    An image is the same one when its path below the dataset's folder and its true class are. Raises
    SettingsError for fewer than two sweeps, for other classes, for images that have no names or one name
    twice, and when no image is in all of the sweeps.
    """
    if len(sweeps) < 2:
        raise SettingsError("A comparison needs at least two sweeps.", hint="Name another one.")
    for number, result in enumerate(sweeps, start=1):
        if result.classes != sweeps[0].classes:
            raise SettingsError(
                f"Sweep {number} decides between {' and '.join(result.classes)}, "
                f"sweep 1 between {' and '.join(sweeps[0].classes)}, so they cannot be compared.",
                hint="Compare sweeps of the same classes, the positive one last.",
            )
    places = [_places(result, number) for number, result in enumerate(sweeps, start=1)]
    common = [key for key in places[0] if all(key in others for others in places[1:])]
    if not common:
        raise SettingsError(
            "The sweeps have no image in common, so they cannot be compared.",
            hint="Compare sweeps of the same split of the same dataset; images are told apart by their path "
            "below the dataset's folder and their class.",
        )
    aligned = tuple(
        result.only(np.array([found[key] for key in common]))
        for result, found in zip(sweeps, places, strict=True)
    )
    return Comparison(aligned, tuple(len(found) - len(common) for found in places))


def can_be_compared(sweeps: Sequence[SweepResult]) -> bool:
    """Whether `align` would accept the sweeps."""
    try:
        align(sweeps)
    except SettingsError:
        return False
    return True


def shared_epsilons(one: SweepResult, two: SweepResult) -> list[tuple[float, int, int]]:
    """(epsilon in pixel units, its place in `one`, its place in `two`) by rising epsilon.

    Epsilons typed in different units may differ in their last digits and are the same all the same.
    """
    close = np.isclose(one.epsilons[:, None], two.epsilons[None, :], rtol=1e-6, atol=1e-9)
    pairs = [
        (float(epsilon), mine, int(np.argmax(close[mine])))
        for mine, epsilon in enumerate(one.epsilons)
        if close[mine].any()
    ]
    return sorted(pairs)


def _places(result: SweepResult, number: int) -> dict[Key, int]:
    """Where each image of a sweep is."""
    if result.paths is None:
        raise SettingsError(
            f"Sweep {number} does not say which images it attacked, so it cannot be compared.",
            hint="Sweep a dataset, so that its images have names.",
        )
    places = {
        (path, result.classes[label]): place
        for place, (path, label) in enumerate(zip(result.paths, result.labels, strict=True))
    }
    if len(places) < len(result.paths):
        raise SettingsError(f"Sweep {number} names an image twice.", hint="Sweep the dataset again.")
    return places
