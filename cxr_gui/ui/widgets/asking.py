"""The dialogs that ask for files and folders: each begins where the last one of its kind ended.

chosen_places().keep_in(settings)                          # once, by the window
ask_folder(self, "export", "Export to a folder")    # None when nobody chose one
"""

from __future__ import annotations

from functools import cache
from pathlib import Path

from PySide6.QtCore import QStandardPaths
from PySide6.QtWidgets import QFileDialog, QWidget

from cxr_gui.ui.widgets.settings import Setting, Settings


class Places:
    """The folder that was chosen from last, by kind of what is asked for; kept once there are settings."""

    def __init__(self) -> None:
        self._settings: Settings | None = None

    def keep_in(self, settings: Settings) -> None:
        """Look there from now on, and remember there."""
        self._settings = settings

    def of(self, kind: str) -> str:
        """Where a dialog of that kind begins; empty for the system's own choice."""
        return "" if self._settings is None else _setting(kind).__get__(self._settings, Settings)

    def remember(self, kind: str, folder: Path) -> None:
        """Begin there the next time."""
        if self._settings is not None:
            _setting(kind).__set__(self._settings, str(folder))


@cache
def chosen_places() -> Places:
    """The application's one memory of them."""
    return Places()


def documents() -> Path:
    """Where runs and sweeps go as long as nobody says otherwise."""
    kind = QStandardPaths.StandardLocation.DocumentsLocation
    return Path(QStandardPaths.writableLocation(kind)) / "cxr-gui"


def ask_folder(parent: QWidget, kind: str, title: str, first: str = "") -> Path | None:
    """A folder; `first` is where the first dialog of its kind begins."""
    chosen = QFileDialog.getExistingDirectory(parent, title, chosen_places().of(kind) or first)
    return _chosen(kind, chosen, Path(chosen))


def ask_file(parent: QWidget, kind: str, title: str, filters: str, first: str = "") -> Path | None:
    """A file that is there."""
    chosen, _ = QFileDialog.getOpenFileName(parent, title, chosen_places().of(kind) or first, filters)
    return _chosen(kind, chosen, Path(chosen).parent)


def ask_files(parent: QWidget, kind: str, title: str, filters: str, first: str = "") -> list[Path]:
    """Files that are there; none when nobody chose any."""
    chosen, _ = QFileDialog.getOpenFileNames(parent, title, chosen_places().of(kind) or first, filters)
    for file in chosen[:1]:
        _chosen(kind, file, Path(file).parent)
    return [Path(file) for file in chosen]


def ask_save(parent: QWidget, kind: str, title: str, name: str, filters: str) -> tuple[Path | None, str]:
    """A file to write, called `name` unless somebody says otherwise, and which of the filters was chosen."""
    proposed = str(Path(chosen_places().of(kind)) / name)
    chosen, which = QFileDialog.getSaveFileName(parent, title, proposed, filters)
    return _chosen(kind, chosen, Path(chosen).parent), which


def _chosen(kind: str, chosen: str, folder: Path) -> Path | None:
    if not chosen:
        return None
    chosen_places().remember(kind, folder)
    return Path(chosen)


def _setting(kind: str) -> Setting[str]:
    return Setting(f"files/places/{kind}", "")
