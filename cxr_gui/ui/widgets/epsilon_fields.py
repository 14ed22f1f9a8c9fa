"""The fields that take epsilons: typed in the chosen unit, kept in pixel units.

Text that nobody changed stands for the epsilon it was made from, so that going to another unit and back
changes none. In grey levels "4/255" and "4" are the same.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from PySide6.QtCore import QSignalBlocker, Signal
from PySide6.QtWidgets import QLineEdit, QWidget

from cxr_gui.core.base.errors import SettingsError
from cxr_gui.core.base.numbers import number_text, parse_number
from cxr_gui.core.base.units import parse_epsilons
from cxr_gui.ui.widgets.epsilon_unit import epsilons
from cxr_gui.ui.widgets.literal import literal
from cxr_gui.ui.widgets.number_box import RealBox
from cxr_gui.ui.widgets.theme import GRID

LEVELS = "/255"
_IN_LIST = re.compile(rf"{LEVELS}(?=[,;\s]|$)")
_STEPS = {"model": 0.005, "255": 1.0}
_LONG = {"model": "0.00784", "255": "3.825/255"}
"""As long a text as there is to be room for."""


class EpsilonBox(RealBox):
    """One epsilon from 0 to `largest`, pixel units; `epsilonChanged` is for what a person typed or stepped.

    words, tip  what is said before and after its unit      room  pixels beside the text
    """

    epsilonChanged = Signal(float)

    def __init__(
        self,
        words: str,
        tip: str,
        largest: float,
        *,
        room: int = 5 * GRID,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(0.0, largest, parent)
        self._words, self._tip, self._largest, self._room = words, tip, largest, room
        self._epsilon = 0.0
        self._follow()
        self.valueChanged.connect(self._choose)
        epsilons().changed.connect(self._follow)

    def epsilon(self) -> float:
        """In pixel units."""
        return self._epsilon

    def set_epsilon(self, epsilon: float) -> None:
        """Show an epsilon, in pixel units, without announcing it."""
        if epsilon != self._epsilon:  # or what is being typed would go
            self._epsilon = epsilon
            self._show()

    def textFromValue(self, value: float) -> str:
        return number_text(value) + (LEVELS if epsilons().unit == "255" else "")

    def parse(self, text: str) -> float:
        return parse_number(text.removesuffix(LEVELS) if epsilons().unit == "255" else text)

    def _choose(self, value: float) -> None:
        self._epsilon = epsilons().pixel(value)
        self.epsilonChanged.emit(self._epsilon)

    def _follow(self) -> None:
        words = f"{self._words} in {epsilons().name}"
        self.setAccessibleName(words)
        self.setToolTip(literal(f"{words}{self._tip}"))
        self.setFixedWidth(self.fontMetrics().horizontalAdvance(_LONG[epsilons().unit]) + self._room)
        self._step = _STEPS[epsilons().unit]
        self._show()

    def _show(self) -> None:
        with QSignalBlocker(self):
            self.setRange(0.0, epsilons().value(self._largest))
            self.setValue(epsilons().value(self._epsilon))


class EpsilonsField(QLineEdit):
    """Several epsilons, as "0, 0.01, 0.03" or "0, 1.275, 3.825"; these (pixel units) at first."""

    def __init__(self, chosen: Iterable[float], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._unit = epsilons().unit
        self._show(tuple(chosen))
        epsilons().changed.connect(self._follow)

    def chosen(self) -> tuple[float, ...]:
        """In pixel units. Raises SettingsError."""
        if self.text() == self._made:
            return self._chosen
        text = _IN_LIST.sub("", self.text()) if self._unit == "255" else self.text()
        return parse_epsilons(text, self._unit)

    def _show(self, chosen: tuple[float, ...]) -> None:
        self._chosen = chosen
        self._made = ", ".join(number_text(epsilons().value(epsilon)) for epsilon in chosen)
        self.setText(self._made)
        self.setCursorPosition(0)  # where there is little room it is the end that is out of sight

    def _follow(self) -> None:
        try:
            chosen = self.chosen()
        except SettingsError:  # it stays in sight, to be mended
            chosen = None
        self._unit = epsilons().unit
        if chosen is not None:
            self._show(chosen)
