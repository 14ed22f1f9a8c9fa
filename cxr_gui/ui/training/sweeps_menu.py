"""What the classifier of a run was swept with, as far as the index of runs knows."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from cxr_gui.core.base.wording import counted, percent
from cxr_gui.core.runs import sweeps_of
from cxr_gui.ui.widgets.epsilon_unit import epsilons
from cxr_gui.ui.widgets.literal import literal
from cxr_gui.ui.widgets.menu_tool import ARROW, menu_button

if TYPE_CHECKING:
    from cxr_gui.core.runs import Entry
    from cxr_gui.session import Session


class SweepsMenu(QObject):
    """A button that opens one of them; it hides where none is known."""

    openRequested = Signal(Path)

    def __init__(self, session: Session, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._sweeps: tuple[Entry, ...] = ()
        self._folder: Path | None = None
        self.button = menu_button("runSweepsButton", "", "What this classifier was swept with")
        self._say()
        self.button.menu().aboutToShow.connect(self._fill)
        session.entriesChanged.connect(self._look)

    def turn_to(self, folder: Path) -> None:
        """Offer the sweeps of the run in this folder."""
        self._folder = folder
        self._look()

    def _look(self, _: object = None) -> None:
        if self._folder is None:
            return
        self._sweeps = sweeps_of(self._session.entries, self._folder)
        self._say()

    def _say(self) -> None:
        self.button.setText(counted(len(self._sweeps), "sweep") + ARROW)
        self.button.setVisible(bool(self._sweeps))

    def _fill(self) -> None:
        menu = self.button.menu()
        menu.clear()
        for sweep in self._sweeps:
            entry = menu.addAction(
                _in_words(sweep).replace("&", "&&"), partial(self.openRequested.emit, Path(sweep.path))
            )
            entry.setToolTip(literal(sweep.folder))


def _in_words(sweep: Entry) -> str:
    """ "sweep-1: FGSM, rgb, accuracy 76.1 % clean, 21.3 % at ε 0.1"."""
    words = f"{sweep.name}: {sweep.attack}"
    if not sweep.points:
        return words
    first, last = sweep.points[0], sweep.points[-1]
    where = f"at \N{GREEK SMALL LETTER EPSILON} {epsilons().shown(last.epsilon, 3)}"
    clean = f"{percent(first.accuracy)} clean, " if not first.epsilon and last.epsilon else ""
    return f"{words}, accuracy {clean}{percent(last.accuracy)} {where}"
