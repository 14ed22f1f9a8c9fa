"""The keys and mouse buttons of the whole window, on one sheet (F1)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeySequence
from PySide6.QtWidgets import (
    QDialog,
    QDialogButtonBox,
    QGridLayout,
    QWidget,
)

from cxr_gui.ui.attack import Bindings, MouseDialog
from cxr_gui.ui.widgets.factories import DIALOG, column, label, named, row
from cxr_gui.ui.widgets.theme import GRID

if TYPE_CHECKING:
    from cxr_gui.ui.attack import Look

Group = tuple[str, tuple[tuple[str, str], ...]]

WINDOW: Group = (
    "Window",
    (
        ("Ctrl+O", "Open a folder"),
        ("Ctrl+Shift+O", "Open X-rays"),
        ("Ctrl+V", "Open the X-ray on the clipboard"),
        ("Ctrl+E", "Export"),
        ("Ctrl+Shift+C", "Copy the views"),
        ("Ctrl+1, 2, 3", "Dataset, Training, Attack"),
        ("Ctrl+Q", "Quit"),
        ("Shift+F1", "Guide"),
        ("F1, Ctrl+/", "This sheet"),
    ),
)
DATASET: Group = (
    "Dataset",
    (
        ("F5", "Read the folder again"),
        ("Ctrl+F", "Search file names"),
        ("Arrow keys", "Move in the grid"),
        ("Shift+arrow keys", "Select several"),
        ("Enter, double-click", "Open in the inspector"),
        ("Delete", "Exclude from training"),
        ("Ctrl+Z, Ctrl+Shift+Z", "Take that back, do it again"),
        ("Ctrl+C", "Copy the paths"),
        ("Right-click", "Copy path, open containing folder"),
    ),
)
VIEWS: Group = (
    "Attack",
    (
        ("Double-click", "One view alone, and back"),
        ("I", "Invert"),
        ("R", "Reset the view"),
        ("1 to 5", "Window presets"),
        ("H", "Histogram with the window"),
        ("Left, right arrow", "Previous, next radiograph"),
        ("Page Up, Page Down", "Previous, next frame of the file"),
        ("Space (hold)", "Blink: the clean image in place of the perturbed one"),
        ("S", "Swipe between clean and perturbed"),
        ("Comma, period", "Move the divider"),
        ("L", "Lens: the other image"),
        ("D", "Lens: the difference"),
        ("Shift+arrow keys", "Move the cursor and the lens"),
        ("E", "Explain: where the classifier looks"),
    ),
)


def mouse(bindings: Bindings) -> Group:
    """What the mouse does in the views, as it is set."""
    window, pan, zoom = (bindings.button_of(action).capitalize() for action in ("window", "pan", "zoom"))
    return (
        "Mouse in the views",
        (
            (f"{window} drag", "Window and level"),
            (f"{pan} drag, Shift+drag", "Pan"),
            (f"{zoom} drag, wheel, + and \N{MINUS SIGN}", "Zoom"),
        ),
    )


class ShortcutSheet(QDialog):
    """All keys in two columns; the mouse's buttons as they are set, and the way to set them."""

    def __init__(self, look: Look, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._look = look
        named(self, "shortcutSheet")
        self.setWindowTitle("Keyboard and mouse")
        self._mouse = QWidget(self)
        self._mouse_column = column(on=self._mouse)
        left = column(_part(WINDOW), _part(DATASET), ..., gap=GRID * 2)
        right = column(self._mouse, _part(VIEWS), ..., gap=GRID * 2)
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close)
        buttons.rejected.connect(self.reject)
        change = buttons.addButton("Mouse buttons…", QDialogButtonBox.ButtonRole.ActionRole)
        named(change, "mouseButtonsButton", tip="Choose which mouse button does what in the views")
        change.clicked.connect(lambda: MouseDialog(look, self).open())
        look.bindingsChanged.connect(self._show_mouse)
        self._show_mouse()
        column(row(left, right, gap=GRID * 6), buttons, gap=GRID * 3, around=DIALOG, on=self)

    def _show_mouse(self) -> None:
        for old in self._mouse.findChildren(QWidget, options=Qt.FindChildOption.FindDirectChildrenOnly):
            old.hide()
            old.deleteLater()
        self._mouse_column.addWidget(_part(mouse(self._look.bindings)))


def _part(group: Group) -> QWidget:
    """A group's title over its table."""
    title, keys = group
    part = QWidget()
    column(label(title, role="heading"), _table(keys), on=part)
    return part


def _table(keys: tuple[tuple[str, str], ...]) -> QGridLayout:
    table = QGridLayout()
    table.setHorizontalSpacing(GRID * 2)
    table.setVerticalSpacing(GRID // 2)
    table.setColumnMinimumWidth(0, 22 * GRID)
    table.setColumnStretch(1, 1)
    for place, (key, what) in enumerate(keys):
        table.addWidget(label(_native(key), role="muted"), place, 0, Qt.AlignmentFlag.AlignTop)
        table.addWidget(label(what), place, 1)
    return table


def _native(key: str) -> str:
    """A key as this platform writes it (on macOS Ctrl is Command); words stay as they are."""
    if not key.startswith("Ctrl+"):
        return key
    first, comma, others = key.partition(",")
    return QKeySequence(first).toString(QKeySequence.SequenceFormat.NativeText) + comma + others
