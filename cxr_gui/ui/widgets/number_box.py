"""The fields that take a number, real or whole. Every number in the window is typed into one of these.

They read what `core.numbers` reads, in every language alike, and show what can be typed again. No key is
refused: of `0;5` without its semicolon 05 would be left, another number than was meant. What is no number
within the limits stays in sight, in the colour of what is wrong; once entered, it gives way to the number
from before, with words that say why.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, ClassVar

from PySide6.QtCore import QTimer
from PySide6.QtGui import QValidator
from PySide6.QtWidgets import QDoubleSpinBox, QSpinBox, QToolTip, QWidget

from cxr_gui.core.base.errors import SettingsError
from cxr_gui.core.base.numbers import number_text, parse_number, parse_whole
from cxr_gui.ui.widgets.theme import inset, set_role

DECIMALS = 40  # Qt rounds what it keeps to these; 1e-9 must come back to its last digit
FIRST_STEP = 0.01


if TYPE_CHECKING:
    _Spin = QDoubleSpinBox  # what both have in common is in no class of Qt's that stubs could name
else:
    _Spin = object


class _Typed(_Spin):
    """What both fields have in common: how they read their text, and what becomes of what is no number."""

    parse: ClassVar = staticmethod(parse_number)

    def _begin(self, least: float, most: float) -> None:
        self.setRange(least, most)
        self.setKeyboardTracking(False)  # of 0.05 neither 0 nor 0.0 is meant
        self.lineEdit().textEdited.connect(QToolTip.hideText)
        for changed in (self.lineEdit().textChanged, self.valueChanged, self.editingFinished):
            changed.connect(self._mark)

    def validate(self, text: str, position: int) -> tuple[QValidator.State, str, int]:
        if any(
            part.strip() and part.strip() in self._inside(text) for part in (self.prefix(), self.suffix())
        ):
            return QValidator.State.Invalid, text, position  # a key that was meant for what cannot be edited
        wrong = isinstance(self._read(text), SettingsError)
        return QValidator.State.Intermediate if wrong else QValidator.State.Acceptable, text, position

    def fixup(self, text: str) -> str:
        """Correct nothing (Qt would take 1,000 for 1000); say why the number from before comes back."""
        refusal = self._read(text)
        if isinstance(refusal, SettingsError):
            words = f"{refusal} It is still {self.textFromValue(self.value())}."
            # Once whoever takes the focus has it, for that hides such words.
            QTimer.singleShot(
                0, self, lambda: QToolTip.showText(self.mapToGlobal(self.rect().bottomLeft()), words)
            )
        return text

    def valueFromText(self, text: str) -> float:
        # Unchanged text stands for the value it was made from, which may have more digits.
        shown = self._inside(text) == self.textFromValue(self.value())
        found = self._read(text)
        return self.value() if shown or isinstance(found, SettingsError) else found

    def stepBy(self, steps: int) -> None:
        self.interpretText()  # the step is taken from what is seen
        super().stepBy(steps)

    def _inside(self, text: str) -> str:
        return text.removeprefix(self.prefix()).removesuffix(self.suffix()).strip()

    def _read(self, text: str) -> float | SettingsError:
        """The number that `text` is, or why it is refused."""
        inside = self._inside(text)
        least: float = self.minimum()
        most: float = self.maximum()
        if inside == self.specialValueText() != "":
            return least
        try:
            value: float = self.parse(inside)
        except SettingsError as error:
            return error
        if not least <= value <= most:
            limits = f"{self.textFromValue(least)} to {self.textFromValue(most)}"
            return SettingsError(f"'{inside}' is not in the range from {limits}.")
        return value

    def _mark(self) -> None:
        wrong = not self.hasAcceptableInput()
        if wrong != (self.property("role") == "bad"):
            set_role(self, "bad" if wrong else "")


class RealBox(_Typed, QDoubleSpinBox):
    """A number, written as short as it can be (0.0005, 1e-05) and kept as it is.

    step  what an arrow adds; None: it follows the number's size
    """

    def __init__(
        self, least: float, most: float, parent: QWidget | None = None, *, step: float | None = None
    ) -> None:
        super().__init__(parent)
        self._step = step
        self.setDecimals(DECIMALS)
        self._begin(least, most)
        inset(self)

    def textFromValue(self, value: float) -> str:
        return number_text(value)

    def stepBy(self, steps: int) -> None:
        self.interpretText()
        value = self.value()
        size = 10.0 ** (math.floor(math.log10(abs(value))) - 1) if value else FIRST_STEP
        self.setValue(float(number_text(value + steps * (self._step or size))))
        self.selectAll()


class WholeBox(_Typed, QSpinBox):  # type: ignore[misc]  # whole numbers where Qt's other has reals
    """A whole number."""

    parse: ClassVar = staticmethod(parse_whole)

    def __init__(self, least: int, most: int, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._begin(least, most)
        inset(self)

    def textFromValue(self, value: float) -> str:
        return str(value)

    def value(self) -> int:
        return QSpinBox.value(self)
