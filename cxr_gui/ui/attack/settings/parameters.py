"""Controls for an attack's parameters, built from what the attack says about them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QCheckBox, QComboBox, QFormLayout, QLabel, QWidget

from cxr_gui.ui.widgets.number_box import RealBox, WholeBox

if TYPE_CHECKING:
    from cxr_gui.core.attacks import ParameterDescription

Control = WholeBox | RealBox | QCheckBox | QComboBox


class ParameterForm(QWidget):
    """One control a parameter. `parametersChanged` comes when a person changed one."""

    parametersChanged = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.controls: dict[str, Control] = {}
        self._form = QFormLayout(self)
        self._form.setContentsMargins(0, 0, 0, 0)
        self._form.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.AllNonFixedFieldsGrow)

    def show_parameters(self, descriptions: Sequence[ParameterDescription]) -> None:
        """Replace the controls by those of another attack, at its defaults."""
        while self._form.rowCount():
            self._form.removeRow(0)
        self.controls = {}
        for description in descriptions:
            control = self._control(description)
            control.setObjectName(f"{description.name}Parameter")
            control.setToolTip(description.meaning)
            control.setAccessibleName(description.meaning)
            self.controls[description.name] = control
            title = description.name.replace("_", " ").capitalize()
            if isinstance(control, QCheckBox):
                control.setText(title)
                self._form.addRow(control)
            else:
                name = QLabel(title, self)
                name.setFixedHeight(control.sizeHint().height())
                self._form.addRow(name, control)
        self.setVisible(bool(descriptions))

    def values(self) -> dict[str, object]:
        """The parameters by name, ready for `create_attack`."""
        return {name: _value(control) for name, control in self.controls.items()}

    def _control(self, description: ParameterDescription) -> Control:
        control: Control
        if description.kind == "switch":
            control = QCheckBox(self)
            control.setChecked(description.default)
            control.toggled.connect(self.parametersChanged)
        elif description.kind == "choice":
            control = QComboBox(self)
            control.addItems(description.choices)
            control.setCurrentText(description.default)
            control.currentIndexChanged.connect(self.parametersChanged)
        else:
            control = self._number(description)
        return control

    def _number(self, description: ParameterDescription) -> WholeBox | RealBox:
        least = 0 if description.minimum is None else description.minimum
        most = 2**31 - 1 if description.maximum is None else description.maximum
        whole = description.kind == "integer"
        control = WholeBox(int(least), int(most), self) if whole else RealBox(least, most, self, step=0.01)
        control.setValue(description.default)
        control.valueChanged.connect(self.parametersChanged)
        return control


def _value(control: Control) -> object:
    if isinstance(control, QCheckBox):
        return control.isChecked()
    if isinstance(control, QComboBox):
        return control.currentText()
    return control.value()
