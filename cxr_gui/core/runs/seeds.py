"""Entries that differ in nothing but the seed, taken together: their mean and standard deviation."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cached_property

from cxr_gui.core.runs.entry import Entry


@dataclass(frozen=True)
class SeedGroup:
    """Entries of one kind with the same settings, by rising seed."""

    members: tuple[Entry, ...]

    @cached_property
    def distinct(self) -> tuple[Entry, ...]:
        """One for each training, the latest: what was swept twice must not count twice."""
        latest = {
            (member.seed, "" if member.seed is not None else member.classifier or member.folder): member
            for member in sorted(self.members, key=lambda member: member.ended or 0.0)
        }
        return tuple(member for member in self.members if member in latest.values())

    def spread(self, value: Callable[[Entry], float | None]) -> tuple[float, float | None] | None:
        """Mean and standard deviation (n - 1) of a value over the seeds that have it.

        Of one seed there is no deviation; None where no seed has the value.
        """
        values = [found for member in self.distinct if (found := value(member)) is not None]
        if not values:
            return None
        mean = math.fsum(values) / len(values)
        if len(values) == 1:
            return mean, None
        squares = math.fsum((value - mean) ** 2 for value in values)
        return mean, math.sqrt(squares / (len(values) - 1))


def grouped(entries: Iterable[Entry]) -> list[SeedGroup]:
    """The entries in groups, in the order in which the first of each comes.

    What could not be read, and of which nobody knows the settings, stays alone.
    """
    groups: dict[object, list[Entry]] = {}
    for entry in entries:
        known = entry.settings and not entry.problem
        groups.setdefault((entry.kind, entry.settings) if known else entry.key, []).append(entry)
    return [SeedGroup(tuple(sorted(members, key=_by_seed))) for members in groups.values()]


def _by_seed(entry: Entry) -> tuple[bool, int]:
    return (entry.seed is None, entry.seed or 0)
