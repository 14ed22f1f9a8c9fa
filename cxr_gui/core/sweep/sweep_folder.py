"""The folder of a sweep, and several of them in a folder. Free of torch: whoever opens a folder asks first.

sweep.json   the numbers                 chart.png   accuracy versus epsilon
images.csv   one row an image
journal-*    what is finished of a sweep that is not written yet
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from itertools import islice
from pathlib import Path

SHIFTS_FILE = "shifts.json"
"""Of a sweep of shifts, which has names of its own and may lie beside one of attacks."""

MOST_ENTRIES = 1000
"""Of a folder that are looked at for sweeps: a command makes a handful, a dataset may have 100,000 files."""


class SweepFolder:
    """Where each of a sweep's files is; `path` is the folder, or the sweep.json in it."""

    def __init__(self, path: str | os.PathLike[str]) -> None:
        path = Path(path)
        self.path = path.parent if path.name == "sweep.json" else path
        self.numbers = self.path / "sweep.json"
        self.images = self.path / "images.csv"
        self.chart = self.path / "chart.png"

    @property
    def exists(self) -> bool:
        """Whether a sweep is there, by the name of its file."""
        return self.numbers.is_file()

    @property
    def journals(self) -> list[Path]:
        """The journals of a sweep that was not finished, one of each process, by their names."""
        return sorted(self.path.glob("journal-*.jsonl"))

    def forget_journals(self) -> None:
        """Remove them: the sweep is written."""
        for journal in self.journals:
            journal.unlink(missing_ok=True)

    @staticmethod
    def several(number: int, attack: str, threat: str) -> str:
        """What one of several sweeps in a folder is called there."""
        return f"{number}-{attack}-{threat}"

    @classmethod
    def places(cls, out: Path, kinds: Sequence[tuple[str, str]]) -> list[Path]:
        """Where sweeps of these attacks and threat models are written: one in `out` itself, several below."""
        if len(kinds) == 1:
            return [out]
        return [out / cls.several(number, *kind) for number, kind in enumerate(kinds, start=1)]

    @classmethod
    def below(cls, folder: Path) -> list[Path]:
        """The folders of sweeps directly in `folder`: 1-fgsm, 2-pgd, 10-apgd, others after them by name."""
        try:
            with os.scandir(folder) as entries:
                inside = [Path(entry) for entry in islice(entries, MOST_ENTRIES) if entry.is_dir()]
        except OSError:  # not for us to read: whoever opens it will say so
            return []
        return sorted((found for found in inside if cls(found).exists), key=_by_number)


def shifts_folder(folder: Path) -> Path | None:
    """Where a sweep of shifts lies: in a folder itself, or in its `shifts`; None where there is none."""
    folder = folder.parent if folder.name == SHIFTS_FILE else folder
    places = (folder, folder / "shifts")
    return next((place for place in places if (place / SHIFTS_FILE).is_file()), None)


def _by_number(folder: Path) -> tuple[int, str]:
    number = folder.name.partition("-")[0]
    return (int(number) if number.isdecimal() else sys.maxsize, folder.name)
