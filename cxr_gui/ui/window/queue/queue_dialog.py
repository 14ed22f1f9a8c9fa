"""The queue on screen: what waits, what is at work and how far, what failed and why, and what can be done."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QItemSelectionModel, Qt, Signal
from PySide6.QtWidgets import (
    QAbstractItemView,
    QDialog,
    QDialogButtonBox,
    QHeaderView,
    QPushButton,
    QTableView,
    QWidget,
)

from cxr_gui.core.base.wording import counted
from cxr_gui.ui.widgets.asking import ask_folder
from cxr_gui.ui.widgets.elided import ElidedLabel
from cxr_gui.ui.widgets.empty import EmptyState
from cxr_gui.ui.widgets.factories import DIALOG, ELLIPSIS, button, column, label, named, row
from cxr_gui.ui.widgets.theme import GRID, theme
from cxr_gui.ui.window.queue.queue_model import QueueColumn, QueueModel

if TYPE_CHECKING:
    from cxr_gui.core.queue import QueuedJob
    from cxr_gui.session import Session

WHAT = "Trainings and sweeps, one after another. One that fails does not stop the rest."
EMPTY = "The arrows beside Train and beside Attack the test set fill it."
OPEN = {"train": "Use it", "sweep": "Show on the chart"}
NO_JOB, AT_WORK, NOT_AT_WORK = "Select a job", "It is at work", "The queue is not at work"


class QueueDialog(QDialog):
    """Beside the window, which goes on."""

    openRequested = Signal(Path)  # the folder of a run or a sweep
    folderChosen = Signal(Path)  # for what is queued from now on

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        named(self, "queueDialog", "Queue")
        self.setWindowTitle("Queue")
        self._queueing = session.queueing
        self._model = QueueModel(self)
        self.table = self._made_table()
        self._empty = EmptyState("queue", "Nothing is queued", EMPTY)
        self._up = self._job_button("Up", "queueUpButton", lambda job: self._move(job, -1))
        self._down = self._job_button("Down", "queueDownButton", lambda job: self._move(job, 1))
        self._remove = self._job_button("Remove", "queueRemoveButton", lambda job: self._take_out([job]))
        self._again = self._job_button(
            "Do it again", "queueAgainButton", lambda job: self._queueing.try_again(job.name)
        )
        self._open = self._job_button(OPEN["sweep"], "queueOpenButton", self._ask_to_open)
        self._clear = button("Remove what is done", "queueClearButton")
        self._state = named(ElidedLabel(where=Qt.TextElideMode.ElideRight), "queueState")
        self._start = button("Start", "queueStartButton", icon="play", role="primary")
        self._pause = button("Pause after this", "queuePauseButton")
        self._pause.setCheckable(True)
        self._stop = button("Stop", "queueStopButton", icon="stop", role="danger")
        self._folder = named(ElidedLabel(str(self._queueing.folder)), "queueFolder")
        tip, words = "For what is queued from now on", "Choose the folder for results"
        self._choose = button(f"Choose{ELLIPSIS}", "queueFolderButton", tip, words=words)
        self._lay_out()
        self._clear.clicked.connect(
            lambda: self._take_out([job for job in self._model.jobs if job.state == "done"])
        )
        self._start.clicked.connect(self._queueing.start)
        self._pause.clicked.connect(self._queueing.end_after_this)
        self._stop.clicked.connect(self._queueing.stop)
        self._choose.clicked.connect(self._choose_folder)
        self._model.moved.connect(self._queueing.move)
        self.table.selectionModel().selectionChanged.connect(self._refresh)
        self._queueing.changed.connect(self._show)
        self._queueing.advanced.connect(self._model.advance)
        theme().changed.connect(self._show)
        self._show()

    def _made_table(self) -> QTableView:
        table = named(QTableView(self), "queueTable", "Queue")
        table.setModel(self._model)
        table.setSelectionBehavior(QTableView.SelectionBehavior.SelectRows)
        table.setSelectionMode(QTableView.SelectionMode.SingleSelection)
        table.setShowGrid(False)
        table.setTabKeyNavigation(False)
        table.setAlternatingRowColors(True)
        table.setWordWrap(False)
        table.setDragDropMode(QAbstractItemView.DragDropMode.InternalMove)
        table.setDragDropOverwriteMode(False)
        table.verticalHeader().hide()
        heads = table.horizontalHeader()
        heads.setHighlightSections(False)
        heads.setDefaultAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        heads.setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
        heads.setSectionResizeMode(QueueColumn.NAME, QHeaderView.ResizeMode.Interactive)
        heads.resizeSection(QueueColumn.NAME, 34 * GRID)
        heads.setSectionResizeMode(QueueColumn.MORE, QHeaderView.ResizeMode.Stretch)
        return table

    def _lay_out(self) -> None:
        close = QDialogButtonBox(QDialogButtonBox.StandardButton.Close)
        close.rejected.connect(self.reject)
        column(
            label("The queue", role="title"),
            label(WHAT, role="muted", wrap=True),
            (self.table, 1),
            (self._empty, 1),
            row(self._up, self._down, self._remove, self._again, self._open, ..., self._clear),
            row((self._state, 1), self._start, self._pause, self._stop),
            row(label("Results go to", role="muted"), (self._folder, 1), self._choose, close),
            gap=GRID * 2,
            around=DIALOG,
            on=self,
        )
        self.resize(104 * GRID, 72 * GRID)

    def _job_button(self, text: str, name: str, act: Callable[[QueuedJob], object]) -> QPushButton:
        """A button that does something with the job that is selected."""
        made = button(text, name)

        def press() -> None:
            if (job := self._chosen()) is not None:
                act(job)

        made.clicked.connect(press)
        return made

    # -- what is shown -----------------------------------------------------------------------------------

    def _show(self) -> None:
        chosen = self._chosen()
        self._model.show_jobs(self._queueing.jobs, self._queueing.latest)
        names = [job.name for job in self._model.jobs]
        if chosen is not None and chosen.name in names:
            self._select(names.index(chosen.name))
        self._refresh()

    def _select(self, place: int) -> None:
        flags = QItemSelectionModel.SelectionFlag
        index = self._model.index(place, 0)
        self.table.selectionModel().setCurrentIndex(index, flags.ClearAndSelect | flags.Rows)

    def _chosen(self) -> QueuedJob | None:
        rows = self.table.selectionModel().selectedRows()
        return self._model.jobs[rows[0].row()] if rows else None

    def _refresh(self) -> None:
        """Which buttons can be used, and why not."""
        jobs, job, working = self._model.jobs, self._chosen(), self._queueing.job is not None
        self._empty.setVisible(not jobs)
        self.table.setVisible(bool(jobs))
        at_work = job is not None and job.state == "running" and working
        none = "" if job is not None else NO_JOB
        done = job is not None and job.state == "done"
        self._open.setText(OPEN[job.kind] if job is not None else OPEN["sweep"])
        left = [each for each in jobs if each.open]
        for control, use, why_not in (
            (self._up, "Do it earlier", none or ("It is the first" if job is jobs[0] else "")),
            (self._down, "Do it later", none or ("It is the last" if job is jobs[-1] else "")),
            (self._remove, "Take it out; what it has written stays", none or (AT_WORK if at_work else "")),
            (
                self._again,
                "Let it wait once more; what is there is gone on with",
                none or ("" if job is not None and job.state == "failed" else "It has not failed"),
            ),
            (self._open, "See what came of it", none or ("" if done else "It is not done")),
            (
                self._clear,
                "Take what is done out of the list; its results stay where they are",
                "" if len(left) < len(jobs) else "Nothing is done",
            ),
            (
                self._start,
                "Do what waits, and what failed once more",
                "It is at work" if working else "" if left else "Nothing is left to do",
            ),
            (
                self._pause,
                "Begin no other job after the one at work",
                "" if working else NOT_AT_WORK,
            ),
            (
                self._stop,
                "Interrupt the job at work; it goes on from there when the queue does",
                "" if working else NOT_AT_WORK,
            ),
        ):
            control.setEnabled(not why_not)
            control.setToolTip(why_not or use)
        self._pause.setChecked(self._queueing.ends_after_this)
        self._state.setText(_in_words(jobs, working, self._queueing.ends_after_this))

    # -- what is done ------------------------------------------------------------------------------------

    def _move(self, job: QueuedJob, by: int) -> None:
        self._queueing.move(job.name, self._model.jobs.index(job) + by)

    def _take_out(self, jobs: list[QueuedJob]) -> None:
        self._queueing.remove([job.name for job in jobs])

    def _ask_to_open(self, job: QueuedJob) -> None:
        self.openRequested.emit(Path(job.options["out"]))

    def _choose_folder(self) -> None:
        folder = ask_folder(self, "queue", "A folder for what is queued", str(self._queueing.folder))
        if folder is not None:
            self.folderChosen.emit(folder)
            self._folder.setText(str(folder))


def _in_words(jobs: tuple[QueuedJob, ...], working: bool, pausing: bool) -> str:
    count = {state: sum(job.state == state for job in jobs) for state in ("done", "failed")}
    left = len(jobs) - count["done"] - count["failed"]
    parts = [counted(left, "job") + " left", *(f"{n} {state}" for state, n in count.items() if n)]
    state = "Pausing after this one" if pausing else "At work" if working else "Not at work"
    return f"{state}: {', '.join(parts)}" if jobs else ""
