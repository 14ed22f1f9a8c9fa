"""What a training needs to know: architecture, recipe, the few numbers most people change, and the folder."""

from __future__ import annotations

import itertools
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QObject, QSize, Qt, Signal
from PySide6.QtWidgets import (
    QComboBox,
    QDialog,
    QFileDialog,
    QFrame,
    QGridLayout,
    QScrollArea,
    QSizePolicy,
    QWidget,
)

from cxr_gui.core.base.fields import describe_fields
from cxr_gui.core.base.files import exists
from cxr_gui.core.training import RECIPES, Recipe, RunFolder, TrainConfig
from cxr_gui.ui.training.changed_recipes import BESIDE, named_by_values
from cxr_gui.ui.training.recipe_editor import RecipeEditor
from cxr_gui.ui.training.settings import TrainingSettings
from cxr_gui.ui.training.wording import recipe_words
from cxr_gui.ui.widgets.asking import documents
from cxr_gui.ui.widgets.elided import ElidedLabel
from cxr_gui.ui.widgets.factories import ELLIPSIS, button, check_box, column, label, named, row
from cxr_gui.ui.widgets.field_form import calm_wheel, change_of, control_for, show_value, shown_value
from cxr_gui.ui.widgets.literal import sentence
from cxr_gui.ui.widgets.number_box import WholeBox
from cxr_gui.ui.widgets.theme import GRID, set_role

if TYPE_CHECKING:
    from cxr_gui.core.choices import Catalog

AUTOMATIC = "Automatic: "
PRETRAINABLE = int(Qt.ItemDataRole.UserRole) + 1


class RunForm(QFrame):
    """The form. `config()` is the training it describes, `folder` where the run goes."""

    changed = Signal()  # what is to be trained, or how
    folderChosen = Signal(Path)  # it may hold a run
    folderRenewed = Signal()  # to one nobody has used

    def __init__(self, settings: TrainingSettings, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        set_role(self, "card")
        self._settings = settings
        self._options: tuple[str, dict[str, object]] = ("", {})
        self._named_here = True
        self.folder = Path()

        self.architecture_box = QComboBox()
        tip = (
            "Downloads torchvision's weights when the training starts, unless they are here already; "
            "untick to start from random ones"
        )
        self.pretrained_check = check_box("Start from ImageNet weights", "pretrainedCheck", tip)
        self.recipe_box = QComboBox()
        for recipe in RECIPES.values():
            self.recipe_box.addItem(recipe.name, recipe)
        self.beside = {
            field.name: control_for(field) for field in describe_fields(Recipe) if field.name in BESIDE
        }
        self.seed_box = WholeBox(0, 2**31 - 1)
        self.device_box = QComboBox()
        self.folder_label = ElidedLabel()
        self._architecture_words, self._recipe_words, self.folder_words = (
            label(role="muted", wrap=True) for _ in range(3)
        )
        self._lay_out()

        self.architecture_box.currentIndexChanged.connect(self._take_architecture)
        self.pretrained_check.toggled.connect(self.changed)
        self.recipe_box.currentIndexChanged.connect(self._take_recipe)
        for control in (*self.beside.values(), self.seed_box):
            change_of(control).connect(self.changed)
        self.set_recipe(RECIPES.get(settings.recipe, RECIPES["paper"]))
        self.new_folder()

    # -- what it says ------------------------------------------------------------------------------------

    def config(self) -> TrainConfig:
        """The training the form describes. Raises SettingsError."""
        architecture = self.architecture_box.currentData()
        return TrainConfig(
            architecture=architecture,
            options=self._chosen_options(architecture),
            recipe=self.recipe(),
            seed=self.seed_box.value(),
            device=self.device_box.currentData() or "auto",
        )

    def recipe(self) -> Recipe:
        """The recipe in the box with the numbers beside it."""
        chosen: Recipe = self.recipe_box.currentData()
        return chosen.changed(**{name: shown_value(control) for name, control in self.beside.items()})

    def device_words(self) -> str:
        """What it is computed on."""
        return self.device_box.currentText().removeprefix(AUTOMATIC)

    # -- what it is told ---------------------------------------------------------------------------------

    def fill(self, catalog: Catalog) -> None:
        """Offer what can be chosen, and choose what was chosen before."""
        wanted = self.architecture_box.currentData() or self._settings.architecture
        self.architecture_box.clear()
        for choice in catalog.architectures:
            self.architecture_box.addItem(choice.title, choice.name)
            place = self.architecture_box.count() - 1
            self.architecture_box.setItemData(place, choice.summary, Qt.ItemDataRole.ToolTipRole)
            self.architecture_box.setItemData(place, choice.pretrainable, PRETRAINABLE)
        self.device_box.clear()
        for device in catalog.devices:
            title = f"{AUTOMATIC}{device.title}" if device.name == "auto" else device.title
            self.device_box.addItem(title, device.name)
        self.architecture_box.setCurrentIndex(max(self.architecture_box.findData(wanted), 0))
        self._take_architecture()

    def show_config(self, config: TrainConfig) -> None:
        """Describe this training, as far as this machine offers it."""
        self._options = (config.architecture, dict(config.options))
        self.pretrained_check.setChecked(bool(config.options.get("pretrained")))
        for box, value in ((self.architecture_box, config.architecture), (self.device_box, config.device)):
            place = box.findData(value)
            if place >= 0:
                box.setCurrentIndex(place)
        self.set_recipe(config.recipe)
        self.seed_box.setValue(config.seed)

    def set_recipe(self, recipe: Recipe) -> None:
        """Show a recipe: a known one with its numbers beside it, or an entry of its own for another."""
        recipe = named_by_values(recipe)
        place = self.recipe_box.findText(recipe.name)
        if place < 0:
            self.recipe_box.addItem(recipe.name, recipe)
            place = self.recipe_box.count() - 1
        elif recipe.name not in RECIPES:
            self.recipe_box.setItemData(place, recipe)
        self.recipe_box.setCurrentIndex(place)
        self._show_recipe(recipe)

    def set_folder(self, folder: Path) -> None:
        """The run goes into `folder`, or on from what it holds."""
        self._named_here = False
        self._show_folder(folder)
        self.folderChosen.emit(folder)

    def new_folder(self) -> None:
        """A folder nobody has used: among the runs, by date, time and architecture."""
        self._named_here = True
        self._name_folder()
        self.folderRenewed.emit()

    def date_folder(self) -> None:
        """Bring the date and time in the folder's name up to now, if the name was made here."""
        if self._named_here:
            self._name_folder()

    # -- inside ------------------------------------------------------------------------------------------

    def _chosen_options(self, architecture: str | None) -> dict[str, object]:
        """The options of a run that is shown, if it is of this architecture, and what is ticked here."""
        options = dict(self._options[1]) if architecture == self._options[0] else {}
        options.pop("pretrained", None)
        if self.architecture_box.currentData(PRETRAINABLE) and self.pretrained_check.isChecked():
            options["pretrained"] = True
        return options

    def _take_architecture(self) -> None:
        words = self.architecture_box.currentData(Qt.ItemDataRole.ToolTipRole)
        self._architecture_words.setText(sentence(words or "") or f"PyTorch is loading{ELLIPSIS}")
        self.pretrained_check.setVisible(bool(self.architecture_box.currentData(PRETRAINABLE)))
        if words is not None:
            self._settings.architecture = self.architecture_box.currentData()
        self.date_folder()
        self.changed.emit()

    def _take_recipe(self) -> None:
        recipe = self.recipe_box.currentData()
        self._show_recipe(recipe)
        if recipe.name in RECIPES:
            self._settings.recipe = recipe.name

    def _show_recipe(self, recipe: Recipe) -> None:
        self._recipe_words.setText(recipe_words(recipe))
        for name, control in self.beside.items():
            show_value(control, getattr(recipe, name))
        self.changed.emit()

    def _edit_recipe(self) -> None:
        editor = RecipeEditor(self.recipe(), self.recipe_box.currentData(), self)
        if editor.exec() == QDialog.DialogCode.Accepted:
            self.set_recipe(editor.recipe)

    def _runs_folder(self) -> Path:
        return Path(self._settings.runs_folder or documents() / "runs")

    def _name_folder(self) -> None:
        architecture = self.architecture_box.currentData() or self._settings.architecture
        name = f"{datetime.now().astimezone():%Y-%m-%d-%H%M%S}-{architecture}"
        names = itertools.chain([name], (f"{name}-{number}" for number in itertools.count(2)))
        folders = (self._runs_folder() / name for name in names)
        self._show_folder(next(folder for folder in folders if not exists(folder)))

    def _show_folder(self, folder: Path) -> None:
        self.folder = folder
        self.folder_label.setText(str(folder))

    def _ask_folder(self) -> None:
        chosen = QFileDialog.getExistingDirectory(
            self, "A folder for runs, or a run to go on with", str(self._runs_folder())
        )
        if chosen:
            self.choose_folder(Path(chosen))

    def choose_folder(self, folder: Path) -> None:
        """A run's folder is that run's; an empty one is for this run; in any other one, runs get folders."""
        if RunFolder(folder).config.is_file() or next(folder.iterdir(), None) is None:
            self.set_folder(folder)
        else:
            self._settings.runs_folder = str(folder)
            self.new_folder()

    def _lay_out(self) -> None:
        grid = QGridLayout(self)
        grid.setContentsMargins(2 * GRID, 2 * GRID, 2 * GRID, 2 * GRID)
        grid.setHorizontalSpacing(2 * GRID)
        grid.setVerticalSpacing(GRID)
        grid.setColumnStretch(1, 1)

        def add(title: str, control: QWidget, name: str, meaning: str) -> None:
            named(control, name, title, meaning)
            calm_wheel(control)
            place = grid.rowCount()
            grid.addWidget(label(title, tip=meaning, buddy=control), place, 0)
            grid.addWidget(control, place, 1)

        def wide(widget: QWidget) -> None:
            grid.addWidget(widget, grid.rowCount(), 0, 1, 2)

        add("Architecture", self.architecture_box, "architectureBox", "The kind of network that is trained")
        wide(self._architecture_words)
        grid.addWidget(self.pretrained_check, grid.rowCount(), 1)
        add("Recipe", self.recipe_box, "recipeBox", "How it is trained")
        wide(self._recipe_words)
        settings = button(
            f"All settings{ELLIPSIS}",
            "recipeSettingsButton",
            "Every setting of the recipe: read, change, save, load",
        )
        settings.clicked.connect(self._edit_recipe)
        grid.addWidget(settings, grid.rowCount(), 1)
        for name, control in self.beside.items():
            add(control.accessibleName(), control, f"{_camel(name)}Box", control.toolTip())
        add("Seed", self.seed_box, "seedBox", "All that is random follows from it")
        add("Device", self.device_box, "deviceBox", "Where it is computed")
        add("Run folder", self.folder_label, "runFolderLabel", "")
        self.folder_label.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        choose = button(
            f"Choose{ELLIPSIS}",
            "runFolderButton",
            "A folder for runs, or an interrupted run to resume",
            words="Choose the run folder",
        )
        choose.clicked.connect(self._ask_folder)
        new = button("New folder", "newRunButton", "A new folder, named by date, time and architecture")
        new.clicked.connect(self.new_folder)
        grid.addLayout(row((choose, 1), (new, 1)), grid.rowCount(), 1)
        wide(self.folder_words)


class FormScroll(QScrollArea):
    """As high as the form where there is room; scrolls it where there is not."""

    def __init__(self, settings: TrainingSettings, parent: QWidget | None = None) -> None:
        super().__init__(parent, widgetResizable=True)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Maximum)
        set_role(self, "plain")
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)  # its fields have it, and are scrolled to
        inside = QWidget(self)
        self.setWidget(inside)
        self.form = RunForm(settings, inside)
        self.form.installEventFilter(self)
        column(self.form, ..., on=inside)

    def sizeHint(self) -> QSize:
        return QSize(self.form.sizeHint().width(), self.form.heightForWidth(self.width()))

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.LayoutRequest:
            self.updateGeometry()
        return super().eventFilter(watched, event)


def _camel(name: str) -> str:
    """batch_size -> batchSize"""
    return name[0] + name.title().replace("_", "")[1:]
