"""What is opened besides datasets, classifiers and files: results, images without a file, further frames."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject

from cxr_gui.session import work

if TYPE_CHECKING:
    from cxr_gui.core.study import Opened
    from cxr_gui.jobs import Job
    from cxr_gui.session.session import Session
    from cxr_gui.session.values import Exhibit


class Opening(QObject):
    """Reads on the session's lanes and hands the session what was found."""

    def __init__(self, session: Session, start: Callable[..., Job]) -> None:
        super().__init__(session)
        self._session, self._start = session, start
        self._pasted: tempfile.TemporaryDirectory[str] | None = None

    def pasted(self, content: Callable[[], bytes]) -> Job:
        """Inspect an image that came without a file; `content`, called on the lane, gives the bytes of one.

        It lies in a folder that is removed when the session is closed.
        """
        if self._pasted is None:
            self._pasted = tempfile.TemporaryDirectory(prefix="cxr-gui-")
        folder = Path(self._pasted.name)
        return self._start("radiograph", lambda: work.open_pasted(content, folder), self._show_pasted)

    def frame(self, number: int) -> Job | None:
        """Inspect another frame, counted from 0, of the file in the inspector; its label stays."""
        exhibit = self._session.exhibit
        if exhibit is None:
            return None
        path, label = exhibit.path, exhibit.label
        return self._start(
            "radiograph", lambda: work.open_image(path, label, number), self._session.set_exhibit
        )

    def results(self, path: str | Path) -> Job:
        """Show a study, a run or sweeps again: dataset, classifier and chart, as far as they are there."""
        return self._start("results", lambda: work.open_results(Path(path)), self._show)

    def clean_up(self) -> None:
        """Remove what was pasted."""
        if self._pasted is not None:
            self._pasted.cleanup()
            self._pasted = None

    def _show_pasted(self, exhibit: Exhibit) -> None:
        self._session.droppedChanged.emit([exhibit.path])
        self._session.set_exhibit(exhibit)

    def _show(self, opened: Opened) -> None:
        if opened.dataset is not None:
            self._session.set_dataset(opened.dataset)
        if opened.run is not None:
            self._session.set_run(opened.run)
        for result in opened.sweeps:
            self._session.sweeping.show(result)
        for problem in opened.problems:
            self._session.tell(f"{opened.folder.name}: {problem}", level="warning")
