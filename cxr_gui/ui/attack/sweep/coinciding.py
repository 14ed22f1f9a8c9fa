"""Where curves lie on one another, and what of each is drawn there so that none covers another unseen."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import NamedTuple

TOGETHER = 0.6
"""Points of one epsilon that are no further apart, in per cent, are one dot on a screen."""


class Course(NamedTuple):
    """A curve: epsilons, rising, per cent, and the number of the sweep that it is of."""

    epsilons: Sequence[float]
    values: Sequence[float]
    sweep: int


@dataclass(frozen=True)
class Overlap:
    """What is drawn of one curve of N points, where some of its sweep and of others are drawn before it.

    Curves of one sweep have one colour: where they coincide the first stands for all. Those of several are
    drawn as rings about each other, and in stripes of which each shows one.

    rings    [N], how many later sweeps have a point on its own; None: an earlier curve of its sweep has one
    plain    bool [N], whether its piece from a point to the next is drawn as a line
    striped  bool [N], whether it is drawn in stripes instead: it lies on a curve of an earlier sweep
    turn, of where its stripes stand among those of all sweeps
    """

    rings: tuple[int | None, ...]
    plain: tuple[bool, ...]
    striped: tuple[bool, ...]
    turn: int = 0
    of: int = 1

    @property
    def hidden(self) -> bool:
        """Whether all of it lies on other curves of its sweep."""
        return all(rings is None for rings in self.rings) and not any(self.plain) and not any(self.striped)


def overlaps(courses: Sequence[Course]) -> list[Overlap]:
    """What is drawn of each of these, in their order."""
    dots = _dots(courses)
    lines: dict[object, list[int]] = {}  # of a dot, or of a piece between two
    for number, course in enumerate(courses):
        for place in (*_points(dots, number, course), *_pieces(dots, number, course)):
            lines.setdefault(place, []).append(number)
    sweeps = {
        place: list(dict.fromkeys(courses[line].sweep for line in them)) for place, them in lines.items()
    }

    def first(place: object, number: int) -> bool:
        """Whether it is the first curve of its sweep there."""
        return next(line for line in lines[place] if courses[line].sweep == courses[number].sweep) == number

    found = []
    for number, course in enumerate(courses):
        points, pieces = [*_points(dots, number, course)], [*_pieces(dots, number, course)]
        turns = [sweeps[piece].index(course.sweep) if first(piece, number) else None for piece in pieces]
        shared = [(len(sweeps[piece]), turn) for piece, turn in zip(pieces, turns, strict=True) if turn]
        of, turn = max(shared, default=(1, 0))
        above = (len(sweeps[point]) - 1 - sweeps[point].index(course.sweep) for point in points)
        last = (False,) if points else ()
        found.append(
            Overlap(
                tuple(n if first(point, number) else None for point, n in zip(points, above, strict=True)),
                (*(turn == 0 for turn in turns), *last),
                (*(bool(turn) for turn in turns), *last),
                turn,
                of,
            )
        )
    return found


def _dots(courses: Sequence[Course]) -> dict[tuple[int, int], int]:
    """{(curve, point): the number of the dot it is part of}."""
    points = sorted(
        (x, y, number, index)
        for number, course in enumerate(courses)
        for index, (x, y) in enumerate(zip(course.epsilons, course.values, strict=True))
    )
    found, dot = {}, 0
    for before, (x, y, number, index) in zip([None, *points], points, strict=False):
        if before is None or x != before[0] or y - before[1] > TOGETHER:
            dot += 1
        found[number, index] = dot
    return found


def _points(dots: dict[tuple[int, int], int], number: int, course: Course) -> Iterator[int]:
    return (dots[number, index] for index in range(len(course.epsilons)))


def _pieces(dots: dict[tuple[int, int], int], number: int, course: Course) -> Iterator[tuple[int, int]]:
    """The pieces of a curve, each as the dots between which it is."""
    return pairwise(_points(dots, number, course))
