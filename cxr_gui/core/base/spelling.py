"""When two names are one: whatever their case, the spaces around them and the Unicode form of accents."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from unicodedata import normalize


def folded(name: str) -> str:
    """A name as it is compared with others. Every comparison of classes, splits and files goes through here.

    Unicode's canonical caseless matching (chapter 3.13, D145), with each run of spaces as one.
    """
    if name.isascii():
        return " ".join(name.lower().split())
    once = normalize("NFD", normalize("NFD", name).casefold()).casefold()
    return " ".join(normalize("NFC", once).split())


class Spellings:
    """Names as they were written, each under its folded form; iterated in the order of these."""

    def __init__(self, names: Iterable[str] = ()) -> None:
        self._written: dict[str, set[str]] = {}
        for name in names:
            self.add(name)

    def add(self, name: str) -> str:
        """Takes note of a name; returns it folded."""
        key = folded(name)
        self._written.setdefault(key, set()).add(name)
        return key

    def __iter__(self) -> Iterator[str]:
        return iter(sorted(self._written))

    def __len__(self) -> int:
        return len(self._written)

    def shown(self, key: str) -> str:
        """The one spelling that stands for all: of those, the first in alphabetical order."""
        return min(" ".join(normalize("NFC", name).split()) for name in self._written[key])

    def merged(self) -> list[str]:
        """A sentence for each name that is written in more than one way."""
        return [
            f"writes the class {self.shown(key)} in {len(written)} ways, read as one: "
            f"{', '.join(sorted(map(_quoted, written)))}."
            for key in self
            if len(written := self._written[key]) > 1
        ]


def _quoted(name: str) -> str:
    return f"'{name}'" + (" (decomposed)" if normalize("NFC", name) != name else "")
