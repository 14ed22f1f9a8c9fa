"""The keys and mouse buttons of the whole window, on one sheet (F1)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QDialog,
    QDialogButtonBox,
    QGridLayout,
    QWidget,
)

from cxr_gui.ui.attack import Bindings, MouseDialog
from cxr_gui.ui.widgets.factories import DIALOG, column, label, named, row
from cxr_gui.ui.widgets.theme import GRID
from cxr_gui.ui.window.actions import Action
from cxr_gui.ui.window.catalogue import MENUS

if TYPE_CHECKING:
    from cxr_gui.ui.attack import Look

Rows = tuple[tuple[str, str], ...]
Group = tuple[str, Rows]

IN_THE_GRID: Rows = (
    ("Arrow keys", "Move in the grid"),
    ("Shift+arrow keys", "Select several"),
    ("Enter, double-click", "Open in the inspector"),
    ("Right-click", "Flags, a note, the path, the folder, the list"),
)
IN_THE_VIEWS: Rows = (
    ("Double-click", "One film on the whole tab, and back"),
    ("V", "Three views, two, or one"),
    ("Space (hold)", "Blink: clean in place of perturbed"),
    ("Page Up, Page Down", "Previous, next frame of the file"),
    ("Comma, period", "Move the divider of the swipe"),
    ("Shift+arrow keys", "Move the cursor and the lens"),
)

IN_THE_RUNS: Rows = (
    ("Enter, double-click", "Open a row"),
    ("F2, double-click", "Write tags or a note"),
    ("Right, left", "Open and close a group of seeds"),
)


def groups(actions: Sequence[Action]) -> tuple[Group, ...]:
    """The keys of the window and of its tabs, and what hands do there beside."""

    def keys(*titles: str) -> Rows:
        chosen = (action for action in actions if action.told and action.group in titles)
        return tuple((action.told, action.title) for action in chosen)

    return (
        ("Window", keys(*MENUS)),
        ("Dataset", keys("Dataset") + IN_THE_GRID),
        ("Attack", keys("Attack") + IN_THE_VIEWS),
        ("Runs", keys("Runs") + IN_THE_RUNS),
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
            ("Ctrl+drag", "Measure; a click with Ctrl ends it"),
        ),
    )


class ShortcutSheet(QDialog):
    """All keys in two columns; the mouse's buttons as they are set, and the way to set them."""

    def __init__(self, actions: Sequence[Action], look: Look, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._look = look
        named(self, "shortcutSheet")
        self.setWindowTitle("Keyboard and mouse")
        self._mouse = QWidget(self)
        self._mouse_column = column(on=self._mouse)
        window, dataset, views, runs = map(_part, groups(actions))
        left = column(window, dataset, ..., gap=GRID * 2)
        right = column(self._mouse, views, runs, ..., gap=GRID * 2)
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


def _table(keys: Rows) -> QGridLayout:
    table = QGridLayout()
    table.setHorizontalSpacing(GRID * 2)
    table.setVerticalSpacing(GRID // 2)
    table.setColumnMinimumWidth(0, 22 * GRID)
    table.setColumnStretch(1, 1)
    for place, (key, what) in enumerate(keys):
        table.addWidget(label(key), place, 0, Qt.AlignmentFlag.AlignTop)
        table.addWidget(label(what, role="muted"), place, 1)
    return table
