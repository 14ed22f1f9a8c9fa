"""What is remembered between two starts: typed, each with its default, kept in QSettings.

    settings.theme = "dark"          # stored within seconds
    settings.theme                   # "dark"; the default when nothing usable is stored

A tab with settings of its own declares them the same way: `class TrainingSettings(Settings)` with more
`Setting` attributes, made with
`TrainingSettings(settings.store, fresh=settings.fresh)`.
"""

from __future__ import annotations

import math
from typing import Any, Generic, TypeVar, overload

from PySide6.QtCore import QByteArray, QSettings

from cxr_gui.ui.widgets.epsilon_unit import UNITS
from cxr_gui.ui.widgets.settings_file import SettingsFile
from cxr_gui.ui.widgets.theme import GRID, MODES

T = TypeVar("T")

RECENT_LIMIT = 8
LONGEST = 4096
"""Characters of the longest text that is taken from a file: no system has longer paths."""
LARGEST = 2**31 - 1
"""Of the whole numbers: Qt's widgets take no larger ones."""
RECENT = ("recent", "recent_classifiers", "recent_images")
"""The settings that list what was opened lately."""


class Setting(Generic[T]):
    """One remembered value under `key`, of its default's type: bool, int, float, str, bytes or list[str].

    Where `choices` are given, anything else that is stored counts as nothing.
    A list has at most `most` entries.
    """

    def __init__(
        self, key: str, default: T, choices: tuple[T, ...] = (), *, most: int = RECENT_LIMIT
    ) -> None:
        self.key, self.default, self.choices, self.most = key, default, choices, most

    @overload
    def __get__(self, owner: None, kind: type) -> Setting[T]: ...

    @overload
    def __get__(self, owner: Settings, kind: type) -> T: ...

    def __get__(self, owner: Settings | None, kind: type) -> Setting[T] | T:
        if owner is None:
            return self
        ignored = owner.fresh and self.key not in owner.written
        stored = None if ignored else owner.store.value(self.key)
        return self.default if stored is None else self._typed(stored)

    def __set__(self, owner: Settings, value: T) -> None:
        owner.written.add(self.key)
        owner.store.set_value(self.key, QByteArray(value) if isinstance(value, bytes) else value)

    def _typed(self, stored: Any) -> T:
        """A file may give anything back (INI files give strings): the default where it makes no sense."""
        default: Any = self.default
        try:
            if isinstance(default, bool):
                value: Any = {"true": True, "false": False}.get(str(stored).lower(), default)
            elif isinstance(default, bytes):
                value = stored.data() if isinstance(stored, QByteArray) else default
            elif isinstance(default, list):
                # QSettings gives a list of one back as the one
                entries = [stored] if isinstance(stored, str) else [str(entry) for entry in stored]
                value = [entry for entry in entries if len(entry) <= LONGEST][: self.most]
            else:
                value = type(default)(stored)
                if (
                    (isinstance(value, str) and len(value) > LONGEST)
                    or (isinstance(value, int) and abs(value) > LARGEST)
                    or (isinstance(value, float) and not math.isfinite(value))
                ):
                    value = default
        except (TypeError, ValueError):
            value = default
        known: T = default if self.choices and value not in self.choices else value
        return known


class Settings:
    """The window's settings. `store` is the user's own QSettings, or a file's in a test, or another's store.

    A `fresh` start sees the defaults in place of what was stored before it.
    """

    theme = Setting("window/theme", "system", MODES)
    epsilon_unit = Setting("window/epsilon_unit", "model", tuple(UNITS))
    geometry = Setting("window/geometry", b"")
    tab = Setting("window/tab", "datasetTab")
    last_folder = Setting("files/last_folder", "")
    last_classifier = Setting("files/last_classifier", "")
    recent: Setting[list[str]] = Setting("files/recent", [])
    recent_classifiers: Setting[list[str]] = Setting("files/recent_classifiers", [])
    recent_images: Setting[list[str]] = Setting("files/recent_images", [])
    hints_done = Setting("window/hints_done", 0)
    patient_hidden = Setting("window/patient_hidden", False)
    download_folder = Setting("files/download_folder", "")
    queue_folder = Setting("files/queue_folder", "")
    dataset_panel = Setting("dataset/panel", b"")
    thumbnail_side = Setting("dataset/thumbnail_side", 17 * GRID)

    def __init__(self, store: QSettings | SettingsFile | None = None, *, fresh: bool = False) -> None:
        if not isinstance(store, SettingsFile):
            store = SettingsFile(QSettings() if store is None else store)
        self.store = store
        self.fresh = fresh
        self.written: set[str] = set()

    def remember_folder(self, path: str) -> None:
        """Put an opened dataset's folder first among the recent ones."""
        self.last_folder = path
        self.remember("recent", path)

    def remember_classifier(self, path: str) -> None:
        """Put an opened classifier first among the recent ones."""
        self.last_classifier = path
        self.remember("recent_classifiers", path)

    def remember(self, which: str, path: str) -> None:
        """Put a path first in a list of recent ones: "recent", "recent_classifiers" or "recent_images"."""
        rest = [entry for entry in getattr(self, which) if entry != path]
        setattr(self, which, [path, *rest][:RECENT_LIMIT])

    def forget(self, path: str) -> None:
        """Take a path that is gone out of all lists of recent ones."""
        for which in RECENT:
            setattr(self, which, [entry for entry in getattr(self, which) if entry != path])
