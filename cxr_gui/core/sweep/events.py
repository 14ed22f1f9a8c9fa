"""What a sweep tells while it runs. Free of torch, for the window comes up before torch does."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

from cxr_gui.core.base.progress import Event

if TYPE_CHECKING:
    from cxr_gui.core.sweep.points import Point
    from cxr_gui.core.sweep.result import SweepResult
    from cxr_gui.core.sweep.shift_result import ShiftResult


@dataclass(frozen=True)
class SweepProgress(Event):
    """So many images, or trust checks, are done. What is known is worked out only when asked for."""

    collect: Callable[[], SweepResult] = field(repr=False, compare=False)
    images: int
    """How many are finished, whatever the stage counts."""
    earlier: tuple[SweepResult, ...] = field(default=(), repr=False, compare=False)
    """Sweeps of the same call that are finished already (see `compare`)."""

    def partial(self) -> SweepResult:
        """The sweep over the images finished so far, marked as not complete."""
        return self.collect()

    @cached_property
    def points(self) -> tuple[Point, ...]:
        """The points over what is finished so far, without the AUROC's interval; empty before the first."""
        return self.partial().measure(replicates=0) if self.images else ()


@dataclass(frozen=True)
class ShiftProgress(Event):
    """So many images are done. What is known of them is worked out only when asked for."""

    collect: Callable[[], tuple[ShiftResult, ...]] = field(repr=False, compare=False)

    def partial(self) -> tuple[ShiftResult, ...]:
        """The results over the images finished so far, marked as not complete."""
        return self.collect()
