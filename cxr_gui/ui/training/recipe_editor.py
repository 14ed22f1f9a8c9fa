"""Every setting of a recipe, to read, change, save and load."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QDialog,
    QDialogButtonBox,
    QHBoxLayout,
    QWidget,
)

from cxr_gui.core.base.errors import SettingsError, WorkbenchError
from cxr_gui.core.base.fields import describe_fields
from cxr_gui.core.training import Recipe, load_recipe, save_recipe
from cxr_gui.ui.training.changed_recipes import named_by_values
from cxr_gui.ui.widgets.asking import ask_file, ask_save
from cxr_gui.ui.widgets.factories import ELLIPSIS, button, column, label, named, row, scroll
from cxr_gui.ui.widgets.field_form import FieldForm
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
        named(self, "recipeEditor")
        self.setWindowTitle("All settings of the recipe")
        self.recipe, self._own = recipe, own
        self._trouble = label("", "recipeTrouble", "bad", wrap=True)
        self._trouble.hide()

        inside = QWidget()
        self.form = FieldForm("Setting", inside, headings=HEADINGS, explained=True)
        set_role(self.form, "card")
        self.form.grid.setContentsMargins(2 * GRID, 2 * GRID, 2 * GRID, 2 * GRID)
        self.form.show_fields(describe_fields(Recipe))
        column(self.form, on=inside)
        settings = scroll(inside)
        settings.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAsNeeded)
        parts = ((settings, 1), self._trouble, self._buttons())
        column(*parts, gap=2 * GRID, around=(2 * GRID,) * 4, on=self)
        self.resize(104 * GRID, 88 * GRID)
        self.show_recipe(recipe)

    def show_recipe(self, recipe: Recipe) -> None:
        """Fill the form with a recipe's values."""
        self._trouble.hide()
        self.form.show_values(recipe.to_dict())

    def edited(self) -> Recipe:
        """The recipe in the form. Raises SettingsError."""
        return named_by_values(self.recipe.changed(**self.form.values()))

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

    def _buttons(self) -> QHBoxLayout:
        buttons = row()
        for text, name, tip, act in (
            ("Reset", "recipeResetButton", f"Back to the values of '{self._own.name}'", self._reset),
            (f"Load{ELLIPSIS}", "recipeLoadButton", "Read a .toml or .json file", self._ask_load),
            (f"Save{ELLIPSIS}", "recipeSaveButton", "Write a .toml or .json file", self._ask_save),
        ):
            made = button(text, name, tip)
            made.setAutoDefault(False)
            made.clicked.connect(act)
            buttons.addWidget(made)
        box = QDialogButtonBox(QDialogButtonBox.StandardButton.Ok | QDialogButtonBox.StandardButton.Cancel)
        use = box.button(QDialogButtonBox.StandardButton.Ok)
        use.setText("Use these settings")
        set_role(use, "primary")
        box.accepted.connect(self.accept)
        box.rejected.connect(self.reject)
        buttons.addStretch()
        buttons.addWidget(box)
        return buttons

    def _reset(self) -> None:
        self.show_recipe(self._own)

    def _ask_load(self) -> None:
        path = ask_file(self, "recipe", "Load a recipe", FILES)
        if path is not None:
            self.load_from(path)

    def _ask_save(self) -> None:
        path, _ = ask_save(self, "recipe", "Save the recipe", "recipe.toml", FILES)
        if path is not None:
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
