"""Controls for described fields, each built from what its description says."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from PySide6.QtCore import QEvent, QObject, Qt, Signal, SignalInstance
from PySide6.QtWidgets import (
    QAbstractSpinBox,
    QCheckBox,
    QComboBox,
    QFrame,
    QGridLayout,
    QLineEdit,
    QToolButton,
    QWidget,
)

from cxr_gui.core.base.fields import FieldDescription
from cxr_gui.ui.widgets.factories import label, named, row
from cxr_gui.ui.widgets.literal import sentence
from cxr_gui.ui.widgets.number_box import RealBox, WholeBox
from cxr_gui.ui.widgets.theme import GRID

ADVANCED = "Advanced"

Control = QCheckBox | QComboBox | WholeBox | RealBox | QLineEdit


class FieldForm(QFrame):
    """A row a field: its title, its control, and where the form is `explained` what it means.

    suffix    follows a field's name in the object name of its control
    headings  what is written above the field of that name
    compact   switches share rows, and `unfold` is laid out by whoever has the form
    grid      the layout, for whoever wants margins around it
    Advanced fields are folded away below the others. `changed` comes when a value changed.
    """

    changed = Signal()

    def __init__(
        self,
        suffix: str,
        parent: QWidget | None = None,
        headings: Mapping[str, str] | None = None,
        *,
        explained: bool = False,
        compact: bool = False,
    ) -> None:
        super().__init__(parent)
        self.controls: dict[str, Control] = {}
        self._suffix, self._headings = suffix, headings or {}
        self._explained, self._compact = explained, compact
        self._folded: list[QWidget] = []
        self.unfold = self._button()
        self.grid = QGridLayout(self)
        self.grid.setContentsMargins(0, 0, 0, 0)
        self.grid.setHorizontalSpacing(2 * GRID if explained else GRID)
        self.grid.setVerticalSpacing(GRID // 2 if compact else GRID)
        self.grid.setColumnStretch(2 if explained else 1, 1)
        self.grid.setColumnMinimumWidth(1, 26 * GRID if explained else 0)

    def show_fields(self, fields: Iterable[FieldDescription]) -> None:
        """Replace the controls by those of other fields, at their defaults."""
        while (item := self.grid.takeAt(0)) is not None:
            if (part := item.widget()) is not None and part is not self.unfold:
                part.setParent(None)  # or it would still be found by its name
                part.deleteLater()
        self.controls, self._folded = {}, []
        fields = list(fields)
        self._add_all(field for field in fields if not field.advanced)
        folded = [field for field in fields if field.advanced]
        self.unfold.setVisible(bool(folded))
        if folded and not self._compact:
            self.grid.addWidget(self.unfold, self._next_row(), 0, 1, 2)
        self._folded = self._add_all(folded)
        self._show_folded(self.unfold.isChecked())
        self.setVisible(bool(self.controls))

    def values(self) -> dict[str, Any]:
        """The fields' values by name, in their types."""
        return {name: shown_value(control) for name, control in self.controls.items()}

    def show_values(self, values: Mapping[str, Any]) -> None:
        """Put a value into the control of each field."""
        for name, control in self.controls.items():
            show_value(control, values[name])

    def _add_all(self, fields: Iterable[FieldDescription]) -> list[QWidget]:
        """The widgets of the fields' rows; a compact form has its switches last, two a row."""
        parts: list[QWidget] = []
        switches: list[QWidget] = []
        for field in fields:
            if self._compact and field.kind == "switch":
                switches.append(self._control(field))
            else:
                parts += self._add(field)
        if switches:
            shared = QWidget(self)
            row(*switches, ..., on=shared)
            self.grid.addWidget(shared, self._next_row(), 0, 1, 2)
            parts.append(shared)
        return parts

    def _control(self, field: FieldDescription) -> Control:
        control = self.controls[field.name] = control_for(field)
        named(control, f"{field.name}{self._suffix}")
        change_of(control).connect(self.changed)
        if self._compact and isinstance(control, QCheckBox):
            control.setText(field.title)
        return control

    def _add(self, field: FieldDescription) -> list[QWidget]:
        """The widgets of the field's row."""
        if field.name in self._headings:
            heading = label(self._headings[field.name], role="heading")
            heading.setContentsMargins(0, GRID if self.controls else 0, 0, 0)
            self.grid.addWidget(heading, self._next_row(), 0, 1, 3)
        control = self._control(field)
        title = label(field.title, tip=control.toolTip(), buddy=control)
        parts: list[QWidget] = [title, control]
        if self._explained and field.kind != "text":
            parts.append(label(control.toolTip(), role="muted", wrap=True))
        place = self._next_row()
        for column, part in enumerate(parts):
            columns = 2 if isinstance(part, QLineEdit) else 1
            self.grid.addWidget(part, place, column, 1, columns, Qt.AlignmentFlag.AlignVCenter)
        return parts

    def _button(self) -> QToolButton:
        """It shows and hides the fields that most people leave as they are."""
        unfold = named(QToolButton(self), "advancedButton", ADVANCED, "What most people leave as it is")
        unfold.setText("" if self._compact else ADVANCED)
        unfold.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        unfold.setAutoRaise(True)
        unfold.setCheckable(True)
        unfold.toggled.connect(self._show_folded)
        unfold.hide()
        return unfold

    def _show_folded(self, shown: bool) -> None:
        self.unfold.setArrowType(Qt.ArrowType.DownArrow if shown else Qt.ArrowType.RightArrow)
        for part in self._folded:
            part.setVisible(shown)

    def _next_row(self) -> int:
        return self.grid.rowCount() if self.grid.count() else 0


def control_for(field: FieldDescription) -> Control:
    """A control, at the field's default, that gives only values the field accepts."""
    control: Control
    match field.kind:
        case "switch":
            control = QCheckBox()
        case "choice":
            control = QComboBox()
            control.addItems(field.choices)
        case "text":
            control = QLineEdit()
        case "integer":
            control = WholeBox(int(field.minimum), int(field.maximum))
        case _:
            control = RealBox(field.minimum, field.maximum)
    if isinstance(control, QAbstractSpinBox) and field.minimum == 0:
        control.setSpecialValueText(field.zero.partition(" (")[0])
    show_value(control, field.default)
    control.setToolTip(sentence(field.meaning))
    control.setAccessibleName(field.title)
    calm_wheel(control)
    return control


def shown_value(control: Control) -> Any:
    """The value in a control, in its field's type: of the property that Qt calls the user's."""
    return control.metaObject().userProperty().read(control)


def show_value(control: Control, value: Any) -> None:
    """Put a field's value into its control."""
    control.metaObject().userProperty().write(control, value)
    if isinstance(control, QLineEdit):
        control.setCursorPosition(0)


def change_of(control: Control) -> SignalInstance:
    """The control's signal of a changed value."""
    name = bytes(control.metaObject().userProperty().notifySignal().name().data()).decode()
    signal: SignalInstance = getattr(control, name)
    return signal


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
