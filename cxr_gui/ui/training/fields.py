"""One control for each kind of value a recipe's field can have."""

from __future__ import annotations

import math
from dataclasses import Field
from typing import Any, TypeVar

from PySide6.QtCore import QEvent, QObject, Qt
from PySide6.QtGui import QValidator
from PySide6.QtWidgets import QCheckBox, QComboBox, QDoubleSpinBox, QLineEdit, QSpinBox, QWidget

from cxr_gui.ui.theme import inset

Control = QCheckBox | QComboBox | QSpinBox | QDoubleSpinBox | QLineEdit
W = TypeVar("W", bound=QWidget)

ELLIPSIS = "\N{HORIZONTAL ELLIPSIS}"
DIGITS = 12
DECIMALS = 40  # Qt rounds what it keeps to these; 1e-9 must come back to its last digit
FIRST_STEP = 0.01
WRITTEN_WITH = frozenset("0123456789.e+-")


class RealBox(QDoubleSpinBox):
    """A number, written as short as it can be (0.0005, 1e-05) and kept as it is; steps follow its size."""

    def __init__(self, least: float, most: float, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setDecimals(DECIMALS)
        self.setRange(least, most)
        self.setKeyboardTracking(False)
        inset(self)

    def textFromValue(self, value: float) -> str:
        return f"{value:.{DIGITS}g}"

    def valueFromText(self, text: str) -> float:
        # Unchanged text stands for the value it was made from, which may have more digits.
        return self.value() if text == self.textFromValue(self.value()) else float(text)

    def validate(self, text: str, position: int) -> tuple[QValidator.State, str, int]:
        if not set(text.lower()) <= WRITTEN_WITH:
            return QValidator.State.Invalid, text, position
        try:
            fits = self.minimum() <= float(text) <= self.maximum()
        except ValueError:  # the beginning of a number
            fits = False
        return QValidator.State.Acceptable if fits else QValidator.State.Intermediate, text, position

    def stepBy(self, steps: int) -> None:
        value = self.value()
        step = 10.0 ** (math.floor(math.log10(abs(value))) - 1) if value else FIRST_STEP
        self.setValue(float(f"{value + steps * step:.{DIGITS}g}"))


def control_for(entry: Field[Any]) -> Control:
    """A control that gives only values a recipe's field accepts."""
    limits, default = entry.metadata, entry.default
    if isinstance(default, bool):
        return QCheckBox()
    if limits["choices"]:
        box = QComboBox()
        box.addItems(limits["choices"])
        return box
    if isinstance(default, str):
        return QLineEdit()
    if isinstance(default, int):
        return whole_box(int(limits["minimum"]), int(limits["maximum"]))
    return RealBox(limits["minimum"], limits["maximum"])


def whole_box(least: int, most: int) -> QSpinBox:
    """A control for whole numbers."""
    box = QSpinBox()
    box.setRange(least, most)
    box.setKeyboardTracking(False)
    inset(box)
    return box


def show_value(control: Control, value: Any) -> None:
    """Put a field's value into its control."""
    if isinstance(control, QCheckBox):
        control.setChecked(value)
    elif isinstance(control, QComboBox):
        control.setCurrentText(value)
    elif isinstance(control, QLineEdit):
        control.setText(value)
        control.setCursorPosition(0)
    else:
        control.setValue(value)


def value_of(control: Control) -> object:
    """The value in a control, in its field's type."""
    if isinstance(control, QCheckBox):
        return control.isChecked()
    if isinstance(control, QComboBox):
        return control.currentText()
    if isinstance(control, QLineEdit):
        return control.text()
    return control.value()


def named(widget: W, name: str, words: str = "") -> W:
    """`widget`, found under `name` by programs and under `words` by those who do not see it."""
    widget.setObjectName(name)
    widget.setAccessibleName(words)
    return widget


def calm_wheel(control: QWidget) -> None:
    """Let the wheel scroll the form past a control that is not focused, and not change its value."""
    control.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
    control.installEventFilter(_CalmWheel(control))


class _CalmWheel(QObject):
    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.Wheel and isinstance(watched, QWidget) and not watched.hasFocus():
            event.ignore()
            return True
        return False
