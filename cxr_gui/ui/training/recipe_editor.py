"""Every setting of a recipe, to read, change, save and load."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import fields
from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QDialog,
    QDialogButtonBox,
    QFileDialog,
    QFrame,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

from cxr_gui.core.base.errors import SettingsError, WorkbenchError
from cxr_gui.core.training import Recipe, load_recipe, save_recipe
from cxr_gui.ui.training.fields import ELLIPSIS, Control, calm_wheel, control_for, named, show_value, value_of
from cxr_gui.ui.training.ours import honest
from cxr_gui.ui.training.wording import sentence
from cxr_gui.ui.widgets.literal import PlainLabel, literal
from cxr_gui.ui.widgets.theme import GRID, set_role

FILES = "Recipes (*.toml *.json)"

HEADINGS = {
    "name": "Recipe",
    "epochs": "Optimisation",
    "flip": "Augmentation of the training images",
    "validation": "Validation, and what is kept",
    "adversary": "Robust training",
}
"""What is written above a field that begins a group."""


class RecipeEditor(QDialog):
    """A form with one control for each field of the recipe; its `recipe` is what was accepted last.

    recipe  what is shown first        own  the values that Reset goes back to
    """

    def __init__(self, recipe: Recipe, own: Recipe, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("recipeEditor")
        self.setWindowTitle("All settings of the recipe")
        self.recipe, self._own = recipe, own
        self.controls: dict[str, Control] = {}
        self._trouble = named(PlainLabel(wordWrap=True), "recipeTrouble")
        set_role(self._trouble, "bad")
        self._trouble.hide()

        card = QFrame()
        set_role(card, "card")
        self._fill(QGridLayout(card))
        inside = QWidget()
        around = QVBoxLayout(inside)
        around.setContentsMargins(0, 0, 0, 0)
        around.addWidget(card)
        scroll = QScrollArea(widgetResizable=True)
        set_role(scroll, "plain")
        scroll.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        scroll.setWidget(inside)

        layout = QVBoxLayout(self)
        layout.setContentsMargins(2 * GRID, 2 * GRID, 2 * GRID, 2 * GRID)
        layout.setSpacing(2 * GRID)
        layout.addWidget(scroll, 1)
        layout.addWidget(self._trouble)
        layout.addLayout(self._buttons())
        self.resize(104 * GRID, 88 * GRID)
        self.show_recipe(recipe)

    def show_recipe(self, recipe: Recipe) -> None:
        """Fill the form with a recipe's values."""
        self._trouble.hide()
        for name, control in self.controls.items():
            show_value(control, getattr(recipe, name))

    def edited(self) -> Recipe:
        """The recipe in the form. Raises SettingsError."""
        return honest(self.recipe.changed(**{name: value_of(box) for name, box in self.controls.items()}))

    def load_from(self, path: str | Path) -> None:
        """Show the recipe in a .toml or .json file."""
        self._attempt(lambda: self.show_recipe(load_recipe(path)))

    def save_to(self, path: str | Path) -> None:
        """Write what is in the form to a .toml or .json file."""
        self._attempt(lambda: save_recipe(self.edited(), path))

    def accept(self) -> None:
        try:
            self.recipe = self.edited()
        except SettingsError as error:
            self._say(error)
        else:
            super().accept()

    def _fill(self, grid: QGridLayout) -> None:
        """A row a field: its name with the unit, its control, and what it means."""
        grid.setContentsMargins(2 * GRID, 2 * GRID, 2 * GRID, 2 * GRID)
        grid.setHorizontalSpacing(2 * GRID)
        grid.setVerticalSpacing(GRID)
        grid.setColumnStretch(2, 1)
        grid.setColumnMinimumWidth(1, 26 * GRID)
        for entry in fields(Recipe):
            if entry.name in HEADINGS:
                heading = QLabel(HEADINGS[entry.name])
                set_role(heading, "heading")
                heading.setContentsMargins(0, GRID if self.controls else 0, 0, 0)
                grid.addWidget(heading, grid.rowCount(), 0, 1, 3)
            meaning = entry.metadata["meaning"]
            title = QLabel(_title(entry.name, entry.metadata["unit"]))
            control = self.controls[entry.name] = control_for(entry)
            named(control, f"{entry.name}Setting", title.text())
            control.setToolTip(sentence(meaning))
            calm_wheel(control)
            title.setBuddy(control)
            words = QLabel(sentence(meaning), wordWrap=True)
            set_role(words, "muted")
            row = grid.rowCount()
            grid.addWidget(title, row, 0, Qt.AlignmentFlag.AlignVCenter)
            grid.addWidget(control, row, 1, 1, 2 if entry.name == "summary" else 1)
            if entry.name != "summary":
                grid.addWidget(words, row, 2, Qt.AlignmentFlag.AlignVCenter)

    def _buttons(self) -> QHBoxLayout:
        row = QHBoxLayout()
        row.setSpacing(GRID)
        for text, name, tip, act in (
            ("Reset", "recipeResetButton", f"Back to the values of '{self._own.name}'", self._reset),
            (f"Load{ELLIPSIS}", "recipeLoadButton", "Read a .toml or .json file", self._ask_load),
            (f"Save{ELLIPSIS}", "recipeSaveButton", "Write a .toml or .json file", self._ask_save),
        ):
            button = named(QPushButton(text, autoDefault=False), name, text.removesuffix(ELLIPSIS))
            button.setToolTip(literal(tip))
            button.clicked.connect(act)
            row.addWidget(button)
        box = QDialogButtonBox(QDialogButtonBox.StandardButton.Ok | QDialogButtonBox.StandardButton.Cancel)
        use = box.button(QDialogButtonBox.StandardButton.Ok)
        use.setText("Use these settings")
        set_role(use, "primary")
        box.accepted.connect(self.accept)
        box.rejected.connect(self.reject)
        row.addStretch()
        row.addWidget(box)
        return row

    def _reset(self) -> None:
        self.show_recipe(self._own)

    def _ask_load(self) -> None:
        path, _ = QFileDialog.getOpenFileName(self, "Load a recipe", "", FILES)
        if path:
            self.load_from(path)

    def _ask_save(self) -> None:
        path, _ = QFileDialog.getSaveFileName(self, "Save the recipe", "recipe.toml", FILES)
        if path:
            self.save_to(path)

    def _attempt(self, act: Callable[[], object]) -> None:
        self._trouble.hide()
        try:
            act()
        except WorkbenchError as error:
            self._say(error)

    def _say(self, error: WorkbenchError) -> None:
        self._trouble.setText(str(error))
        self._trouble.show()


def _title(name: str, unit: str) -> str:
    return name.replace("_", " ").capitalize() + (f" ({unit})" if unit else "")
