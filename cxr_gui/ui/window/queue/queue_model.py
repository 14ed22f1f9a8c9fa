"""The jobs of the queue as rows, which can be dragged to another place."""

from __future__ import annotations

from collections.abc import Sequence
from enum import IntEnum
from typing import TYPE_CHECKING

from PySide6.QtCore import (
    QAbstractTableModel,
    QMimeData,
    QModelIndex,
    QObject,
    QPersistentModelIndex,
    Qt,
    Signal,
)
from PySide6.QtGui import QColor

from cxr_gui.core.base.wording import duration
from cxr_gui.ui.widgets.literal import literal
from cxr_gui.ui.widgets.theme import theme
from cxr_gui.ui.window.job_status import event_words

if TYPE_CHECKING:
    from cxr_gui.core.queue import QueuedJob, QueueProgress

Index = QModelIndex | QPersistentModelIndex
ROW_MIME = "application/x-cxr-gui-queued"


class QueueColumn(IntEnum):
    NAME, KIND, STATE, MORE = range(4)


HEADS = ("Job", "Kind", "State", "How far, how long, or why not")
KINDS = {"train": "Training", "sweep": "Sweep"}
STATES = {"waiting": "Waiting", "running": "At work", "done": "Done", "failed": "Failed"}
COLOURS = {"running": "accent", "done": "good", "failed": "bad"}


class QueueModel(QAbstractTableModel):
    """Shows jobs in their order; where one is dropped it is `moved` to, by whoever keeps them."""

    moved = Signal(str, int)  # its name, and the place among all from 0 on

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.jobs: tuple[QueuedJob, ...] = ()
        self._latest: QueueProgress | None = None

    def show_jobs(self, jobs: tuple[QueuedJob, ...], latest: QueueProgress | None) -> None:
        """Show these jobs, and how far the one at work is."""
        if jobs and [job.name for job in jobs] == [job.name for job in self.jobs]:
            self.jobs, self._latest = jobs, latest
            self.dataChanged.emit(self.index(0, 0), self.index(len(jobs) - 1, len(HEADS) - 1))
        else:
            self.beginResetModel()
            self.jobs, self._latest = jobs, latest
            self.endResetModel()

    def advance(self, latest: QueueProgress) -> None:
        """How far the job at work is."""
        self._latest = latest
        for row, job in enumerate(self.jobs):
            if job.name == latest.job.name:
                self.dataChanged.emit(self.index(row, QueueColumn.MORE), self.index(row, QueueColumn.MORE))

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008
        return 0 if parent.isValid() else len(self.jobs)

    def columnCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008
        return 0 if parent.isValid() else len(HEADS)

    def headerData(
        self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole
    ) -> object:
        if orientation == Qt.Orientation.Horizontal and role == Qt.ItemDataRole.DisplayRole:
            return HEADS[section]
        return None

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        job = self.jobs[index.row()]
        if role == Qt.ItemDataRole.DisplayRole:
            return (job.name, KINDS[job.kind], STATES[job.state], self._more(job))[index.column()]
        if role == Qt.ItemDataRole.ToolTipRole:
            return literal(job.problem or str(job.options["out"]))
        if role == Qt.ItemDataRole.ForegroundRole and index.column() == QueueColumn.STATE:
            colour = COLOURS.get(job.state)
            return None if colour is None else QColor(getattr(theme().palette, colour))
        return None

    def _more(self, job: QueuedJob) -> str:
        latest = self._latest
        if job.state == "running" and latest is not None and latest.job.name == job.name and latest.inner:
            return event_words(latest.inner)
        if job.state == "failed":
            return job.problem
        return duration(job.seconds) if job.state == "done" else ""

    # -- dragging ----------------------------------------------------------------------------------------

    def flags(self, index: Index) -> Qt.ItemFlag:
        if not index.isValid():  # between two rows, or below all
            return Qt.ItemFlag.ItemIsDropEnabled
        return super().flags(index) | Qt.ItemFlag.ItemIsDragEnabled

    def supportedDropActions(self) -> Qt.DropAction:
        return Qt.DropAction.MoveAction

    def mimeTypes(self) -> list[str]:
        return [ROW_MIME]

    def mimeData(self, indexes: Sequence[QModelIndex]) -> QMimeData:
        data = QMimeData()
        data.setData(ROW_MIME, self.jobs[indexes[0].row()].name.encode())
        return data

    def dropMimeData(
        self,
        data: QMimeData,
        action: Qt.DropAction,  # noqa: ARG002
        row: int,
        column: int,  # noqa: ARG002
        parent: Index,  # noqa: ARG002
    ) -> bool:
        name = bytes(data.data(ROW_MIME).data()).decode()
        names = [job.name for job in self.jobs]
        if name in names:
            place = len(names) if row < 0 else row
            self.moved.emit(name, place - (names.index(name) < place))
        return False  # whoever keeps the jobs moves it; the view is not to remove a row
