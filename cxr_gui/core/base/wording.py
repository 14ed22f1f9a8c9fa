"""How shares and times are written, in a window as in a report; a dash where there is nothing to write."""

from __future__ import annotations

import math

NONE = "–"


def percent(share: float, interval: tuple[float, float] | None = None) -> str:
    """0.712 -> "71.2 %", with its interval "71.2 % (67.5–74.6)"."""
    if math.isnan(share):
        return NONE
    written = f"{100 * share:.1f} %"
    if interval is None or math.isnan(interval[0]):
        return written
    return f"{written} ({100 * interval[0]:.1f}–{100 * interval[1]:.1f})"


def duration(seconds: float, *, digits: int = 0) -> str:
    """In the two units people would say it in: 3725 -> "1 h 2 min", 75 -> "1 min 15 s", 8.2 -> "8 s".

    digits  of seconds below a minute
    """
    if digits and seconds < 60:
        return f"{seconds:.{digits}f} s"
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    if hours:
        return f"{hours} h {minutes} min"
    return f"{minutes} min {rest} s" if minutes else f"{rest} s"


def counted(count: int, noun: str) -> str:
    """(1, "epoch") -> "1 epoch"; (1200, "image") -> "1,200 images"."""
    return f"{count:,} {noun}{'' if count == 1 else 's'}"
