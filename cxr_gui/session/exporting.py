"""Files of the perturbed image, tried before they are trusted, and pictures that the window has drawn."""

from __future__ import annotations

from collections.abc import Callable
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject

from cxr_gui.core.base.units import from_pixel
from cxr_gui.session import work

if TYPE_CHECKING:
    from cxr_gui.core.inspect import SavedImage
    from cxr_gui.jobs import Job
    from cxr_gui.session.session import Session

NOTHING = "There is nothing to export yet: open a radiograph and a classifier first."


class Exporting(QObject):
    """Each export has a lane of its own, so that none stops another; the job is done with what it wrote."""

    def __init__(self, session: Session, start: Callable[..., Job]) -> None:
        super().__init__(session)
        self._session, self._start = session, start

    @property
    def lane(self) -> str:
        """The name of a lane on which nothing is being exported: new work would take the place of the old."""
        names = (f"export {number}" if number > 1 else "export" for number in count(1))
        return next(name for name in names if self._session.lanes[name].job is None)

    def try_files(self) -> Job | None:
        """What a file of each kind would do, without keeping any; done with a tuple of SavedImage."""
        classifier, inspection = self._session.classifier, self._session.inspection
        if classifier is None or inspection is None:
            self._nothing()
            return None
        return self._start(
            "file check", lambda: work.try_files(inspection, classifier), lambda _: None, announce=False
        )

    def save_image(self, path: str | Path, kind: str) -> Job | None:
        """Write the perturbed image to `path` as a kind of `core.inspect.KINDS`; done with its SavedImage."""
        classifier, inspection = self._session.classifier, self._session.inspection
        if classifier is None or inspection is None:
            self._nothing()
            return None
        return self._start(
            self.lane, lambda: work.save_image(inspection, classifier, Path(path), kind), self._tell_saved
        )

    def write(self, path: str | Path, content: Callable[[], bytes], what: str) -> Job:
        """Write what `content`, which is called on the lane, gives; `what` is called so when it is told."""
        return self._start(
            self.lane,
            lambda: work.write_file(Path(path), content),
            lambda written: self._session.tell(f"{what} is in {written}."),
        )

    def _tell_saved(self, saved: SavedImage) -> None:
        does = "still fools the classifier" if saved.still_fools else "does not fool the classifier"
        self._session.tell(
            f"{saved.path} was read back: {saved.decision}, it {does}; L-infinity "
            f"{from_pixel(saved.linf, '255'):.4g}/255.",
            level="info" if saved.still_fools else "warning",
        )

    def _nothing(self) -> None:
        self._session.tell(NOTHING, level="warning")
