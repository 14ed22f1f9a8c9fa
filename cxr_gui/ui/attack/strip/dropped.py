"""The filmstrip with what belongs to it: how far the verdicts are, their sum, everyone's label."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QHBoxLayout,
    QLabel,
    QMenu,
    QPushButton,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from cxr_gui.core.base.units import describe
from cxr_gui.ui.attack.strip.filmstrip import Filmstrip
from cxr_gui.ui.widgets.progress_bar import ProgressBar
from cxr_gui.ui.widgets.theme import set_role

if TYPE_CHECKING:
    from cxr_gui.core.inspect import Judged
    from cxr_gui.session import Session

SIDE = 320
ORDER = ("already wrong", "flipped", "resisted", "no gradient", "no answer", "unreadable")


class DroppedImages(QWidget):
    """Shown while several images are open together."""

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._session, self._judging = session, session.judging
        self.filmstrip = Filmstrip(self)
        self.summary = QLabel(self)
        self.summary.setObjectName("stripSummary")
        self.summary.setAccessibleName("Verdicts of the images together")
        set_role(self.summary, "muted")
        self.progress = ProgressBar(self)
        self.progress.setObjectName("stripProgress")
        self.progress.setAccessibleName("Progress of the verdicts")
        self.cancel = QPushButton("Cancel", self)
        self.cancel.setObjectName("stripCancelButton")
        self.cancel.setToolTip("Stop; the verdicts found so far are kept")
        self.again = QPushButton("Judge again", self)
        self.again.setObjectName("judgeButton")
        self.again.setToolTip("Attack each of these images as it is set now")
        self.labels = QToolButton(self)
        self.labels.setObjectName("stripLabelButton")
        self.labels.setText("Labels")
        self.labels.setAccessibleName("True labels of all these images")
        self.labels.setToolTip("Say what all these images truly show, or that nobody knows")
        self.labels.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self.labels.setMenu(QMenu(self.labels))
        for button in (self.cancel, self.again):
            set_role(button, "flat")
        self._lay_out()
        self.labels.menu().aboutToShow.connect(self._fill_labels)
        self.cancel.clicked.connect(session.judging.cancel)
        self.again.clicked.connect(lambda: self._judging.judge())
        self.filmstrip.imageChosen.connect(session.opening.image)
        session.droppedChanged.connect(self.filmstrip.show_paths)
        self._judging.judged.connect(self.filmstrip.show_verdict)
        self._judging.progress.connect(self._advance)
        self._judging.changed.connect(self._refresh)
        self._refresh()

    def _lay_out(self) -> None:
        controls = QHBoxLayout()
        controls.setSpacing(4)
        controls.addWidget(self.progress, 1)
        controls.addWidget(self.again)
        controls.addWidget(self.cancel)
        controls.addWidget(self.labels)
        controls.addStretch(0)
        side = QVBoxLayout()
        side.setSpacing(0)
        side.addWidget(self.summary)
        side.addLayout(controls)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.addWidget(self.filmstrip, 1)
        row.addLayout(side)
        self.summary.setFixedWidth(SIDE)

    def _fill_labels(self) -> None:
        classifier, menu = self._session.classifier, self.labels.menu()
        menu.clear()
        for label in classifier.classes if classifier is not None else ():
            menu.addAction(f"All show {label}", lambda label=label: self._judging.set_labels(label))
        menu.addAction("Nobody knows", lambda: self._judging.set_labels(None))

    def _advance(self, done: int, total: int) -> None:
        self.progress.advance(done, total)
        self._sum_up()

    def _refresh(self) -> None:
        judging = self._judging
        running = judging.job is not None
        if not judging.verdicts:
            self.filmstrip.clear_verdicts()
        for widget in (self.progress, self.cancel):
            widget.setVisible(running)
        self.again.setVisible(not running)
        self.again.setEnabled(judging.stale)
        self.filmstrip.set_pale(judging.stale and not running)
        self.setVisible(len(self._session.dropped) > 1)
        self._sum_up()

    def _sum_up(self) -> None:
        judging = self._judging
        if judging.setting is None:
            words = f"{len(self._session.dropped)} images; verdicts need a classifier"
        else:
            words = _counted(list(judging.verdicts.values()))
            at = describe(judging.setting.epsilon)
            self.summary.setToolTip(
                f"{len(judging.verdicts)} of {len(self._session.dropped)} images at epsilon {at}"
            )
        shown = self.summary.fontMetrics().elidedText(words, Qt.TextElideMode.ElideRight, SIDE)
        self.summary.setText(shown)
        self.summary.setAccessibleDescription(words)


def _counted(judged: list[Judged]) -> str:
    """ "3 flipped, 2 resisted, 1 unreadable"; of those whose label nobody knows as well."""
    counts = Counter(found.state for found in judged)
    return ", ".join(f"{counts[state]} {state}" for state in ORDER if counts[state]) or "Judging"
