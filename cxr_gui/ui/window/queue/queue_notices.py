"""What the window says of the queue: in its bar of messages, in the status bar, and in the queue's dialog."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Qt

from cxr_gui.core.base.wording import counted
from cxr_gui.session import Message, Offer
from cxr_gui.ui.widgets.asking import documents
from cxr_gui.ui.window.queue.queue_dialog import QueueDialog

if TYPE_CHECKING:
    from cxr_gui.core.queue import QueuedJob
    from cxr_gui.ui.window.main_window import MainWindow


class QueueNotices(QObject):
    """Follows the session's queue, and begins none of it by itself."""

    def __init__(self, window: MainWindow) -> None:
        super().__init__(window)
        self._window, self._session = window, window.session
        self._queueing = queueing = window.session.queueing
        self._shown: dict[str, Message] = {}
        queueing.folder = Path(window.settings.queue_folder or documents())
        queueing.added.connect(self._tell_added)
        queueing.jobEnded.connect(self._tell_job)
        queueing.ended.connect(self._tell_ended)
        queueing.found.connect(self._offer)
        once = Qt.ConnectionType.SingleShotConnection
        window.session.catalogChanged.connect(queueing.look_for_unfinished, once)

    def show_queue(self) -> None:
        """Open the dialog, or bring it to the front."""
        dialog = self._window.findChild(QueueDialog)
        if dialog is None:
            dialog = QueueDialog(self._session, self._window)
            dialog.openRequested.connect(self._open)
            dialog.folderChosen.connect(self._choose)
        self._queueing.look()
        dialog.show()
        dialog.raise_()
        dialog.activateWindow()

    def _open(self, folder: Path) -> None:
        self._window.open_paths([folder])

    def _choose(self, folder: Path) -> None:
        self._queueing.folder = folder
        self._window.settings.queue_folder = str(folder)

    # -- messages ----------------------------------------------------------------------------------------

    def _offer(self, left: tuple[QueuedJob, ...]) -> None:
        discard = partial(self._queueing.remove, [job.name for job in left])
        failed = sum(job.state == "failed" for job in left)
        more = f", and {failed} failed" if failed else ""
        self._say(
            "queue",
            f"The queue has {counted(len(left) - failed, 'job')} left{more}.",
            Offer("Go on", self._queueing.start),
            Offer("Show", self.show_queue),
            Offer("Discard", discard),
        )

    def _tell_added(self, jobs: tuple[QueuedJob, ...]) -> None:
        what = f"\u201c{jobs[0].name}\u201d" if len(jobs) == 1 else counted(len(jobs), "job")
        begin = [] if self._queueing.job is not None else [Offer("Start", self._queueing.start)]
        self._say("queue", f"Queued {what}.", *begin, Offer("Show", self.show_queue))

    def _tell_job(self, job: QueuedJob) -> None:
        """A training offers its classifier, as one on its tab does, and takes no other's place by itself."""
        if job.state == "failed":
            text = f"In the queue \u201c{job.name}\u201d failed: {job.problem}"
            self._say(job.name, text, Offer("Show", self.show_queue), level="warning")
        elif job.kind == "train":
            text = f"The queue has trained \u201c{job.name}\u201d."
            self._say("trained", text, Offer("Use it", partial(self._open, Path(job.options["out"]))))

    def _tell_ended(self, jobs: tuple[QueuedJob, ...]) -> None:
        parts = [
            f"{count} {state}"
            for state in ("done", "failed", "waiting")
            if (count := sum(job.state == state for job in jobs))
        ]
        self._say("queue", f"The queue has ended: {', '.join(parts)}.", Offer("Show", self.show_queue))

    def _say(self, about: str, text: str, *offers: Offer, level: str = "info") -> None:
        """Say this in place of what was said about the same before."""
        if about in self._shown:
            self._session.messageWithdrawn.emit(self._shown[about])
        self._shown[about] = Message(level, text, offers=offers)
        self._session.messageRaised.emit(self._shown[about])
