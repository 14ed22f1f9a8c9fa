"""Published data, fetched when somebody says where to, and opened when it is there."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from PySide6.QtWidgets import QWidget

from cxr_gui.core.data import KERMANY
from cxr_gui.session import Lane, Session
from cxr_gui.ui.widgets.settings import Settings
from cxr_gui.ui.window.download_dialog import DownloadDialog


class Downloads:
    """One at a time. `show` opens the folder of what has come."""

    def __init__(
        self, session: Session, settings: Settings, show: Callable[[Path], object], over: QWidget
    ) -> None:
        self._session, self._settings, self._show, self._over = session, settings, show, over

    def choose(self) -> None:
        """Say what the published data is and ask where to put it; nothing is fetched before that."""
        if self._session.job(Lane.DOWNLOAD) is not None:
            self._session.tell("The download is running: the bar at the bottom shows how far it is.")
            return
        dialog = DownloadDialog(KERMANY, self._settings, self._over)
        dialog.requested.connect(self.fetch)
        dialog.open()

    def fetch(self, folder: str) -> None:
        """Fetch the published data into a folder and open it when it is there."""
        job = self._session.opening.download(KERMANY, folder)
        job.done.connect(self._open)

    def _open(self, folder: Path) -> None:
        self._show(folder)
        thanks = f"{KERMANY.attribution}, {KERMANY.licence.partition(', ')[0]}"
        self._session.tell(f"Downloaded to {folder}. Name the source: {thanks}.", details=KERMANY.to_text())
