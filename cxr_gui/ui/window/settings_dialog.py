"""What can be set once for all: look, unit of epsilons, mouse, where downloads go, what is remembered."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QDialog, QDialogButtonBox, QFormLayout

from cxr_gui.ui.attack import MouseDialog
from cxr_gui.ui.widgets.asking import ask_folder
from cxr_gui.ui.widgets.elided import ElidedLabel
from cxr_gui.ui.widgets.epsilon_unit import UNITS, epsilons
from cxr_gui.ui.widgets.factories import DIALOG, ELLIPSIS, box, button, column, fill, label, named, row
from cxr_gui.ui.widgets.settings import RECENT
from cxr_gui.ui.widgets.theme import GRID, MODES, theme

if TYPE_CHECKING:
    from cxr_gui.ui.window.main_window import MainWindow

NO_FOLDER = "Not chosen yet"
UNIT_TIP = "How the window shows epsilons, and how they are typed. Files and reports keep to model units"
NOTE = (
    "Changes count at once. Numbers are shown with a decimal point in every language, as in tables and "
    "reports; type them with a point or a comma."
)


class SettingsDialog(QDialog):
    """One row a setting; each says what it does and does it at once."""

    def __init__(self, window: MainWindow) -> None:
        super().__init__(window)
        self._window, self._settings = window, window.settings
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        named(self, "settingsDialog", "Settings")
        self.setWindowTitle("Settings")
        self.theme_box = box("themeBox", "Theme", "Light, dark, or as the system has it")
        fill(self.theme_box, ((mode.capitalize(), mode) for mode in MODES))
        self.theme_box.setCurrentIndex(self.theme_box.findData(theme().mode))
        self.theme_box.currentIndexChanged.connect(lambda: window.set_theme(self.theme_box.currentData()))
        self.unit_box = box("epsilonUnitBox", "Epsilons in", UNIT_TIP)
        fill(self.unit_box, ((words, unit) for unit, words in UNITS.items()))
        self.unit_box.setCurrentIndex(self.unit_box.findData(epsilons().unit))
        self.unit_box.currentIndexChanged.connect(
            lambda: window.set_epsilon_unit(self.unit_box.currentData())
        )
        mouse = button(f"Choose{ELLIPSIS}", "mouseSettingsButton", words="Choose the mouse buttons")
        mouse.clicked.connect(lambda: MouseDialog(window.attack_tab.views.look, self).open())
        self.folder = named(ElidedLabel(self._settings.download_folder or NO_FOLDER), "downloadPlace")
        choose = button(f"Choose{ELLIPSIS}", "downloadPlaceButton", words="Choose the folder for downloads")
        choose.clicked.connect(self._choose_folder)
        self.forget = button("Forget", "forgetButton", words="Forget what was opened lately")
        self.forget.clicked.connect(self._forget)
        self.hints = button("Show again", "hintsButton", words="Show the hints of the first study again")
        self.hints.clicked.connect(self._show_hints)
        rows = QFormLayout()
        rows.setHorizontalSpacing(GRID * 3)
        rows.setVerticalSpacing(GRID)
        rows.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.AllNonFixedFieldsGrow)
        for words, control in (
            ("Theme", row(self.theme_box, ...)),
            ("Epsilons in", row(self.unit_box, ...)),
            ("Mouse buttons in the views", row(mouse, ...)),
            ("Folder for downloads", row((self.folder, 1), choose)),
            ("Folders and files opened lately", row(self.forget, ...)),
            ("Hints of the first study", row(self.hints, ...)),
        ):
            title = label(words, role="muted")
            title.setFixedHeight(choose.sizeHint().height())
            rows.addRow(title, control)
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close)
        buttons.rejected.connect(self.reject)
        note = label(NOTE, role="muted", wrap=True)
        column(rows, note, buttons, gap=GRID * 2, around=DIALOG, on=self)
        self.setMinimumWidth(64 * GRID)
        self._refresh()

    def _choose_folder(self) -> None:
        folder = ask_folder(self, "download", "Download into", self._settings.download_folder)
        if folder is not None:
            self._settings.download_folder = str(folder)
            self.folder.setText(str(folder))

    def _forget(self) -> None:
        for which in RECENT:
            setattr(self._settings, which, [])
        self._refresh()

    def _show_hints(self) -> None:
        self._settings.hints_done = 0
        self._window.show_hints()
        self._refresh()

    def _refresh(self) -> None:
        recent = any(getattr(self._settings, which) for which in RECENT)
        self.forget.setEnabled(recent)
        self.forget.setToolTip("Empty the lists of the File menu" if recent else "Nothing is remembered")
        unseen = not self._settings.hints_done
        self.hints.setEnabled(not unseen)
        self.hints.setToolTip("None of them was seen yet" if unseen else "Beside the tabs, one at a time")
