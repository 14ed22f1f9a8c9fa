"""Which file does a row of a table name? The exact name first; never one of several at a guess."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Protocol, TypeVar

from cxr_gui.core.base.spelling import folded
from cxr_gui.core.images import is_image_name


class NamesFile(Protocol):
    """A row that names a file, by a path with / or the end of one."""

    @property
    def file(self) -> str: ...


RowT = TypeVar("RowT", bound=NamesFile)


def stem(path: str) -> str:
    """A path as it is compared most loosely: folded, and without the suffix of an image."""
    path = folded(path)
    return path.rpartition(".")[0] if is_image_name(path) else path


def _as_it_is(path: str) -> str:
    return path


FORMS: tuple[Callable[[str], str], ...] = (_as_it_is, folded, stem)
"""In which paths are compared, one after the other: the first in which just one file fits decides."""


def match(rows: Iterable[RowT], files: Sequence[str]) -> tuple[dict[str, list[RowT]], list[str]]:
    """({file: its rows}, what rows name that is no file). files: paths below the dataset's folder, with /.

    A row names the one file whose path ends as it says: the name alone, where that is enough, or as many
    folders as it takes. A file keeps the rows that name it best: from end to end before those whose folders
    differ, and exactly before those that differ in case or suffix. Differing folders tell only as long as
    no two paths claim the file.
    """
    ends: list[_Ends] = []
    claims: dict[str, dict[tuple[bool, int, int], list[RowT]]] = {}
    left: dict[str, None] = {}
    for row in rows:
        for looseness, form in enumerate(FORMS):
            if looseness == len(ends):
                ends.append(_Ends(form, files))
            file = ends[looseness].find(form(row.file))
            if file is not None:
                whole, depth = _agreement(row.file, file)
                by_rank = claims.setdefault(file, {})
                by_rank.setdefault((whole, -looseness, 0 if whole else depth), []).append(row)
                break
        else:
            left[row.file] = None
    matched: dict[str, list[RowT]] = {}
    for file, by_rank in claims.items():
        best = max(by_rank)
        whole, *_ = best
        if whole or len({folded(row.file) for row in by_rank[best]}) == 1:
            matched[file] = by_rank.pop(best)
        left.update(dict.fromkeys(row.file for beaten in by_rank.values() for row in beaten))
    return matched, list(left)


class _Ends:
    """Files by the ends of their paths in one form, of as many parts as it takes to tell them apart."""

    def __init__(self, form: Callable[[str], str], files: Sequence[str]) -> None:
        self._levels: list[dict[str, str | None]] = []
        waiting = [(form(file), file) for file in files]
        for depth in range(1, 1 + max((file.count("/") + 1 for file in files), default=0)):
            ends = [_end(path, depth) for path, _ in waiting]
            level: dict[str, str | None] = {}
            for end, (_, file) in zip(ends, waiting, strict=True):
                level[end] = None if end in level else file
            self._levels.append(level)
            waiting = [both for end, both in zip(ends, waiting, strict=True) if level[end] is None]
            if not waiting:
                break

    def find(self, path: str) -> str | None:
        """The file that a path names; None when there is none, or several that it does not tell apart."""
        for depth, level in enumerate(self._levels, 1):
            end = _end(path, depth)
            if end not in level:
                return None
            if (found := level[end]) is not None:
                return found
        return None


def _end(path: str, depth: int) -> str:
    return "/".join(path.rsplit("/", depth)[-depth:])


def _agreement(one: str, other: str) -> tuple[bool, int]:
    """(whether the shorter path is the end of the longer one, how many of their last parts are the same).

    Both end in one name, however it is written.
    """
    if "/" not in one or "/" not in other:
        return True, 1
    folders, others = (path.split("/")[-2::-1] for path in (one, other))
    same = [a == b or folded(a) == folded(b) for a, b in zip(folders, others, strict=False)]
    return all(same), 1 + (same.index(False) if False in same else len(same))
