"""TensorBoard events of a run.

Written here and now, record by record. TensorBoard's own writer does so in a thread, which a full disk ends
with a traceback on the terminal while the training goes on.
"""

from __future__ import annotations

import os
import socket
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from cxr_gui.core.base.files import cannot_write


class Board:
    """Writes named numbers to a run's events file. Raises OutputError when it cannot be written."""

    def __init__(self, folder: Path, step: int) -> None:
        """Numbers an interrupted process wrote from `step` on are taken back."""
        from tensorboard.compat.proto.event_pb2 import Event, SessionLog
        from tensorboard.summary.writer.record_writer import RecordWriter

        self._event = Event
        name = f"events.out.tfevents.{time.time_ns() // 10**9:010d}.{socket.gethostname()}.{os.getpid()}"
        number = sum(1 for _ in folder.glob(f"{name}.*"))
        self._path = folder / f"{name}.{number}"
        with self._said():
            self._file = self._path.open("xb")
        self._records = RecordWriter(self._file)
        self._write(file_version="brain.Event:2")
        if step:
            self._write(step=step, session_log=SessionLog(status=SessionLog.START))

    def add(self, numbers: Mapping[str, float], step: int) -> None:
        """Note each number at `step`."""
        values = [{"tag": name, "simple_value": value} for name, value in numbers.items()]
        self._write(step=step, summary={"value": values})

    def flush(self) -> None:
        with self._said():
            self._file.flush()

    def close(self) -> None:
        with self._said():
            self._file.close()

    def _write(self, **what: Any) -> None:
        with self._said():
            self._records.write(self._event(wall_time=time.time(), **what).SerializeToString())

    @contextmanager
    def _said(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            raise cannot_write(self._path, error) from error


class NoBoard:
    """A board that keeps nothing, for the processes that do not write."""

    def add(self, numbers: Mapping[str, float], step: int) -> None:
        pass

    def flush(self) -> None:
        pass

    def close(self) -> None:
        pass
