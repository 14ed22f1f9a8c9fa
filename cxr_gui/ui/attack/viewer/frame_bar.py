"""Which frame of its file the radiograph is, and the way to the others."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QSignalBlocker, QSize, Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QWidget

from cxr_gui.session import Lane
from cxr_gui.ui.widgets.factories import named, row, slider
from cxr_gui.ui.widgets.number_box import WholeBox
from cxr_gui.ui.widgets.theme import GRID

if TYPE_CHECKING:
    from cxr_gui.jobs import Job
    from cxr_gui.session import Session

WHAT = "Frame of the file"
TIP = "Which frame of the file is shown (Page Up, Page Down)"
MOST = 2**31 - 1
"""The largest number that Qt counts to: a damaged file may claim more frames."""


class FrameBar(QWidget):
    """The frame's number, and a slider through all of them; in sight only for a file that has several."""

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._session = session
        named(self, "frameBar")
        self.box = _FrameBox(self)
        self.slider = slider("frameSlider", WHAT, TIP, parent=self)
        self.slider.setPageStep(1)
        self.slider.setInvertedControls(True)  # Page Down is the next one
        self.slider.setFixedHeight(GRID * 3)
        for control in (self.box, self.slider):
            control.setRange(1, 1)
        row(self.box, (self.slider, 1), around=(0, 0, GRID, 0), on=self)
        self.hide()
        self.slider.valueChanged.connect(self.box.setValue)
        self.box.valueChanged.connect(self._choose)
        session.filmChanged.connect(self._follow)
        session.jobStarted.connect(self._await)

    def sizeHint(self) -> QSize:
        """A slider is content with any width."""
        return QSize(self.box.sizeHint().width() + GRID * 12, self.box.sizeHint().height())

    def step(self, by: int) -> None:
        """Go so many frames on from the one that was asked for last."""
        self.box.setValue(self.box.value() + by)

    def _choose(self, number: int) -> None:
        with QSignalBlocker(self.slider):
            self.slider.setValue(number)
        self._session.opening.frame(number - 1)

    def _await(self, job: Job) -> None:
        """A frame that cannot be read is not the one that is shown."""
        if job.name == Lane.RADIOGRAPH:
            job.ended.connect(self._follow)

    def _follow(self) -> None:
        """Say which frame is shown; the number of one on its way stays, for the next step goes on from it."""
        film = self._session.film
        if film is None or self._session.job(Lane.RADIOGRAPH) is not None:
            return
        source = film.radiograph.source
        self.box.setSuffix(f" of {source.frames}")
        for control in (self.box, self.slider):
            with QSignalBlocker(control):
                control.setRange(1, min(source.frames, MOST))
                control.setValue(source.frame + 1)
        self.setVisible(source.frames > 1)


class _FrameBox(WholeBox):
    """ "Frame 3 of 12"."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(1, 1, parent)
        named(self, "frameBox", WHAT, TIP)
        self.setPrefix("Frame ")

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Page keys go one frame here as everywhere, not ten."""
        if event.key() in (Qt.Key.Key_PageUp, Qt.Key.Key_PageDown):
            event.ignore()
        else:
            super().keyPressEvent(event)
