"""The bounds that a decision can be proven by, each at least as tight as the one before; no torch here."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Bound:
    """title: how a report names it; summary: what it costs, and what for."""

    title: str
    summary: str


BOUNDS = {
    "interval": Bound(
        "interval bounds (IBP)", "The quickest; useful for classifiers that were trained on them"
    ),
    "linear": Bound("interval and linear bounds (CROWN-IBP)", "Twice as slow and somewhat tighter"),
    "backward": Bound(
        "interval and linear bounds of every value that bends (CROWN)",
        "Seconds to minutes an image, and far tighter beyond the epsilons of training",
    ),
}
"""By name."""

DEFAULT_BOUND = "linear"
