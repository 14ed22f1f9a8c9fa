"""From a figure to the bytes of an image: each is drawn once, for however many files it goes into."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from io import BytesIO
from threading import RLock
from typing import TypeVar
from weakref import WeakKeyDictionary

from matplotlib import rc_context
from matplotlib.figure import Figure

Subject = TypeVar("Subject")
_DRAWN: WeakKeyDictionary[Figure, dict[tuple[str, int], bytes]] = WeakKeyDictionary()
_IN_TURN = RLock()
"""Two exports may want the same figure at once, which cannot be drawn twice at a time."""


def render(figure: Figure, kind: str, *, dpi: int = 150) -> bytes:
    """The bytes of `figure` as "png", "svg" or "pdf"; the same figure gives the same image at any time.

    It is drawn once: whoever asks again for the same figure gets the same bytes.
    """
    with _IN_TURN:
        drawn = _DRAWN.setdefault(figure, {})
        if (kind, dpi) not in drawn:
            stamp = {"png": "Software", "svg": "Date", "pdf": "CreationDate"}[kind]
            buffer = BytesIO()
            with rc_context({"pdf.fonttype": 42}):  # TrueType: journals refuse matplotlib's own Type 3
                figure.savefig(buffer, format=kind, dpi=dpi, facecolor="white", metadata={stamp: None})
            drawn[kind, dpi] = buffer.getvalue()
        return drawn[kind, dpi]


def once(draw: Callable[[Subject], Figure]) -> Callable[[Subject], Figure]:
    """Keep what is drawn of a sweep or a run for the next report on it, as long as that is there."""
    known: WeakKeyDictionary[Subject, Figure] = WeakKeyDictionary()

    @wraps(draw)
    def drawn(subject: Subject) -> Figure:
        with _IN_TURN:
            if subject not in known:
                known[subject] = draw(subject)
            return known[subject]

    return drawn
