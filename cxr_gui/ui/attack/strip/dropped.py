"""The filmstrip with what belongs to it: how far the verdicts are, their sum, everyone's label."""

from __future__ import annotations

from collections import Counter
from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QMenu, QToolButton, QWidget

from cxr_gui.ui.attack.strip.filmstrip import Filmstrip, answers_of, verdict_of
from cxr_gui.ui.widgets.elided import ElidedLabel
from cxr_gui.ui.widgets.epsilon_unit import epsilons
from cxr_gui.ui.widgets.factories import button, column, label, named, progress, row, tool

if TYPE_CHECKING:
    from cxr_gui.core.inspect import Judged
    from cxr_gui.session import Session

SIDE = 232
LOW = 640
"""Below this height of the tab the strip is folded, unless somebody has unfolded it: films come first."""
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
        tip = "Attack all of these images again with the current settings"
        self.again = button("Run again", "judgeButton", tip, role="flat", parent=self)
        words = "True labels of all these images"
        tip = "Set the true label of all these images, or say that it is unknown"
        self.labels = named(QToolButton(self), "stripLabelButton", words, tip)
        self.labels.setText("Labels")
        self.labels.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self.labels.setMenu(QMenu(self.labels))
        words, tip = "Fold the strip", "Fold the strip to one line: the films in the views get its room"
        self.fold = tool("stripFoldButton", "chevron-down", words, tip, parent=self)
        words, tip = "Unfold the strip", "Show the films that are open together"
        self.unfold = tool("stripUnfoldButton", "chevron-up", words, tip, parent=self)
        self.line = named(ElidedLabel(parent=self), "stripLine", role="muted")
        self._low = False
        self._open, self._folded = QWidget(self), QWidget(self)
        controls = row((self.progress, 1), self.again, self.cancel, self.labels, ..., self.fold, gap=4)
        side = column(self.summary, controls, gap=0)
        row((self.filmstrip, 1), side, gap=-1, on=self._open)
        row((self.line, 1), self.unfold, on=self._folded)
        column(self._open, self._folded, gap=0, on=self)
        self.fold.clicked.connect(lambda: self._fold(True))
        self.unfold.clicked.connect(lambda: self._fold(False))
        self._fold(False)
        self.labels.menu().aboutToShow.connect(self._fill_labels)
        self.cancel.clicked.connect(session.judging.cancel)
        self.again.clicked.connect(lambda: self._judging.judge())
        self.filmstrip.imageChosen.connect(session.opening.image)
        session.droppedChanged.connect(self.filmstrip.show_paths)
        session.filmChanged.connect(self._sum_up)
        self._judging.judged.connect(self.filmstrip.show_verdict)
        self._judging.progress.connect(self._advance)
        self._judging.changed.connect(self._refresh)
        epsilons().changed.connect(self._say_again)
        self._refresh()

    def set_low(self, low: bool) -> None:
        """Whether there is little room for the films and the strip; when that changes the strip follows."""
        if low != self._low:
            self._low = low
            self._fold(low)

    def _fold(self, folded: bool) -> None:
        self._open.setHidden(folded)
        self._folded.setVisible(folded)

    def _fill_labels(self) -> None:
        classifier, menu = self._session.classifier, self.labels.menu()
        menu.clear()
        for name in classifier.classes if classifier is not None else ():
            menu.addAction(f"Set all to {name}", partial(self._judging.set_labels, name))
        menu.addAction("Label unknown", lambda: self._judging.set_labels(None))

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

    def _say_again(self) -> None:
        """In another unit."""
        for judged in self._judging.verdicts.values():
            self.filmstrip.show_verdict(judged)
        self._sum_up()

    def _sum_up(self) -> None:
        judging = self._judging
        if judging.setting is None:
            words = f"{len(self._session.dropped)} images; verdicts need a classifier"
        else:
            words = _counted(list(judging.verdicts.values()))
            at = epsilons().both(judging.setting.epsilon)
            self.summary.setToolTip(
                f"{len(judging.verdicts)} of {len(self._session.dropped)} images at epsilon {at}"
            )
        shown = self.summary.fontMetrics().elidedText(words, Qt.TextElideMode.ElideRight, SIDE)
        self.summary.setText(shown)
        self.summary.setAccessibleDescription(words)
        self.line.setText("   ".join(filter(None, (self._here(), words))))

    def _here(self) -> str:
        """The film in the views: its place among these, and what was found of it."""
        film, dropped = self._session.film, self._session.dropped
        if film is None or film.path not in dropped:
            return ""
        judged = self._judging.verdicts.get(film.path)
        found = "" if judged is None else ", ".join(filter(None, (answers_of(judged), verdict_of(judged)[0])))
        return f"{dropped.index(film.path) + 1} of {len(dropped)}   {found}".rstrip()


def _counted(judged: list[Judged]) -> str:
    """ "3 flipped, 2 resisted, 1 unreadable; 4 labels unknown", without their number where all are."""
    counts = Counter(found.state for found in judged)
    unknown = sum(not found.known and found.error is None for found in judged)
    states = ", ".join(f"{counts[state]} {state}" for state in ORDER if counts[state]) or "Judging"
    if not unknown:
        return states
    return f"{states}; {'' if unknown == len(judged) else f'{unknown} '}labels unknown"
