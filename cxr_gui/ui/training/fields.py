"""One control for each kind of value a recipe's field can have."""

from __future__ import annotations

from dataclasses import Field
from typing import Any, TypeVar

from PySide6.QtCore import QEvent, QObject, Qt
from PySide6.QtWidgets import QCheckBox, QComboBox, QLineEdit, QWidget

from cxr_gui.ui.widgets.number_box import RealBox, WholeBox

Control = QCheckBox | QComboBox | WholeBox | RealBox | QLineEdit
W = TypeVar("W", bound=QWidget)

ELLIPSIS = "\N{HORIZONTAL ELLIPSIS}"


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
        return WholeBox(int(limits["minimum"]), int(limits["maximum"]))
    return RealBox(limits["minimum"], limits["maximum"])


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
