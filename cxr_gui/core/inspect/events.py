"""What judging tells while it runs. Free of torch, for the window comes up before torch does."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from cxr_gui.core.base.progress import Event

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from cxr_gui.core.base.errors import WorkbenchError


@dataclass(frozen=True)
class Judged:
    """What an attack makes of one file.

    state     as of an Inspection; "unreadable" or "no answer" (a logit that is not finite), with its `error`
    known     whether its label was given; otherwise the classifier's own clean decision was attacked
    sentence  the verdict in words, or the error
    warnings  sentences about the file, and about what is in it
    classes   (negative, positive) of the classifier
    clean, attacked  (place in classes, P(positive)) before and after; None where there is no answer
    critical  the smallest epsilon, pixel units, that flips it: 0 when wrong at once, inf when none does that
              was looked at; None while not known, and for attacks that would take long to say
    thumbnail uint8 [h, w], as the body was, not as the classifier squeezes it; None where it is unreadable
    """

    path: Path
    state: str
    known: bool
    sentence: str
    error: WorkbenchError | None = None
    warnings: tuple[str, ...] = ()
    classes: tuple[str, str] = ("", "")
    clean: tuple[int, float] | None = None
    attacked: tuple[int, float] | None = None
    critical: float | None = None
    thumbnail: NDArray[np.uint8] | None = field(default=None, compare=False, repr=False)


@dataclass(frozen=True)
class ImageJudged(Event):
    """One more is done."""

    judged: Judged = field(kw_only=True)
