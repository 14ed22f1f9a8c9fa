"""TensorBoard events of a run."""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from cxr_gui.core.files import cannot_write

if TYPE_CHECKING:
    from torch.utils.tensorboard import SummaryWriter


class Board:
    """Writes named numbers to a run's events file. Raises OutputError when it cannot be written."""

    def __init__(self, folder: Path, step: int) -> None:
        """Numbers an interrupted process wrote from `step` on are taken back."""
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)  # in what it imports; not ours to mend
            from torch.utils.tensorboard import SummaryWriter
        self._folder = folder
        with self._said():
            self._writer: SummaryWriter = SummaryWriter(str(folder), purge_step=step or None)

    def add(self, numbers: Mapping[str, float], step: int) -> None:
        """Note each number at `step`."""
        with self._said():
            for name, value in numbers.items():
                self._writer.add_scalar(name, value, step)

    def flush(self) -> None:
        with self._said():
            self._writer.flush()

    def close(self) -> None:
        with self._said():
            self._writer.close()

    @contextmanager
    def _said(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            raise cannot_write(self._folder, error) from error


class Blank:
    """A board that keeps nothing, for the processes that do not write."""

    def add(self, numbers: Mapping[str, float], step: int) -> None:
        pass

    def flush(self) -> None:
        pass

    def close(self) -> None:
        pass
