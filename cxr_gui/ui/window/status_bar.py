"""The status bar: what runs, where it is computed, and what all this is not for."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtWidgets import QStatusBar, QWidget

from cxr_gui.ui.widgets.factories import ELLIPSIS, button, label
from cxr_gui.ui.widgets.theme import GRID
from cxr_gui.ui.window.job_status import JobStatus

if TYPE_CHECKING:
    from cxr_gui.core.choices import Catalog
    from cxr_gui.session import Session


class StatusBar(QStatusBar):
    """Below every tab."""

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.jobs = JobStatus()
        self._queueing = session.queueing
        self.queue = button("", "queueButton", "Show the queue", role="flat")
        self.queue.setFixedHeight(JobStatus.HEIGHT)
        tip = "Where training and attacks are computed"
        self._device = label(f"Device: {ELLIPSIS}", "deviceLabel", tip=tip)
        self._device.setContentsMargins(0, 0, GRID, 0)
        self.setSizeGripEnabled(False)
        self.addWidget(self.jobs)
        self.addPermanentWidget(self.queue)
        self.addPermanentWidget(self._device)
        self.addPermanentWidget(label("Not for clinical use", role="warning"))
        self.setContentsMargins(0, 0, GRID, 0)
        session.jobStarted.connect(self.jobs.follow)
        session.catalogChanged.connect(self._show_device)
        session.queueing.changed.connect(self._show_queue)
        self._show_queue()

    def _show_queue(self) -> None:
        """How much is left in the queue, or failed; nothing where nothing is."""
        states = [job.state for job in self._queueing.jobs]
        failed, left = states.count("failed"), len(states) - states.count("failed") - states.count("done")
        words = [f"{count} {what}" for count, what in ((left, "left"), (failed, "failed")) if count]
        self.queue.setText(f"Queue: {', '.join(words)}")
        self.queue.setVisible(bool(words))

    def _show_device(self, catalog: Catalog) -> None:
        self._device.setText(f"Device: {catalog.devices[0].title}")

    def show_no_device(self) -> None:
        """PyTorch is not there, and never will be."""
        self._device.setText("Device: PyTorch could not be loaded")
