"""What a sweep of shifts is started with, and how far it is: shifts, classifiers, button, progress."""

from __future__ import annotations

from collections.abc import Callable, Container
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtGui import QAction
from PySide6.QtWidgets import QMenu, QWidget

from cxr_gui.core.shifts import SHIFTS, in_families
from cxr_gui.ui.attack.sweep.beside import BesideButton
from cxr_gui.ui.widgets.elided import ElidedButton
from cxr_gui.ui.widgets.factories import button, named, row
from cxr_gui.ui.widgets.literal import literal
from cxr_gui.ui.widgets.work_bar import WorkBar

if TYPE_CHECKING:
    from cxr_gui.session import Session

START = "Have every shift befall each test image, at five severities, and measure what the decisions lose"


class ShiftBar(WorkBar):
    """Starts sweeps of shifts over the session's dataset, and while one runs says how far it is."""

    def __init__(
        self,
        session: Session,
        classifiers: Callable[[], list[tuple[str, Path]]],
        parent: QWidget | None = None,
    ) -> None:
        super().__init__("shifts", "the sweep of shifts", parent)
        self._session = session
        self.button = button("Sweep the shifts", "sweepShiftsButton", START, parent=self)
        self.chosen = ShiftChoice(self)
        self.beside = BesideButton(session, classifiers, self)
        self.beside.setObjectName("besideShiftsButton")
        idle = QWidget()
        row(self.button, self.chosen, self.beside, ..., gap=-1, on=idle)
        self.start_with(idle)
        self.button.clicked.connect(self.start)

    def start(self) -> None:
        """Sweep what is ticked with the classifier in use and those beside it."""
        job = self._session.shifting.start(self.chosen.names(), beside=self.beside.files())
        if job is not None:
            self.follow(job)


class ShiftChoice(ElidedButton):
    """A menu of the shifts, each to be ticked; all are until somebody unticks one."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent=parent)
        named(self, "shiftsChoice", "Shifts to sweep", "Which shifts befall the images")
        menu = named(QMenu(self), "shiftsMenu")
        menu.setToolTipsVisible(True)
        every, none = menu.addAction("All of them"), menu.addAction("None of them")
        self._actions: dict[str, QAction] = {}
        family = ""
        for shift in in_families(tuple(SHIFTS.values())):
            if shift.family != family:
                menu.addSection(shift.family)
                family = shift.family
            action = QAction(shift.title.replace("&", "&&"), menu, checkable=True, checked=True)
            action.setToolTip(literal(f"{shift.summary}: {shift.span}"))
            action.toggled.connect(self._say)
            menu.addAction(action)
            self._actions[shift.name] = action
        every.triggered.connect(lambda: self.tick(self._actions))
        none.triggered.connect(lambda: self.tick(()))
        self.setMenu(menu)
        self._say()

    def names(self) -> list[str]:
        """Those that are ticked; all where none is."""
        return [name for name, action in self._actions.items() if action.isChecked()] or list(self._actions)

    def tick(self, names: Container[str]) -> None:
        """Tick these and no other."""
        for name, action in self._actions.items():
            action.setChecked(name in names)

    def _say(self) -> None:
        names = self.names()
        some = SHIFTS[names[0]].title if len(names) == 1 else f"{len(names)} shifts"
        self.setText(f"All {some}" if len(names) == len(self._actions) else some)
