"""Which mouse button does what in the views, and the dialog to change it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import permutations
from typing import TYPE_CHECKING

from PySide6.QtCore import QSignalBlocker, Qt
from PySide6.QtWidgets import QComboBox, QDialog, QDialogButtonBox, QFormLayout, QWidget

from cxr_gui.ui.widgets.factories import DIALOG, box, column, fill, label, named
from cxr_gui.ui.widgets.settings import Setting, Settings
from cxr_gui.ui.widgets.theme import GRID

if TYPE_CHECKING:
    from cxr_gui.ui.attack.viewer.look import Look

ACTIONS = {"window": "Window and level", "pan": "Pan", "zoom": "Zoom"}
BUTTONS = {"left": Qt.MouseButton.LeftButton, "middle": Qt.MouseButton.MiddleButton,
           "right": Qt.MouseButton.RightButton}  # fmt: skip
USUAL = "window pan zoom"


@dataclass(frozen=True)
class Bindings:
    """What a drag with each button does; each of `ACTIONS` has one button."""

    left: str = "window"
    middle: str = "pan"
    right: str = "zoom"

    @classmethod
    def parse(cls, text: str) -> Bindings:
        """From what `str` gives."""
        return cls(*text.split())

    def __str__(self) -> str:
        return f"{self.left} {self.middle} {self.right}"

    def action(self, button: Qt.MouseButton) -> str | None:
        """The action of a button; None for one that has none."""
        return next((getattr(self, name) for name, each in BUTTONS.items() if each == button), None)

    def button_of(self, action: str) -> str:
        """The name of the button that has an action."""
        return next(name for name in BUTTONS if getattr(self, name) == action)

    def swapped(self, button: str, action: str) -> Bindings:
        """With `action` on the button called `button`, whose own action goes where that one was."""
        return replace(self, **{self.button_of(action): getattr(self, button), button: action})


class ViewerSettings(Settings):
    """What the views remember."""

    mouse = Setting("attack/mouse", USUAL, tuple(map(" ".join, permutations(ACTIONS))))


class MouseDialog(QDialog):
    """One choice a button; two buttons never do the same, so choosing swaps. Changes count at once."""

    def __init__(self, look: Look, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._look = look
        named(self, "mouseDialog")
        self.setWindowTitle("Mouse buttons")
        self.boxes = {name: self._choice(name) for name in BUTTONS}
        form = QFormLayout()
        form.setHorizontalSpacing(GRID * 2)
        for name, choice in self.boxes.items():
            title = label(f"{name.capitalize()} drag", buddy=choice, parent=self)
            title.setFixedHeight(choice.sizeHint().height())
            form.addRow(title, choice)
        words = (
            "No two buttons do the same: choosing an action swaps the two.\n"
            "Shift+drag always pans, Ctrl+drag always measures, the wheel always zooms."
        )
        standard = QDialogButtonBox.StandardButton
        buttons = QDialogButtonBox(standard.RestoreDefaults | standard.Close)
        buttons.rejected.connect(self.reject)
        usual = buttons.button(standard.RestoreDefaults)
        named(usual, "usualMouseButton", tip="Left: window and level, middle: pan, right: zoom")
        usual.clicked.connect(lambda: look.set_bindings(Bindings()))
        column(form, label(words, role="muted", parent=self), buttons, gap=GRID * 2, around=DIALOG, on=self)
        look.bindingsChanged.connect(self._follow)
        self._follow()

    def _choice(self, name: str) -> QComboBox:
        tip = f"What dragging with the {name} mouse button does in the views"
        choice = box(f"{name}MouseBox", f"{name.capitalize()} mouse button", tip, parent=self)
        fill(choice, ((title, action) for action, title in ACTIONS.items()))
        choice.currentIndexChanged.connect(
            lambda: self._look.set_bindings(self._look.bindings.swapped(name, choice.currentData()))
        )
        return choice

    def _follow(self) -> None:
        for name, choice in self.boxes.items():
            with QSignalBlocker(choice):
                choice.setCurrentIndex(choice.findData(getattr(self._look.bindings, name)))
