"""What the tabs get: the shared state, and the services that change it."""

from __future__ import annotations

from PySide6.QtCore import QObject

from cxr_gui.jobs import Job, Thumbnails
from cxr_gui.session.auditing import Auditing
from cxr_gui.session.explaining import Explaining
from cxr_gui.session.exporting import Exporting
from cxr_gui.session.films import Films
from cxr_gui.session.fitting import Fitting
from cxr_gui.session.indexing import Indexing
from cxr_gui.session.inspecting import Inspecting
from cxr_gui.session.judging import Judging
from cxr_gui.session.lanes import Lane, Lanes
from cxr_gui.session.noting import Noting
from cxr_gui.session.opening import Opening
from cxr_gui.session.proving import Proving
from cxr_gui.session.queueing import Queueing
from cxr_gui.session.searching import Searching
from cxr_gui.session.shifting import Shifting
from cxr_gui.session.state import State
from cxr_gui.session.sweeping import Sweeping
from cxr_gui.session.training import Training


class Session(State):
    """The state with its services, each of which runs core's work on lanes and writes on the GUI thread."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._lanes = lanes = Lanes(self)
        films = Films()
        self.fitting = Fitting(self, lanes)
        self.inspecting = Inspecting(self, lanes)
        self.proving = Proving(self, lanes)
        self.searching = Searching(self, lanes)
        self.explaining = Explaining(self, lanes)
        self.judging = Judging(self, lanes, films)
        self.exporting = Exporting(self, lanes, self.explaining)
        self.noting = Noting(self, lanes)
        self.opening = Opening(self, lanes, films)
        self.sweeping = Sweeping(self, lanes)
        self.shifting = Shifting(self, lanes)
        self.training = Training(self, lanes)
        self.queueing = Queueing(self, lanes)
        self.auditing = Auditing(self, lanes)
        self.indexing = Indexing(self, lanes)

    @property
    def closing(self) -> bool:
        """Whether what is stopped now is stopped because the program ends."""
        return self._lanes.closing

    def job(self, lane: Lane) -> Job | None:
        """What runs or waits on a lane now."""
        return self._lanes.job(lane)

    def thumbnails(self, size: int, parent: QObject) -> Thumbnails:
        """Thumbnails of at most `size` pixels, read beside everything else."""
        return self._lanes.thumbnails(size, parent)

    def close(self, milliseconds: int = 5000) -> bool:
        """Stop all work; False when some is still cleaning up after that time."""
        closed = self._lanes.close(milliseconds)
        self.noting.close()
        self.queueing.close()
        self.opening.clean_up()
        return closed
