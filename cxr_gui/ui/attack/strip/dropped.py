"""The filmstrip with what belongs to it: how far the verdicts are, their sum, everyone's label."""

from __future__ import annotations

from collections import Counter
from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QMenu, QToolButton, QWidget

from cxr_gui.core.base.units import describe_epsilon
from cxr_gui.ui.attack.strip.filmstrip import Filmstrip
from cxr_gui.ui.widgets.factories import button, column, label, named, progress, row

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
        words = "Verdicts of the images together"
        self.summary = label("", "stripSummary", "muted", words=words, parent=self)
        self.summary.setFixedWidth(SIDE)
        words = "Progress of the verdicts"
        self.progress = progress("stripProgress", words, figures=True, parent=self)
        tip = "Stop; the verdicts found so far are kept"
        self.cancel = button("Cancel", "stripCancelButton", tip, role="flat", parent=self)
        tip = "Attack each of these images as it is set now"
        self.again = button("Judge again", "judgeButton", tip, role="flat", parent=self)
        words = "True labels of all these images"
        tip = "Say what all these images truly show, or that nobody knows"
        self.labels = named(QToolButton(self), "stripLabelButton", words, tip)
        self.labels.setText("Labels")
        self.labels.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self.labels.setMenu(QMenu(self.labels))
        controls = row((self.progress, 1), self.again, self.cancel, self.labels, ..., gap=4)
        side = column(self.summary, controls, gap=0)
        row((self.filmstrip, 1), side, gap=-1, on=self)
        self.labels.menu().aboutToShow.connect(self._fill_labels)
        self.cancel.clicked.connect(session.judging.cancel)
        self.again.clicked.connect(lambda: self._judging.judge())
        self.filmstrip.imageChosen.connect(session.opening.image)
        session.droppedChanged.connect(self.filmstrip.show_paths)
        self._judging.judged.connect(self.filmstrip.show_verdict)
        self._judging.progress.connect(self._advance)
        self._judging.changed.connect(self._refresh)
        self._refresh()

    def _fill_labels(self) -> None:
        classifier, menu = self._session.classifier, self.labels.menu()
        menu.clear()
        for name in classifier.classes if classifier is not None else ():
            menu.addAction(f"All show {name}", partial(self._judging.set_labels, name))
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
            at = describe_epsilon(judging.setting.epsilon)
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
