"""QSettings whose file is written by a thread of its own."""

from __future__ import annotations

import shutil
import sys
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any

from PySide6.QtCore import QEvent, QObject, QSettings, QTimer, Signal

from cxr_gui.core.base.errors import OutputError
from cxr_gui.core.base.files import atomic_path

QUIET = 2000
"""Milliseconds without a change until what has changed is written: never while a slider is dragged."""


class SettingsFile(QObject):
    """Qt would write them on the GUI thread, for which a disk can take a tenth of a second.

    On another thread it would be no better, for PySide lets nobody have Python meanwhile. So a copy is given
    what has changed, which waits for no disk, and is put in the file's place as all our files are. Settings
    that are no file, as on Windows, are left to Qt.

    `failed` carries the OutputError when the file could not be written.
    """

    failed = Signal(object)

    def __init__(self, settings: QSettings) -> None:
        super().__init__()
        self._settings = settings
        self._changed: dict[str, Any] = {}
        self._writer = ThreadPoolExecutor(1, "settings")
        self._timer = QTimer(self, interval=QUIET, singleShot=True)
        self._timer.timeout.connect(self._write_changed)
        self._is_file = settings.format() == QSettings.Format.IniFormat or (
            settings.format() == QSettings.Format.NativeFormat and sys.platform.startswith("linux")
        )
        if self._is_file:
            settings.installEventFilter(self)

    def value(self, key: str) -> Any:
        """What is stored, of a type that the file's format knows; None for nothing."""
        return self._settings.value(key)

    def set_value(self, key: str, value: object) -> None:
        """Store a value, which every reader in this process sees at once."""
        self._settings.setValue(key, value)
        if self._is_file:
            self._changed[key] = value
            self._timer.start()

    def sync(self) -> None:
        """Write now what is not written yet, and wait until it is."""
        self._timer.stop()
        self._writer.submit(int).result()  # what is being written must not come after this
        self._settings.sync()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Qt's request to itself to write the file."""
        return event.type() == QEvent.Type.UpdateRequest or super().eventFilter(watched, event)

    def _write_changed(self) -> None:
        writing = self._writer.submit(_write, Path(self._settings.fileName()), dict(self._changed))
        writing.add_done_callback(self._tell)

    def _tell(self, writing: Future[None]) -> None:
        if (error := writing.exception()) is not None:
            self.failed.emit(error)


def _write(file: Path, changed: dict[str, Any]) -> None:
    """Put values into a file, beside what others have stored there. Raises OutputError."""
    file = file.resolve()  # a link, as some keep theirs, stays one
    with atomic_path(file) as copy:
        if file.exists():
            shutil.copyfile(file, copy)
        settings = QSettings(str(copy), QSettings.Format.IniFormat)
        settings.setAtomicSyncRequired(False)
        for key, value in changed.items():
            settings.setValue(key, value)
        settings.sync()
        whole = settings.status() == QSettings.Status.NoError
        del settings
        if not whole:
            raise OutputError("cannot be written.", where=file, hint="Free space, and check its permissions.")
