"""Several sweeps for the queue in one go: each attack under each threat model against each classifier."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QDialog, QListWidget, QListWidgetItem, QVBoxLayout, QWidget

from cxr_gui.core.attacks import THREATS
from cxr_gui.core.base.wording import counted
from cxr_gui.core.queue import sweep_options
from cxr_gui.core.training import RunFolder
from cxr_gui.session import Draft
from cxr_gui.ui.widgets.epsilon_unit import epsilons
from cxr_gui.ui.widgets.factories import DIALOG, button, column, label, named, row
from cxr_gui.ui.widgets.literal import literal
from cxr_gui.ui.widgets.theme import GRID

if TYPE_CHECKING:
    from cxr_gui.core.data import Dataset
    from cxr_gui.session import Session


class QueueSweepsDialog(QDialog):
    """Three lists to tick, and how many sweeps that makes; what the tab has chosen is ticked already."""

    def __init__(
        self,
        session: Session,
        classifiers: Sequence[tuple[str, Path]],
        chosen: Sequence[float],
        *,
        certify: bool,
        parent: QWidget,
    ) -> None:
        super().__init__(parent)
        assert session.catalog is not None  # noqa: S101
        self._session, self._chosen, self._certify = session, chosen, certify
        named(self, "queueSweepsDialog", "Queue sweeps")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle("Queue sweeps")
        setting, used = session.setting, session.classifier
        attacks = [(choice.title, choice.name, "") for choice in session.catalog.attacks]
        self.attacks = _list("queueAttacks", "Attacks", attacks, setting.attack)
        self.threats = _list("queueThreats", "Threat models", [(n, n, "") for n in THREATS], setting.threat)
        known = [(title, str(file), str(file)) for title, file in classifiers]
        trained = [
            (
                f"{job.name}, once it is trained",
                str(RunFolder(job.options["out"]).best),
                str(job.options["out"]),
            )
            for job in session.queueing.jobs
            if job.kind == "train" and job.state != "done"
        ]
        in_use = "" if used is None or used.file is None else str(used.file)
        self.classifiers = _list("queueClassifiers", "Classifiers", [*known, *trained], in_use)
        self._words = label("", "queueSweepsWords", "muted", wrap=True)
        cancel = button("Cancel", "queueSweepsCancelButton")
        self.queue_button = button("", "queueSweepsButton", role="primary")
        cancel.clicked.connect(self.reject)
        self.queue_button.clicked.connect(self.accept)
        lists = (self.attacks, self.threats, self.classifiers)
        column(
            label("Queue sweeps", role="title"),
            (row((_titled(lists[0]), 3), (_titled(lists[1]), 2), (_titled(lists[2]), 4), gap=GRID * 2), 1),
            self._words,
            row(..., cancel, self.queue_button),
            gap=GRID * 2,
            around=DIALOG,
            on=self,
        )
        self.resize(96 * GRID, 52 * GRID)
        for each in lists:
            each.itemChanged.connect(self._count)
        self.accepted.connect(self._queue)
        self._count()

    def _count(self) -> None:
        count = len(_ticked(self.attacks)) * len(_ticked(self.threats)) * len(_ticked(self.classifiers))
        shown = ", ".join(map(epsilons().shown, self._chosen))
        of = "" if self._session.dataset is None else f" of {self._session.dataset.root.name}"
        words = f"Over the epsilons {shown} ({epsilons().name}), on the test set{of}"
        self._words.setText(f"{words}, with certified radii." if self._certify else f"{words}.")
        self.queue_button.setText(f"Queue {counted(count, 'sweep')}")
        self.queue_button.setEnabled(count > 0)
        self.queue_button.setToolTip("" if count else "Tick at least one of each")

    def _queue(self) -> None:
        dataset = self._session.dataset
        if dataset is not None:
            files = map(Path, _ticked(self.classifiers))
            kinds = itertools.product(files, _ticked(self.attacks), _ticked(self.threats))
            self._session.queueing.add(
                [sweep_draft(self._session, dataset, *kind, self._chosen, self._certify) for kind in kinds]
            )


def sweep_draft(
    session: Session,
    dataset: Dataset,
    classifier: Path,
    attack: str,
    threat: str,
    chosen: Sequence[float],
    certify: bool,
) -> Draft:
    """One sweep for the queue; the attack that is set has the parameters that are set."""
    setting = session.setting
    options = sweep_options(
        dataset,
        classifier,
        chosen,
        attack=attack,
        parameters=dict(setting.parameters) if attack == setting.attack else {},
        threat=threat,
        certify=certify,
    )
    of = classifier.parent.name if classifier == RunFolder(classifier.parent).best else classifier.stem
    return Draft("sweep", f"{of}-{attack}-{threat}", options)


def _list(name: str, words: str, entries: Iterable[tuple[str, str, str]], ticked: str) -> QListWidget:
    """A list to tick, of (title, what it stands for, tool tip)."""
    made = named(QListWidget(), name, words)
    made.setTextElideMode(Qt.TextElideMode.ElideMiddle)
    for title, meant, tip in entries:
        item = QListWidgetItem(title, made)
        item.setData(Qt.ItemDataRole.UserRole, meant)
        item.setToolTip(literal(tip))
        item.setFlags(item.flags() | Qt.ItemFlag.ItemIsUserCheckable)
        item.setCheckState(Qt.CheckState.Checked if meant == ticked else Qt.CheckState.Unchecked)
    return made


def _ticked(choices: QListWidget) -> list[str]:
    items = map(choices.item, range(choices.count()))
    return [
        str(item.data(Qt.ItemDataRole.UserRole))
        for item in items
        if item.checkState() == Qt.CheckState.Checked
    ]


def _titled(choices: QListWidget) -> QVBoxLayout:
    return column(label(choices.accessibleName(), role="heading", buddy=choices), (choices, 1))
