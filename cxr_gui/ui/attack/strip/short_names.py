"""Names side by side without what they have in common."""

from __future__ import annotations

import re
from collections.abc import Sequence

WORD = re.compile(r"\d+|[^\W\d_]+|.", re.DOTALL)
LETTERS = 4


def short_names(names: Sequence[str]) -> list[str]:
    """Each without the words that all begin and end with, in whose place an ellipsis stands.

    Words and numbers are left out whole; names of which nothing would remain stay as they are.
    """
    parted = [WORD.findall(name) for name in names]
    if len(parted) < 2:
        return list(names)
    first = _agreeing(parted)
    last = _agreeing([parts[first:][::-1] for parts in parted])
    parted = [parts[first : len(parts) - last] for parts in parted]
    if not all(parted):
        return list(names)
    return [f"{'…' if first else ''}{''.join(parts)}" for parts in parted]


def short_classes(classes: tuple[str, str]) -> tuple[str, str]:
    """Four letters of two classes, from where they differ: NORM and PNEU, posi and nega."""
    pairs = zip(*classes, strict=False)
    common = next((place for place, (one, other) in enumerate(pairs) if one != other), 0)
    short = [name[common:][:LETTERS] or name[:LETTERS] for name in classes]
    return short[0], short[1]


def _agreeing(parted: Sequence[Sequence[str]]) -> int:
    """How many words all begin with."""
    count = 0
    for words in zip(*parted, strict=False):
        if len(set(words)) > 1:
            break
        count += 1
    return count
